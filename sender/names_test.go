package sender_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedtest/sender"
)

// registry is DNS that answers when it is let.
type registry struct {
	names  []string
	err    error
	let    chan struct{} // closed: at once
	silent bool          // it never is
	asked  atomic.Int32
}

// PTR implements sender.Names.
func (r *registry) PTR(ctx context.Context, _ netip.Addr) ([]string, error) {
	r.asked.Add(1)
	select {
	case <-r.let:
		return r.names, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// placed is a connection to an address.
type placed struct {
	net.Conn
	remote string
}

// RemoteAddr implements net.Conn.
func (c placed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.remote))
}

// clientAt sends to a script that seems to stand at an address.
func clientAt(s *script, remote string, r *registry) *sender.Client {
	return sender.New(s.route(), sender.Options{Names: r,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := s.dial(ctx, network, addr)
			return placed{conn, remote}, err
		}})
}

// TestReverseNameDelaysNothing: it is asked for once, and on record when it is known.
func TestReverseNameDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		r := &registry{names: []string{"mx1.example.net", "other.example.net"}, let: make(chan struct{})}
		client := clientAt(s, "192.0.2.7:587", r)
		defer client.Close()
		begun := time.Now()
		got := client.Send(t.Context(), composed(t), committed)
		if wantAccepted(t, got); got.RemoteName != "" || time.Since(begun) > 0 {
			t.Errorf("Send: reverse name %q after %v, want none at once", got.RemoteName, time.Since(begun))
		}
		close(r.let)
		synctest.Wait()
		for range 2 {
			got := client.Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); got.RemoteName != "mx1.example.net" {
				t.Errorf("Send: reverse name %q", got.RemoteName)
			}
		}
		if n := r.asked.Load(); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
	})
}

// TestReverseNameThatIsNone: errors, silence and addresses that nobody else can know give none, and
// a hostile one can be shown.
func TestReverseNameThatIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		remote string
		r      *registry
		asked  int32
		want   string
	}{
		"error":    {"192.0.2.7:25", &registry{err: errors.New("SERVFAIL")}, 1, ""},
		"nothing":  {"192.0.2.7:25", &registry{}, 1, ""},
		"silence":  {"192.0.2.7:25", &registry{silent: true}, 1, ""},
		"loopback": {"127.0.0.1:25", &registry{names: []string{"localhost"}}, 0, ""},
		"link":     {"[fe80::1%eth0]:25", &registry{names: []string{"x"}}, 0, ""},
		"IPv6":     {"[2001:db8::7]:25", &registry{names: []string{"mx6.example.net"}}, 1, "mx6.example.net"},
		"hostile": {"192.0.2.7:25", &registry{names: []string{"\x1b[2J" + strings.Repeat("x", 9000)}}, 1,
			"\ufffd[2J" + strings.Repeat("x", 248) + " [...]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t}
				if c.r.let = make(chan struct{}); !c.r.silent {
					close(c.r.let)
				}
				client := clientAt(s, c.remote, c.r)
				begun := time.Now()
				got := client.Check(t.Context()) // which waits a little
				if !got.OK || got.RemoteName != c.want || c.r.asked.Load() != c.asked {
					t.Errorf("Check: OK %t (%s), reverse name %q, asked %d times, want %q, %d", got.OK, got.Error,
						got.RemoteName, c.r.asked.Load(), c.want, c.asked)
				}
				if d := time.Since(begun); d > 3*time.Second || got.Latency > 0 {
					t.Errorf("Check took %v, and says %v", d, got.Latency)
				}
				begun = time.Now()
				client.Close()
				if d := time.Since(begun); d > 0 {
					t.Errorf("Close took %v", d)
				}
			})
		})
	}
}

// TestExtensionsAreOnRecord of the connection that was made, within bounds, and not once more with
// each message.
func TestExtensionsAreOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		for _, want := range []string{"SIZE 1000000, 8BITMIME, DSN", ""} {
			got := client.Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); strings.Join(got.Extensions, ", ") != want {
				t.Errorf("Send: extensions %q, want %q", got.Extensions, want)
			}
		}
		many := &script{t: t, answers: map[string]string{"EHLO": "250-mx\r\n" +
			strings.Repeat("250-X"+strings.Repeat("y", 80)+"\r\n", 100) + "250 SIZE", "MAIL": "550 no"}}
		got := many.client(many.route(), sender.Options{}).Send(t.Context(), composed(t), committed)
		if n := len(got.Extensions); n != 60 || got.Outcome != refused {
			t.Errorf("Send: %s with %d extensions, want 60", got.Outcome, n)
		}
	})
}
