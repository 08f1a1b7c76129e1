package resolve

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handler answers a question that came over "udp" or "tcp" with any number of messages.
type handler func(network string, q *dns.Msg) []*dns.Msg

// dial is an Options.Dial that leads to the handler in memory, whatever the address.
func (h handler) dial(_ context.Context, network, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	go h.serve(network, server)
	return client, nil
}

// serve answers the one question of a connection, and ends when the client closes it.
func (h handler) serve(network string, conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 64<<10)
	n, err := conn.Read(buf)
	if err != nil {
		return
	}
	wire := buf[:n]
	if network == "tcp" {
		wire = wire[2:]
	}
	q := &dns.Msg{}
	if err := q.Unpack(wire); err != nil {
		return
	}
	for _, m := range h(network, q) {
		reply, err := m.Pack()
		if err != nil {
			panic(err)
		}
		if network == "tcp" {
			reply = append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)
		}
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
	_, _ = io.Copy(io.Discard, conn)
}

// bothKinds listens for UDP and TCP on one port. What is free for the one may be taken for the
// other.
func bothKinds(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	var failed error
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		failed = err
		_ = packets.Close()
	}
	t.Fatal(failed)
	return nil, nil
}

// loopback serves over UDP and TCP on a port of loopback until the test ends.
func loopback(t *testing.T, h dns.HandlerFunc) string {
	t.Helper()
	packets, listener := bothKinds(t)
	done := make(chan error, 2)
	servers := []*dns.Server{{PacketConn: packets, Handler: h}, {Listener: listener, Handler: h}}
	for _, s := range servers {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { done <- s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := s.Shutdown(); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	return packets.LocalAddr().String()
}

// reply makes an answer with records in the form of zone files.
func reply(q *dns.Msg, rcode int, records ...string) *dns.Msg {
	m := &dns.Msg{}
	m.SetRcode(q, rcode)
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		if rr.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, rr)
		} else {
			m.Answer = append(m.Answer, rr)
		}
	}
	return m
}

// one is a handler that gives one reply.
func one(f func(q *dns.Msg) *dns.Msg) handler {
	return func(_ string, q *dns.Msg) []*dns.Msg { return []*dns.Msg{f(q)} }
}

func newResolver(t testing.TB, o Options) *Resolver {
	t.Helper()
	if len(o.Servers) == 0 {
		o.Servers = []string{"192.0.2.53"}
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
