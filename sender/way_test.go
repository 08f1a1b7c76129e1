package sender_test

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
	"seedtest/sender"
)

// TestDirectByFamily dials only the addresses that the route reaches, and says nothing of a recipient
// whose servers have others.
func TestDirectByFamily(t *testing.T) {
	for name, c := range map[string]struct {
		family  seedtest.Family
		dialled string
	}{
		"any":  {dialled: "192.0.2.1:25"},
		"IPv6": {family: seedtest.IPv6, dialled: "[2001:db8::1]:25"},
		"IPv4": {family: seedtest.IPv4, dialled: "192.0.2.1:25"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &field{servers: map[string]*script{c.dialled: {t: t}}}
			r := direct(seedtest.TLSOpportunistic)
			r.Family = c.family
			client := f.client(t, r, sender.Options{DNS: threeHosts(), Shuffle: inOrder})
			got, _ := sent(t, client, addressed(t, "anna@example.com"))
			if got.Outcome != seedtest.OutcomeAccepted || strings.Join(f.dialled, " ") != c.dialled {
				t.Errorf("%s: %s, dialled %v: %s", name, got.Outcome, f.dialled, got.Error)
			}
		})
	}
}

// TestRule05NoAddressOfTheFamily: that our route does not reach a server is our trouble, and no
// refusal by the domain.
func TestRule05NoAddressOfTheFamily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := names{"example.com MX": {"10 mx.example.com"}, "mx.example.com A": {"192.0.2.1"}}
		r := direct(seedtest.TLSOpportunistic)
		r.Source, r.Family = "2001:db8::25", seedtest.IPv6
		client := (&field{}).client(t, r, sender.Options{DNS: dns, Shuffle: inOrder})
		got, commits := sent(t, client, addressed(t, "anna@example.com"))
		if got.Outcome != seedtest.OutcomeFailed || got.Stage != seedtest.StageResolve || commits != 0 {
			t.Errorf("%s at %s after %d commits: %s", got.Outcome, got.Stage, commits, got.Error)
		}
		for _, want := range []string{"no address of IPv6", `source = "2001:db8::25"`} {
			if !strings.Contains(got.Error, want) {
				t.Errorf("%q does not say %q", got.Error, want)
			}
		}
	})
}

// TestFamilyIsDialled hands the family to a dial function of the caller.
func TestFamilyIsDialled(t *testing.T) {
	for family, want := range map[seedtest.Family]string{
		"": "tcp", seedtest.IPv4: "tcp4", seedtest.IPv6: "tcp6",
	} {
		s, asked := &script{t: t}, ""
		r := relays()
		r.Also, r.Family = nil, family
		client := sender.New(r, sender.Options{
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				asked = network
				return s.dial(ctx, network, addr)
			}})
		client.Check(t.Context())
		client.Close()
		if asked != want {
			t.Errorf("family %q dials %q, want %q", family, asked, want)
		}
	}
}

// TestSource connects from the address that the route names, and says so where the machine does not
// have it or the server has none of its kind.
func TestSource(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from := make(chan netip.Addr, 4)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			from <- netip.MustParseAddrPort(conn.RemoteAddr().String()).Addr()
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	check := func(source string, family seedtest.Family) sender.Check {
		client := sender.New(seedtest.Route{Name: "old", Type: seedtest.RouteSMTP, HELO: "mail.example.org",
			Source: source, Family: family, Server: seedtest.Endpoint{Host: "127.0.0.1",
				Port: l.Addr().(*net.TCPAddr).Port, TLS: seedtest.TLSNone}}, sender.Options{})
		defer client.Close()
		return client.Check(t.Context())
	}
	const own = "127.0.0.1" // the one address of loopback that every system has
	if got := check(own, seedtest.IPv4); got.Stage != seedtest.StageBanner || (<-from).String() != own {
		t.Errorf("from %s: ended at %s: %s", own, got.Stage, got.Error)
	}
	const other = "127.0.0.2" // of Linux, whose loopback has the whole net
	if runtime.GOOS == "linux" {
		if got := check(other, seedtest.IPv4); got.Stage != seedtest.StageBanner || (<-from).String() != other {
			t.Errorf("from %s: ended at %s: %s", other, got.Stage, got.Error)
		}
	}
	for _, c := range []struct {
		source string
		family seedtest.Family
		says   string
	}{
		{"::1", seedtest.IPv6, `source = "::1" leaves no other`},
		{"192.0.2.1", seedtest.IPv4, "does not have the address"},
		{"", seedtest.IPv6, "address of IPv6"},
	} {
		got := check(c.source, c.family)
		if got.OK || got.Stage != seedtest.StageConnect || !strings.Contains(got.Hint, c.says) {
			t.Errorf("source %q, family %q: ended at %s: %s; %s", c.source, c.family, got.Stage, got.Error,
				got.Hint)
		}
	}
}
