package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
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
	case "self.example.A": // both an alias and an address, which cannot be
		return reply(q, 0, "self.example. 30 CNAME self.example.", "self.example. 30 A 192.0.2.1")
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
		{"self.example", "A", KindMalformed, nil},
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

func TestOtherTypes(t *testing.T) {
	r := newResolver(t, Options{Dial: one(func(q *dns.Msg) *dns.Msg {
		name := q.Question[0].Name
		if q.Question[0].Qtype == dns.TypeCNAME {
			return reply(q, 0, name+" 60 CNAME c.example.")
		}
		return reply(q, 0, name+" 60 NS a.example.", name+" 60 SRV 5 6 853 b.example.",
			name+" 60 TLSA 3 1 1 ABCDEF")
	}).dial})
	for kind, want := range map[string]Record{
		"NS":    {Host: "a.example", Data: "a.example."},
		"SRV":   {Host: "b.example", Data: "5 6 853 b.example.", Preference: 5, Port: 853},
		"CNAME": {Host: "c.example", Data: "c.example."},
		"TLSA":  {Data: "3 1 1 abcdef"},
	} {
		want.Type, want.TTL = kind, time.Minute
		got, err := r.Query(t.Context(), "x.example", kind)
		if err != nil || len(got.Records) != 1 || got.Records[0] != want || len(got.Aliases) != 0 {
			t.Errorf("Query(%s): got %+v, %v, want %+v", kind, got, err, want)
		}
	}
}

func TestGivenUpBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := newResolver(t, Options{Dial: one(world).dial})
	_, err := r.TXT(ctx, "text.example")
	want := `dns: context canceled`
	if !errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("TXT: got %v, want %s", err, want)
	}
	if _, err := r.PTR(t.Context(), netip.Addr{}); KindOf(err) != KindName {
		t.Errorf("PTR of no address: got %v", err)
	}
	_, err = r.MX(t.Context(), "gone.example")
	want = `dns: no such domain name (192.0.2.53:53)`
	if err == nil || err.Error() != want {
		t.Errorf("MX: got %v, want %s", err, want)
	}
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
