package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"seedtest"
)

// TestLargeAnswer gets an answer that does not fit into a datagram.
func TestLargeAnswer(t *testing.T) {
	long := strings.Repeat("x", 250)
	address := loopback(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := reply(q, 0)
		for range 40 {
			m.Answer = append(m.Answer, reply(q, 0, "big.example. 60 TXT "+long).Answer...)
		}
		if w.RemoteAddr().Network() == "udp" {
			m.Truncate(int(q.IsEdns0().UDPSize()))
		}
		_ = w.WriteMsg(m)
	})
	r := newResolver(t, Options{Servers: []string{address}})
	got, err := r.TXT(t.Context(), "big.example")
	if err != nil || len(got) != 40 {
		t.Errorf("TXT: got %d records, %v, want 40", len(got), err)
	}
}

// TestForgedDatagrams sends what a forger would who cannot see the question.
func TestForgedDatagrams(t *testing.T) {
	h := handler(func(_ string, q *dns.Msg) []*dns.Msg {
		wrongID := reply(q, 0, "plain.example. 60 A 203.0.113.1")
		wrongID.Id++
		wrongName := reply(q, 0, "plain.example. 60 A 203.0.113.2")
		wrongName.Question[0].Name = "other.example."
		wrongType := reply(q, dns.RcodeNameError)
		wrongType.Question[0].Qtype = dns.TypeMX
		noQuestion := reply(q, dns.RcodeNameError)
		noQuestion.Question = nil
		return []*dns.Msg{wrongID, wrongName, wrongType, noQuestion, q, world(q)}
	})
	// reply shares the question of q, so each forgery needs its own.
	fresh := handler(func(network string, q *dns.Msg) []*dns.Msg { return h(network, q.Copy()) })
	r := newResolver(t, Options{Dial: fresh.dial})
	got, err := r.IP4(t.Context(), "plain.example")
	if err != nil || got[0] != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("IP4 among forgeries: got %v, %v", got, err)
	}
}

// TestUnreadableAnswer gets octets over UDP that are no message, and the answer over TCP.
func TestUnreadableAnswer(t *testing.T) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if network == "tcp" {
			return one(world).dial(ctx, network, address)
		}
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			buf := make([]byte, 1500)
			n, _ := server.Read(buf)
			_, _ = server.Write([]byte("short"))
			_, _ = server.Write(append(buf[:n:n], "no record at all"...)[:n-5])
		}()
		return client, nil
	}
	r := newResolver(t, Options{Dial: dial})
	if got, err := r.IP4(t.Context(), "plain.example"); err != nil || len(got) != 2 {
		t.Errorf("IP4 after garbage: got %v, %v", got, err)
	}
}

// TestOtherAnswersOnly floods the asker with answers to other questions, over TCP too.
func TestOtherAnswersOnly(t *testing.T) {
	r := newResolver(t, Options{Dial: handler(func(_ string, q *dns.Msg) []*dns.Msg {
		other := world(q.Copy())
		other.Id ^= 1
		return slices.Repeat([]*dns.Msg{other}, 2*maxStrays)
	}).dial})
	if _, err := r.IP4(t.Context(), "plain.example"); KindOf(err) != KindMalformed {
		t.Errorf("IP4: got %v of kind %q, want %q", err, KindOf(err), KindMalformed)
	}
}

// TestBrokenOff loses the connection in the middle of a large answer.
func TestBrokenOff(t *testing.T) {
	for _, sent := range []int{1, 2, 40} {
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			if network == "udp" {
				cut := func(q *dns.Msg) *dns.Msg {
					m := reply(q, 0)
					m.Truncated = true
					return m
				}
				return one(cut).dial(ctx, network, address)
			}
			client, server := net.Pipe()
			go func() {
				defer server.Close()
				_, _ = server.Read(make([]byte, 1500))
				_, _ = server.Write(append([]byte{0xff, 0xff}, make([]byte, 38)...)[:sent])
			}()
			return client, nil
		}
		r := newResolver(t, Options{Dial: dial})
		if _, err := r.IP4(t.Context(), "plain.example"); KindOf(err) != KindNetwork {
			t.Errorf("IP4 after %d octets: got %v of kind %q, want %q", sent, err, KindOf(err),
				KindNetwork)
		}
	}
}

// TestServerWithoutEDNS answers FORMERR to what it does not know.
func TestServerWithoutEDNS(t *testing.T) {
	r := newResolver(t, Options{Dial: one(func(q *dns.Msg) *dns.Msg {
		if q.IsEdns0() != nil {
			return reply(q, dns.RcodeFormatError)
		}
		return world(q)
	}).dial})
	if got, err := r.IP4(t.Context(), "plain.example"); err != nil || len(got) != 2 {
		t.Errorf("IP4 from a server without EDNS: got %v, %v", got, err)
	}
}

// TestNextServer asks the next server when one fails, and not when it says that there is nothing,
// and stays with the one that answers.
func TestNextServer(t *testing.T) {
	var asked []string
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		asked = append(asked, address)
		switch address {
		case "192.0.2.1:53":
			return nil, errors.New("unreachable")
		case "192.0.2.2:53":
			return one(func(q *dns.Msg) *dns.Msg { return reply(q, dns.RcodeRefused) }).dial(ctx,
				network, address)
		}
		return one(world).dial(ctx, network, address)
	}
	r := newResolver(t, Options{Dial: dial,
		Servers: []string{"192.0.2.1", "192.0.2.2:53", "[2001:db8::3]:5353"}})
	if got, err := r.IP4(t.Context(), "plain.example"); err != nil || len(got) != 2 {
		t.Errorf("IP4: got %v, %v", got, err)
	}
	if _, err := r.IP4(t.Context(), "gone.example"); !errors.Is(err, seedtest.ErrNXDOMAIN) {
		t.Errorf("IP4 of no name: got %v", err)
	}
	if got, err := r.IP6(t.Context(), "plain.example"); err != nil || len(got) != 1 {
		t.Errorf("IP6: got %v, %v", got, err)
	}
	last := "[2001:db8::3]:5353"
	if d := cmp.Diff([]string{"192.0.2.1:53", "192.0.2.2:53", last, last, last}, asked); d != "" {
		t.Errorf("servers asked (-want +got):\n%s", d)
	}
}

func TestUnreachable(t *testing.T) {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := packets.LocalAddr().String()
	if err := packets.Close(); err != nil {
		t.Fatal(err)
	}
	r := newResolver(t, Options{Servers: []string{address}})
	if _, err := r.IP4(t.Context(), "plain.example"); KindOf(err) != KindNetwork {
		t.Errorf("IP4 from where nobody listens: got %v of kind %q, want %q", err, KindOf(err),
			KindNetwork)
	}
}

// TestSilentServer waits for servers that never answer, in time that does not pass.
func TestSilentServer(t *testing.T) {
	silent := handler(func(string, *dns.Msg) []*dns.Msg { return nil })
	synctest.Test(t, func(t *testing.T) {
		r := newResolver(t, Options{Dial: silent.dial, Servers: []string{"192.0.2.1", "192.0.2.2"}})
		began := time.Now()
		_, err := r.IP4(t.Context(), "plain.example")
		if KindOf(err) != KindTimeout || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("IP4 from silent servers: got %v of kind %q", err, KindOf(err))
		}
		if d := time.Since(began); d != rounds*2*DefaultTimeout {
			t.Errorf("gave up after %v, want %v", d, rounds*2*DefaultTimeout)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		_, err = r.IP4(ctx, "other.example")
		if KindOf(err) != KindCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("IP4 with a deadline: got %v of kind %q", err, KindOf(err))
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("gave up after %v, want 1s", d)
		}
		synctest.Wait()
	})
}
