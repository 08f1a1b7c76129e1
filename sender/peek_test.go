//go:build unix

package sender_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"seedtest"
	"seedtest/sender"
)

// talkative is a server on loopback that says something unasked: its commands are answered politely,
// and then said follows in a packet of its own. It is silent otherwise.
type talkative struct {
	ln    net.Listener
	after string        // the verb whose answer is followed, or "body" for content that begins
	said  string        // nothing: it closes
	speak chan struct{} // it may say it now
	done  chan struct{}
	conns atomic.Int32
}

func listenTo(t *testing.T, after, said string) *talkative {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &talkative{ln: ln, after: after, said: said, speak: make(chan struct{}, 1),
		done: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			x.conns.Add(1)
			x.serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return x
}

// serve answers one connection after the other.
func (x *talkative) serve(conn net.Conn) {
	r := bufio.NewReader(conn)
	answer, verb := polite[""], ""
	for {
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
			return
		}
		if verb == x.after && x.conns.Load() == 1 && !x.interrupt(conn) {
			return
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if verb == "Date:" { // the content has begun
			if x.after == "body" && !x.interrupt(conn) {
				return
			}
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
			}
			verb = "."
		}
		answer = polite[verb]
	}
}

// interrupt reports whether the connection goes on.
func (x *talkative) interrupt(conn net.Conn) bool {
	<-x.speak
	defer func() { x.done <- struct{}{} }()
	if x.said == "" {
		conn.Close()
		return false
	}
	_, err := io.WriteString(conn, x.said+"\r\n")
	return err == nil
}

func (x *talkative) route() seedtest.Route {
	route := (&script{}).route()
	at := x.ln.Addr().(*net.TCPAddr)
	route.Server.Host, route.Server.Port = at.IP.String(), at.Port
	return route
}

// TestRule05NoAnswerToAnother: what a server said after one message is no answer to the next.
func TestRule05NoAnswerToAnother(t *testing.T) {
	for _, said := range []string{"550 5.7.1 spam", "250 2.0.0 Ok: queued as 5AbC", "421 4.4.2 timeout", ""} {
		x := listenTo(t, ".", said)
		client := sender.New(x.route(), sender.Options{})
		t.Cleanup(func() { client.Close() })
		wantAccepted(t, client.Send(t.Context(), composed(t), committed))
		x.speak <- struct{}{} // not in the same packet as the answer
		<-x.done
		got := client.Send(t.Context(), composed(t), committed)
		if wantAccepted(t, got); got.Reused || got.QueueID != "4XyZ" || x.conns.Load() != 2 {
			t.Errorf("%q: reused %t, queue id %s, %d connections", said, got.Reused, got.QueueID,
				x.conns.Load())
		}
	}
}

// TestRule05AnswerWhileTheContentLeaves is none to its end.
func TestRule05AnswerWhileTheContentLeaves(t *testing.T) {
	for said, want := range map[string]seedtest.Outcome{
		"250 2.0.0 Ok: queued as 4XyZ": failed, "552 5.3.4 too big": refused, "452 4.3.1 full": deferred,
	} {
		x := listenTo(t, "body", said)
		x.speak <- struct{}{}
		m := composed(t)
		commit := func(context.Context) error {
			t.Errorf("%q: the message was committed", said)
			return nil
		}
		m.Data = []byte("Date: now\r\n" + string(m.Data))
		got := x.sendSlowly(t, m, commit)
		if got.Outcome != want || got.Stage != seedtest.StageBody {
			t.Errorf("%q: %s at %s (%s), want %s", said, got.Outcome, got.Stage, got.Error, want)
		}
	}
}

// sendSlowly sends over a connection whose writer goes on only when the server has spoken.
func (x *talkative) sendSlowly(t *testing.T, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	client := sender.New(x.route(), sender.Options{
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &waiting{conn.(*net.TCPConn), x.done}, nil
		}})
	defer client.Close()
	return client.Send(t.Context(), m, commit)
}

// waiting is a connection on which content has left when the server has spoken.
type waiting struct {
	*net.TCPConn
	done chan struct{}
}

// Write implements net.Conn.
func (c *waiting) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	if strings.HasPrefix(string(p), "Date:") {
		<-c.done
	}
	return n, err
}
