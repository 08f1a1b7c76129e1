package sender_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// socks is a SOCKS 5 proxy (RFC 1928) in front of a script.
type socks struct {
	*script
	login  string // "name password" that it wants; empty: none
	reply  byte   // to what it is asked for
	says   string // in place of its first answer; silent: nothing
	down   error  // nobody reaches it
	asked  string // for which host and port
	dialed string // where the proxy was looked for
}

func (x *socks) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if x.dialed = network + " " + addr; x.down != nil {
		return nil, x.down
	}
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		if x.negotiate(server) {
			x.serve(server)
		}
	}()
	x.t.Cleanup(func() {
		client.Close()
		<-done
	})
	return client, nil
}

// negotiate reports whether the connection is made.
func (x *socks) negotiate(conn net.Conn) bool {
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(conn, b)
		return b
	}
	read(int(read(2)[1])) // methods
	switch {
	case x.says == silent:
		_, _ = io.Copy(io.Discard, conn)
		return false
	case x.says != "":
		_, _ = io.WriteString(conn, x.says)
		return false
	case x.login != "":
		_, _ = conn.Write([]byte{5, 2})
		name := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if name+" "+password != x.login {
			_, _ = conn.Write([]byte{1, 1})
			return false
		}
		_, _ = conn.Write([]byte{1, 0})
	default:
		_, _ = conn.Write([]byte{5, 0})
	}
	host := ""
	switch head := read(4); head[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = "name " + string(read(int(read(1)[0])))
	}
	port := read(2)
	x.mu.Lock()
	x.asked = fmt.Sprint(host, " ", binary.BigEndian.Uint16(port))
	x.mu.Unlock()
	_, _ = conn.Write([]byte{5, x.reply, 0, 1, 192, 0, 2, 1, 0, 25})
	return x.reply == 0
}

// proxied is a route through the proxy.
func (x *socks) proxied() seedtest.Route {
	route := x.route()
	route.Proxy = &seedtest.Proxy{Host: "proxy.example.org", Port: 1080}
	if x.login != "" {
		route.Proxy.Username, route.Proxy.Password = "ops", seedtest.Secret("pass-word-9")
	}
	return route
}

func TestProxy(t *testing.T) {
	for name, x := range map[string]*socks{"open": {}, "with a login": {login: "ops pass-word-9"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x.script = &script{t: t}
				client := sender.New(x.proxied(), sender.Options{Dial: x.dial})
				defer client.Close()
				for range 2 {
					got := client.Send(t.Context(), composed(t), committed)
					wantAccepted(t, got)
					if got.Proxy == "" || got.Remote != "mx.example.net:587" {
						t.Errorf("on record: proxy %q, remote %q", got.Proxy, got.Remote)
					}
				}
				if x.dialed != "tcp proxy.example.org:1080" || x.asked != "name mx.example.net 587" {
					t.Errorf("connected to %s, asked for %s", x.dialed, x.asked)
				}
			})
		})
	}
}

// TestProxyTrouble tells the proxy's trouble from the server's.
func TestProxyTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		proxy socks
		want  string
		hint  string
	}{
		"not there":      {socks{down: errors.New("connection refused")}, "proxy.example.org:1080 cannot be reached", "of the server nothing is known"},
		"another login":  {socks{login: "ops other"}, "password authentication failed", "see username and password of proxy"},
		"wants a login":  {socks{says: "\x05\xff"}, "no acceptable authentication methods", "see username and password of proxy"},
		"no server":      {socks{reply: 4}, "says of mx.example.net:587: host unreachable", "check host, and the proxy's DNS"},
		"refused":        {socks{reply: 5}, "connection refused", "nothing listens"},
		"not allowed":    {socks{reply: 2}, "not allowed by ruleset", "have it allow the server"},
		"cannot":         {socks{reply: 1}, "general SOCKS server failure", "the proxy's log"},
		"unknown answer": {socks{reply: 99}, "gave no connection to mx.example.net:587", "is there a SOCKS 5 proxy"},
		"HTTP":           {socks{says: "HTTP/1.1 400 Bad Request\r\n\r\n"}, "unexpected protocol version", "is there a SOCKS 5 proxy"},
		"SMTP":           {socks{says: "220 mx.example.net ESMTP\r\n"}, "unexpected protocol version", "is there a SOCKS 5 proxy"},
		"half an answer": {socks{says: "\x05"}, "gave no connection", "is there a SOCKS 5 proxy"},
		"nothing":        {socks{says: silent}, "no answer within 30s", "is there a SOCKS 5 proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := c.proxy
				x.script = &script{t: t}
				client := sender.New(x.proxied(), sender.Options{Dial: x.dial})
				defer client.Close()
				begun := time.Now()
				got := client.Send(t.Context(), composed(t), func(context.Context) error {
					t.Error("committed")
					return nil
				})
				if got.Outcome != failed || got.Stage != seedtest.StageConnect ||
					!strings.Contains(got.Error, c.want) || !strings.Contains(got.Error, c.hint) {
					t.Errorf("%s at %s: %s, want %q and %q", got.Outcome, got.Stage, got.Error, c.want, c.hint)
				}
				if took := time.Since(begun); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				for _, line := range append(got.Dialog, got.Error) {
					if strings.Contains(line, "pass-word-9") {
						t.Errorf("the password is told: %s", line)
					}
				}
			})
		})
	}
}

// TestProxyIsNoLoopback: what a proxy on this machine sends on in plain text can be read elsewhere.
func TestProxyIsNoLoopback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &socks{script: &script{t: t, answers: map[string]string{"EHLO": "250-mx\r\n250 AUTH PLAIN"}}}
		route := x.proxied()
		route.Server.TLS = seedtest.TLSNone
		route.Login = seedtest.Login{Username: "ops", Password: seedtest.Secret("pass-word-1")}
		client := sender.New(route, sender.Options{Dial: func(ctx context.Context, n, a string) (net.Conn, error) {
			conn, err := x.dial(ctx, n, a)
			return near{conn}, err
		}})
		defer client.Close()
		got := client.Send(t.Context(), composed(t), committed)
		if got.Outcome != failed || !strings.Contains(got.Error, "not encrypted") {
			t.Errorf("%s: %s", got.Outcome, got.Error)
		}
	})
}

// near is a connection to this machine.
type near struct{ net.Conn }

// RemoteAddr implements net.Conn.
func (near) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1080} }
