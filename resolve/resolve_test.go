package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"seedtest"
)

// world answers as a recursive server would that knows a few names.
func world(q *dns.Msg) *dns.Msg {
	soa := "example. 300 SOA ns. admin. 1 2 3 4 60"
	name := strings.ToLower(q.Question[0].Name) + dns.TypeToString[q.Question[0].Qtype]
	switch name {
	case "plain.example.A":
		return reply(q, 0, "plain.example. 300 A 192.0.2.1", "plain.example. 60 A 192.0.2.2",
			"other.example. 60 A 192.0.2.3", "plain.example. 60 CH TXT x")
	case "plain.example.AAAA":
		return reply(q, 0, "plain.example. 300 AAAA 2001:db8::1")
	case "xn--bcher-kva.example.A":
		return reply(q, 0, "XN--BCHER-KVA.example. 300 A 192.0.2.4")
	case "text.example.TXT":
		return reply(q, 0, `text.example. 60 TXT "one " "two\; \"q\" \\ \200"`, `text.example. 60 TXT ""`)
	case "mail.example.MX":
		return reply(q, 0, "mail.example. 60 MX 20 b.example.", "mail.example. 60 MX 10 c.example.",
			"mail.example. 60 MX 20 a.example.")
	case "none.example.MX":
		return reply(q, 0, "none.example. 60 MX 0 .")
	case "1.2.0.192.in-addr.arpa.PTR":
		return reply(q, 0, "1.2.0.192.in-addr.arpa. 60 PTR plain.example.")
	case "alias.example.A":
		return reply(q, 0, "alias.example. 30 CNAME Second.example.",
			"second.example. 60 CNAME plain.example.", "plain.example. 60 A 192.0.2.1")
	case "alias.example.MX":
		return reply(q, 0, "alias.example. 30 CNAME plain.example.", soa)
	case "half.example.A": // an alias that the server does not follow
		return reply(q, 0, "half.example. 30 CNAME plain.example.")
	case "astray.example.A":
		return reply(q, dns.RcodeNameError, "astray.example. 30 CNAME gone.example.", soa)
	case "loop.example.A":
		return reply(q, 0, "loop.example. 30 CNAME pool.example.", "pool.example. 30 CNAME loop.example.")
	case "ping.example.A":
		return reply(q, 0, "ping.example. 30 CNAME pong.example.")
	case "pong.example.A":
		return reply(q, 0, "pong.example. 30 CNAME ping.example.")
	case "plain.example.MX":
		return reply(q, 0, soa)
	case "servfail.example.A":
		return reply(q, dns.RcodeServerFailure)
	case "refused.example.A":
		return reply(q, dns.RcodeRefused)
	case "formerr.example.A":
		m := reply(q, dns.RcodeFormatError)
		m.Question = nil
		return m
	case "notimp.example.A":
		return reply(q, dns.RcodeNotImplemented)
	}
	return reply(q, dns.RcodeNameError, soa)
}

func overLoopback(t *testing.T) *Resolver {
	t.Helper()
	address := loopback(t, func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(world(q)) })
	return newResolver(t, Options{Servers: []string{address}})
}

func TestLookups(t *testing.T) {
	r, ctx := overLoopback(t), t.Context()
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	for what, get := range map[string]func() (any, error){
		"A plain.example":    func() (any, error) { return r.IP4(ctx, "plain.example") },
		"A PLAIN.example.":   func() (any, error) { return r.IP4(ctx, "PLAIN.example.") },
		"A bücher.example":   func() (any, error) { return r.IP4(ctx, "BÜCHER.example") },
		"A alias.example":    func() (any, error) { return r.IP4(ctx, "alias.example") },
		"A half.example":     func() (any, error) { return r.IP4(ctx, "half.example") },
		"AAAA plain.example": func() (any, error) { return r.IP6(ctx, "plain.example") },
		"TXT text.example":   func() (any, error) { return r.TXT(ctx, "text.example") },
		"MX mail.example":    func() (any, error) { return r.MX(ctx, "mail.example") },
		"MX none.example":    func() (any, error) { return r.MX(ctx, "none.example") },
		"PTR":                func() (any, error) { return r.PTR(ctx, addrs("::ffff:192.0.2.1")[0]) },
	} {
		got, err := get()
		want := map[string]any{
			"A plain.example":    addrs("192.0.2.1", "192.0.2.2"),
			"A PLAIN.example.":   addrs("192.0.2.1", "192.0.2.2"),
			"A bücher.example":   addrs("192.0.2.4"),
			"A alias.example":    addrs("192.0.2.1"),
			"A half.example":     addrs("192.0.2.1", "192.0.2.2"),
			"AAAA plain.example": addrs("2001:db8::1"),
			"TXT text.example":   []string{"one two; \"q\" \\ \xc8", ""},
			"MX mail.example":    []string{"c.example", "b.example", "a.example"},
			"MX none.example":    []string{"."},
			"PTR":                []string{"plain.example"},
		}[what]
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if d := cmp.Diff(want, got, same); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
}

func addrs(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, s := range texts {
		list = append(list, netip.MustParseAddr(s))
	}
	return list
}

func TestNoAnswer(t *testing.T) {
	r := overLoopback(t)
	for _, c := range []struct {
		name, kind string
		want       Kind
		is         error
	}{
		{"gone.example", "A", KindNXDOMAIN, seedtest.ErrNXDOMAIN},
		{"astray.example", "A", KindNXDOMAIN, seedtest.ErrNXDOMAIN},
		{"plain.example", "MX", KindNODATA, seedtest.ErrNODATA},
		{"alias.example", "MX", KindNODATA, seedtest.ErrNODATA},
		{"servfail.example", "A", KindServFail, nil},
		{"refused.example", "A", KindRefused, nil},
		{"formerr.example", "A", KindFormErr, nil},
		{"notimp.example", "A", KindOther, nil},
		{"loop.example", "A", KindMalformed, nil},
		{"ping.example", "A", KindMalformed, nil},
		{"", "A", KindName, seedtest.ErrNXDOMAIN},
		{"a..example", "A", KindName, seedtest.ErrNXDOMAIN},
		{"a\x00b.example", "A", KindName, seedtest.ErrNXDOMAIN},
		{"\xff.example", "A", KindName, seedtest.ErrNXDOMAIN},
		{strings.Repeat("a", 64) + ".example", "A", KindName, seedtest.ErrNXDOMAIN},
		{strings.Repeat("a.", 127) + "a", "A", KindName, seedtest.ErrNXDOMAIN},
		{"plain.example", "ANY", KindType, nil},
		{"plain.example", "BOGUS", KindType, nil},
	} {
		_, err := r.Query(t.Context(), c.name, c.kind)
		if KindOf(err) != c.want {
			t.Errorf("Query(%q, %s): got %v of kind %q, want %q", c.name, c.kind, err, KindOf(err),
				c.want)
		}
		for _, sentinel := range []error{seedtest.ErrNXDOMAIN, seedtest.ErrNODATA} {
			if errors.Is(err, sentinel) != (sentinel == c.is) {
				t.Errorf("Query(%q, %s): got %v, want %v", c.name, c.kind, err, c.is)
			}
		}
	}
	if _, err := r.IP4(t.Context(), "."); !errors.Is(err, seedtest.ErrNODATA) {
		t.Errorf("IP4 of the host of a null MX: got %v, want %v", err, seedtest.ErrNODATA)
	}
}

func TestAnswerTellsWhereAndHowLong(t *testing.T) {
	r := newResolver(t, Options{Dial: one(func(q *dns.Msg) *dns.Msg {
		m := world(q)
		m.AuthenticatedData = q.AuthenticatedData
		return m
	}).dial})
	got, err := r.Query(t.Context(), "alias.example", "a")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "plain.example" || got.TTL != 30*time.Second || !got.Authentic ||
		got.Server != "192.0.2.53:53" || got.Records[0].Data != "192.0.2.1" {
		t.Errorf("Query: got %+v", got)
	}
	if d := cmp.Diff([]string{"alias.example", "second.example"}, got.Aliases); d != "" {
		t.Errorf("aliases (-want +got):\n%s", d)
	}
}

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

// TestNextServer asks the next server when one fails, and not when it says that there is nothing.
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
	turn := []string{"192.0.2.1:53", "192.0.2.2:53", "[2001:db8::3]:5353"}
	if d := cmp.Diff(append(turn, turn...), asked); d != "" {
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
		_, err = r.IP4(ctx, "plain.example")
		if KindOf(err) != KindCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("IP4 with a deadline: got %v of kind %q", err, KindOf(err))
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("gave up after %v, want 1s", d)
		}
		synctest.Wait()
	})
}

func TestServers(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1:53", "192.0.2.1:5353": "192.0.2.1:5353",
		"2001:db8::1":   "[2001:db8::1]:53",
		"[2001:db8::1]": "[2001:db8::1]:53", "[fe80::1%eth0]:54": "[fe80::1%eth0]:54",
		"fe80::1%eth0": "[fe80::1%eth0]:53", "ns.example": "ns.example:53",
	} {
		r := newResolver(t, Options{Servers: []string{text}})
		if r.servers[0] != want {
			t.Errorf("server %q: got %q, want %q", text, r.servers[0], want)
		}
	}
	for _, text := range []string{"", ":53", "a:b:c", "192.0.2.1:"} {
		if _, err := New(Options{Servers: []string{text}}); err == nil {
			t.Errorf("server %q: no error", text)
		}
	}
}

func TestSystemServers(t *testing.T) {
	for _, servers := range [][]string{systemServers(), watchedServers()} {
		if len(servers) == 0 {
			t.Error("the system names no server")
		}
		for _, s := range servers {
			if _, _, err := net.SplitHostPort(s); err != nil {
				t.Errorf("server %q of the system: %v", s, err)
			}
		}
	}
}
