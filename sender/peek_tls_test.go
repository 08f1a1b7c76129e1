//go:build unix

package sender_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"seedtest"
	"seedtest/sender"
)

// whisperer is a server on loopback that speaks TLS at once, and says something in the middle of
// the content.
type whisperer struct {
	ln    net.Listener
	how   string
	said  string
	speak chan struct{} // it may say it now
	done  chan struct{} // it has
	rest  chan struct{} // of a half record
	reads int           // of the client, until the rest follows
}

func whisper(t *testing.T, config *tls.Config, how, said string) *whisperer {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &whisperer{ln: ln, how: how, said: said, speak: make(chan struct{}, 1),
		done: make(chan struct{}, 1), rest: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			out := &records{Conn: conn}
			x.serve(tls.Server(out, config), out)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return x
}

// serve answers one message: the whole of it is always taken.
func (x *whisperer) serve(conn net.Conn, out *records) {
	r := bufio.NewReader(conn)
	verb, line, err := "", "", error(nil)
	for err == nil {
		out.hold = verb == "DATA" && x.how == "in one packet" || verb == "." && x.how == "behind the answer"
		_, err = io.WriteString(conn, polite[verb]+"\r\n")
		if out.hold = false; verb == "." && x.how == "behind the answer" {
			_, err = io.WriteString(conn, x.said)
		}
		if verb == "DATA" && err == nil {
			x.interrupt(conn, out)
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
			}
			verb = "."
			continue
		}
		line, err = r.ReadString('\n')
		verb, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	}
}

func (x *whisperer) interrupt(conn net.Conn, out *records) {
	switch x.how {
	case "in one packet":
		_, _ = io.WriteString(conn, x.said)
		return
	case "never", "behind the answer":
		return
	}
	<-x.speak
	switch {
	case x.said == "":
		conn.Close()
	case x.how == "by halves":
		out.hold = true
		_, _ = io.WriteString(conn, x.said)
		half := len(out.held) / 2
		_, _ = out.Conn.Write(out.held[:half])
		x.done <- struct{}{}
		<-x.rest
		_, _ = out.Conn.Write(out.held[half:])
		return
	default:
		_, _ = io.WriteString(conn, x.said)
	}
	x.done <- struct{}{}
}

// records is a connection that can keep TLS records back, to go with the next.
type records struct {
	net.Conn
	hold bool
	held []byte
}

// Write implements net.Conn.
func (r *records) Write(p []byte) (int, error) {
	r.held = append(r.held, p...)
	if r.hold {
		return len(p), nil
	}
	_, err := r.Conn.Write(r.held)
	r.held = nil
	return len(p), err
}

// TestRule05AnswerWhileTheContentLeavesByTLS is none to its end: not in a packet of its own while
// the store makes the attempt durable, not behind the answer to DATA, and not in two pieces.
func TestRule05AnswerWhileTheContentLeavesByTLS(t *testing.T) {
	a := newAuthority(t)
	const yes = "250 2.0.0 Ok: queued as 4XyZ\r\n"
	for _, c := range []struct {
		how, said string
		want      seedtest.Outcome
		error     string
		committed bool
	}{
		{"alone", yes, failed, "no meaning in the middle of the content", true},
		{"alone", "552 5.3.4 too big\r\n", refused, "in the middle of the content", true},
		{"alone", "452 4.3.1 full\r\n", deferred, "in the middle of the content", true},
		{"alone", "", failed, "closed the connection without an answer, in the middle", true},
		{"by halves", yes, failed, "no meaning in the middle of the content", true},
		{"in one packet", yes, failed, "no meaning in the middle of the content", false},
		{"in one packet", "552 5.3.4 too big\r\n", refused, "in the middle of the content", false},
		{"never", "", accepted, "", true},
	} {
		x := whisper(t, a.server(t, "127.0.0.1", distant), c.how, c.said)
		wasCommitted := false
		got := x.send(t, a, func(context.Context) error {
			wasCommitted = true
			if c.how == "alone" || c.how == "by halves" {
				x.speak <- struct{}{}
				<-x.done
				x.reads = 2 // of a half record: what there is, and then the rest
			}
			return nil
		})
		if got.Outcome != c.want || !strings.Contains(got.Error, c.error) ||
			wasCommitted != c.committed {
			t.Errorf("%s, %q: %s at %s (%s), committed %t, want %s, %q, %t", c.how, c.said,
				got.Outcome, got.Stage, got.Error, wasCommitted, c.want, c.error, c.committed)
		}
		if want := seedtest.StageBody; got.Outcome != accepted && got.Stage != want {
			t.Errorf("%s, %q: ended at %s, want %s", c.how, c.said, got.Stage, want)
		}
	}
}

// TestRule05NoAnswerToAnotherByTLS: what came through TLS in one packet with an answer, and was not
// asked for, is no answer to the next message.
func TestRule05NoAnswerToAnotherByTLS(t *testing.T) {
	a := newAuthority(t)
	for how, reused := range map[string]bool{"behind the answer": false, "never": true} {
		x := whisper(t, a.server(t, "127.0.0.1", distant), how, "250 2.1.0 Ok\r\n")
		client := x.client((&script{}).tlsRoute(seedtest.TLSImplicit, a))
		for i := range 2 {
			got := client.Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); got.Reused != (i > 0 && reused) {
				t.Errorf("%s: message %d, reused %t", how, i, got.Reused)
			}
		}
		client.Close()
	}
}

func (x *whisperer) send(t *testing.T, a *authority, commit seedtest.Commit) seedtest.Submission {
	client := x.client((&script{}).tlsRoute(seedtest.TLSImplicit, a))
	defer client.Close()
	return client.Send(t.Context(), composed(t), commit)
}

// client connects by a route, wherever that leads.
func (x *whisperer) client(route seedtest.Route) *sender.Client {
	at := x.ln.Addr().(*net.TCPAddr)
	route.Server = seedtest.Endpoint{Host: at.IP.String(), Port: at.Port, TLS: seedtest.TLSImplicit}
	return sender.New(route, sender.Options{
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &listening{TCPConn: conn.(*net.TCPConn), x: x}, nil
		}})
}

// listening is a connection that lets the server go on where a half record is read on.
type listening struct {
	*net.TCPConn
	x *whisperer
}

// Read implements net.Conn.
func (c *listening) Read(p []byte) (int, error) {
	switch c.x.reads {
	case 1:
		c.x.rest <- struct{}{}
		fallthrough
	case 2:
		c.x.reads--
	}
	return c.TCPConn.Read(p)
}
