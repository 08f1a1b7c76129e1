package sender_test

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// names is a DNS of the test: by "name TYPE" records as zone files have them, of which those that
// begin with "!" are not validated. What is not there does not exist.
type names map[string][]string

var errServFail = errors.New("dns: the server could not find out (SERVFAIL)")

func (n names) Lookup(_ context.Context, name, kind string) (sender.Records, error) {
	out := sender.Records{Name: name, Authentic: true}
	if alias := n[name+" CNAME"]; alias != nil {
		name = alias[0]
		out.Name = name
	}
	data, ok := n[name+" "+kind]
	switch {
	case ok && len(data) == 0:
		return out, seedtest.ErrNODATA
	case !ok:
		return out, seedtest.ErrNXDOMAIN
	}
	for _, d := range data {
		if d == "SERVFAIL" {
			return out, errServFail
		}
		text, insecure := strings.CutPrefix(d, "!")
		out.Authentic = out.Authentic && !insecure
		r := sender.Record{Data: text, Text: text}
		switch kind {
		case "A", "AAAA":
			r.Addr = netip.MustParseAddr(text)
		case "MX":
			preference, host, _ := strings.Cut(text, " ")
			r.Host = host
			for _, c := range preference {
				r.Preference = 10*r.Preference + int(c-'0')
			}
		}
		out.List = append(out.List, r)
	}
	return out, nil
}

// direct is a route to the servers of the recipient's domain.
func direct(mode seedtest.TLSMode) seedtest.Route {
	return seedtest.Route{Name: "direct", Type: seedtest.RouteMX, HELO: "mail.example.org",
		Server: seedtest.Endpoint{Port: 25, TLS: mode}}
}

// inOrder leaves equal preferences as they come.
func inOrder(int, func(i, j int)) {}

// addressed is a message for one recipient.
func addressed(t testing.TB, address string) seedtest.Composed {
	m := composed(t)
	m.To = []string{address}
	return m
}

// threeHosts is a domain with three mail exchangers.
func threeHosts() names {
	return names{
		"example.com MX":         {"20 mx2.example.com", "10 mx1.example.com", "30 mx3.example.com"},
		"mx1.example.com A":      {"192.0.2.1"},
		"mx1.example.com AAAA":   {"2001:db8::1"},
		"mx2.example.com A":      {"192.0.2.2"},
		"mx3.example.com A":      {"192.0.2.3"},
		"mx2.example.com AAAA":   {},
		"alias.example.com A":    {},
		"_mta-sts.example.com A": {},
	}
}

// TestDirect hands a message to the servers of its domain, in the order that DNS wants.
func TestDirect(t *testing.T) {
	later, never := map[string]string{"RCPT": "450 4.2.0 greylisted"}, map[string]string{"RCPT": "550 no"}
	for name, c := range map[string]struct {
		dns     func(names)
		servers map[string]map[string]string // answers by address
		dialled string
		host    string
		outcome seedtest.Outcome
		stage   seedtest.Stage
		says    string // in the error
		mode    seedtest.TLSMode
	}{
		"the most preferred first": {
			servers: map[string]map[string]string{"192.0.2.1": nil, "192.0.2.2": nil},
			dialled: "192.0.2.1", host: "mx1.example.com", outcome: seedtest.OutcomeAccepted},
		"its next address, and then the next host": {
			servers: map[string]map[string]string{"192.0.2.2": nil},
			dialled: "192.0.2.1 2001:db8::1 192.0.2.2", host: "mx2.example.com",
			outcome: seedtest.OutcomeAccepted},
		"a later goes on to the next host": {
			servers: map[string]map[string]string{"192.0.2.1": later, "192.0.2.2": nil},
			dialled: "192.0.2.1 2001:db8::1 192.0.2.2", host: "mx2.example.com",
			outcome: seedtest.OutcomeAccepted},
		"a no ends it": {
			servers: map[string]map[string]string{"192.0.2.1": never, "192.0.2.2": nil},
			dialled: "192.0.2.1", host: "mx1.example.com", outcome: seedtest.OutcomeRefused},
		"what may have arrived is tried nowhere else": {
			servers: map[string]map[string]string{"192.0.2.1": {".": hangUp}, "192.0.2.2": nil},
			dialled: "192.0.2.1", host: "mx1.example.com", outcome: seedtest.OutcomeInDoubt},
		"nor what was committed and put off": {
			servers: map[string]map[string]string{"192.0.2.1": {".": "451 later"}, "192.0.2.2": nil},
			dialled: "192.0.2.1", host: "mx1.example.com", outcome: seedtest.OutcomeDeferred},
		"later from one and silence from the rest is later": {
			servers: map[string]map[string]string{"192.0.2.2": later},
			dialled: "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3", host: "mx2.example.com",
			outcome: seedtest.OutcomeDeferred},
		"TLS that fails says less than a host that may come back": {
			servers: map[string]map[string]string{"192.0.2.1": nil}, mode: seedtest.TLSStartTLS,
			dialled: "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3", host: "mx1.example.com",
			outcome: seedtest.OutcomeFailed, stage: seedtest.StageConnect},
		"nobody can be reached": {
			dialled: "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3", host: "mx1.example.com",
			outcome: seedtest.OutcomeFailed, stage: seedtest.StageConnect, says: "blocks port 25"},
		"without MX records the domain itself": {
			dns: func(n names) {
				n["example.com MX"], n["example.com A"] = []string{}, []string{"192.0.2.9"}
			},
			servers: map[string]map[string]string{"192.0.2.9": nil},
			dialled: "192.0.2.9", host: "example.com", outcome: seedtest.OutcomeAccepted},
		"with neither nobody takes mail": {
			dns:  func(n names) { n["example.com MX"] = []string{} },
			host: "example.com", outcome: seedtest.OutcomeRefused, stage: seedtest.StageResolve,
			says: "has no address"},
		"a null MX takes no mail": {
			dns: func(n names) {
				n["example.com MX"], n["example.com A"] = []string{"0 ."}, []string{"192.0.2.9"}
			},
			outcome: seedtest.OutcomeRefused, stage: seedtest.StageResolve, says: "RFC 7505"},
		"a domain that does not exist": {
			dns:     func(n names) { delete(n, "example.com MX") },
			outcome: seedtest.OutcomeRefused, stage: seedtest.StageResolve, says: "does not exist"},
		"a DNS that does not answer says nothing": {
			dns:     func(n names) { n["example.com MX"] = []string{"SERVFAIL"} },
			outcome: seedtest.OutcomeFailed, stage: seedtest.StageResolve, says: "SERVFAIL"},
		"a host whose address is not known is passed over": {
			dns:     func(n names) { n["mx1.example.com A"], n["mx1.example.com AAAA"] = []string{"SERVFAIL"}, nil },
			servers: map[string]map[string]string{"192.0.2.2": nil},
			dialled: "192.0.2.2", host: "mx2.example.com", outcome: seedtest.OutcomeAccepted},
		"hosts without addresses, and one not known": {
			dns: func(n names) {
				n["example.com MX"] = []string{"10 gone.example.com", "20 lost.example.com"}
				n["lost.example.com A"] = []string{"SERVFAIL"}
			},
			host: "lost.example.com", outcome: seedtest.OutcomeFailed, stage: seedtest.StageResolve,
			says: "SERVFAIL"},
		"hosts without addresses": {
			dns:  func(n names) { n["example.com MX"] = []string{"10 gone.example.com"} },
			host: "gone.example.com", outcome: seedtest.OutcomeRefused, stage: seedtest.StageResolve,
			says: "has no address"},
	} {
		synctest.Test(t, func(t *testing.T) {
			dns := threeHosts()
			if c.dns != nil {
				c.dns(dns)
			}
			f := &field{servers: map[string]*script{}}
			for ip, answers := range c.servers {
				f.servers[netip.AddrPortFrom(netip.MustParseAddr(ip), 25).String()] =
					&script{t: t, answers: answers}
			}
			mode := cmp.Or(c.mode, seedtest.TLSOpportunistic)
			client := f.client(t, direct(mode), sender.Options{DNS: dns, Shuffle: inOrder})
			got, commits := sent(t, client, addressed(t, "anna@Example.com"))
			var dialled []string
			for _, at := range f.dialled {
				dialled = append(dialled, netip.MustParseAddrPort(at).Addr().String())
			}
			if strings.Join(dialled, " ") != c.dialled {
				t.Errorf("%s: dialled %v, want %s", name, dialled, c.dialled)
			}
			if got.Outcome != c.outcome || got.Host != c.host || c.stage != "" && got.Stage != c.stage ||
				!strings.Contains(got.Error, c.says) {
				t.Errorf("%s: %s at %s by %q: %s", name, got.Outcome, got.Stage, got.Host, got.Error)
			}
			if len(dialled) > 0 && len(got.Tried) < len(dialled)-1 {
				t.Errorf("%s: %d servers on record as tried beside it, of %v", name, len(got.Tried), dialled)
			}
			if got.Outcome == seedtest.OutcomeAccepted && commits != 1 {
				t.Errorf("%s: committed %d times", name, commits)
			}
		})
	}
}

// TestDirectIsBounded: a domain with many servers costs no more than a few connections.
func TestDirectIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := names{}
		for i := range 50 {
			host := "mx" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example.com"
			dns["example.com MX"] = append(dns["example.com MX"], "10 "+host)
			for j := range 20 {
				dns[host+" A"] = append(dns[host+" A"], netip.AddrFrom4([4]byte{192, 0, 2, byte(j)}).String())
			}
		}
		f := &field{}
		got, _ := sent(t, f.client(t, direct(seedtest.TLSNone), sender.Options{DNS: dns}),
			addressed(t, "anna@example.com"))
		if len(f.dialled) != 8 || len(got.Tried) != 7 || got.Outcome != seedtest.OutcomeFailed {
			t.Errorf("%d connections, %d tried, %s", len(f.dialled), len(got.Tried), got.Outcome)
		}
	})
}

// TestEqualPreferences takes turns by the chance that is handed in.
func TestEqualPreferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := threeHosts()
		dns["example.com MX"] = []string{"10 mx1.example.com", "10 mx2.example.com", "5 mx3.example.com"}
		reverse := func(n int, swap func(i, j int)) {
			for i := range n / 2 {
				swap(i, n-1-i)
			}
		}
		f := &field{}
		sent(t, f.client(t, direct(seedtest.TLSNone), sender.Options{DNS: dns, Shuffle: reverse}),
			addressed(t, "anna@example.com"))
		want := []string{"192.0.2.3:25", "192.0.2.2:25", "192.0.2.1:25", "[2001:db8::1]:25"}
		if !slices.Equal(f.dialled, want) {
			t.Errorf("dialled %v, want %v", f.dialled, want)
		}
	})
}

// TestDirectRecipients: one message goes to the servers of one domain.
func TestDirectRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := composed(t)
		m.To = []string{"anna@example.com", "berta@example.net"}
		f := &field{}
		got, _ := sent(t, f.client(t, direct(seedtest.TLSNone), sender.Options{DNS: threeHosts()}), m)
		wantUnsent(t, got, "for example.com and example.net")
	})
}

// TestDirectKeepsConnections, one set for each server.
func TestDirectKeepsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := threeHosts()
		dns["example.net MX"] = []string{"10 mx2.example.com"}
		one, two := &script{t: t}, &script{t: t}
		f := &field{servers: map[string]*script{"192.0.2.1:25": one, "192.0.2.2:25": two}}
		client := f.client(t, direct(seedtest.TLSNone), sender.Options{DNS: dns})
		for _, address := range []string{"a@example.com", "b@example.net", "c@example.com", "d@example.net"} {
			got, _ := sent(t, client, addressed(t, address))
			wantAccepted(t, got)
			if want := address[0] > 'b'; got.Reused != want {
				t.Errorf("%s: reused %t", address, got.Reused)
			}
		}
		if one.conns != 1 || two.conns != 1 {
			t.Errorf("%d and %d connections, want one to each", one.conns, two.conns)
		}
		client.Close()
		for _, s := range []*script{one, two} {
			if verbs := s.verbs(); !strings.HasSuffix(verbs, "QUIT") {
				t.Errorf("left without QUIT: %s", verbs)
			}
		}
		got, _ := sent(t, client, addressed(t, "a@example.com"))
		wantUnsent(t, got, "closed")
	})
}

// TestDirectIdleConnectionsEnd also where no message goes to that server any more.
func TestDirectIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := threeHosts()
		dns["example.net MX"] = []string{"10 mx2.example.com"}
		one := &script{t: t}
		f := &field{servers: map[string]*script{"192.0.2.1:25": one, "192.0.2.2:25": {t: t}}}
		client := f.client(t, direct(seedtest.TLSNone), sender.Options{DNS: dns})
		sent(t, client, addressed(t, "a@example.com"))
		time.Sleep(time.Hour)
		sent(t, client, addressed(t, "a@example.net"))
		if _, err := one.open[0].Write([]byte("x")); err == nil {
			t.Error("a connection that was idle for an hour is still open")
		}
	})
}

// TestDirectWithoutTLS goes without where TLS fails and nobody demands it, and never calls a
// certificate verified that is not.
func TestDirectWithoutTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		offers := map[string]string{"EHLO": "250-mx\r\n250 STARTTLS", "TLS": "250 mx"}
		strange := newAuthority(t).server(t, "elsewhere.example", time.Now().AddDate(1, 0, 0))
		for _, c := range []struct {
			server *script
			tried  int
			tls    bool
		}{
			{&script{t: t, answers: offers, tls: strange}, 0, true},
			{&script{t: t}, 0, false},
			{&script{t: t, answers: map[string]string{"EHLO": offers["EHLO"], "STARTTLS": "454 not now"}}, 1, false},
			{&script{t: t, answers: offers}, 1, false}, // its handshake never answers
		} {
			f := &field{servers: map[string]*script{"192.0.2.1:25": c.server}}
			got, _ := sent(t, f.client(t, direct(seedtest.TLSOpportunistic), sender.Options{DNS: threeHosts()}),
				addressed(t, "a@example.com"))
			wantAccepted(t, got)
			if len(got.Tried) != c.tried || (got.TLS != nil) != c.tls || c.tls && got.TLS.Verified {
				t.Errorf("Send: TLS %+v, tried %+v", got.TLS, got.Tried)
			}
			if c.tried > 0 && got.Tried[0].Stage != seedtest.StageSTARTTLS {
				t.Errorf("tried: %+v", got.Tried)
			}
		}
	})
}

// TestDemandedTLS holds the certificate against the name of the server, not of the domain.
func TestDemandedTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		for name, want := range map[string]seedtest.Outcome{
			"mx1.example.com": seedtest.OutcomeAccepted, "example.com": seedtest.OutcomeFailed,
		} {
			s := &script{t: t, tls: ca.server(t, name, time.Now().AddDate(1, 0, 0)),
				answers: map[string]string{"EHLO": "250-mx\r\n250 STARTTLS", "TLS": "250 mx"}}
			f := &field{servers: map[string]*script{"192.0.2.1:25": s}}
			route := direct(seedtest.TLSStartTLS)
			route.CA = ca.pem
			dns := names{"example.com MX": {"10 mx1.example.com"}, "mx1.example.com A": {"192.0.2.1"}}
			got, _ := sent(t, f.client(t, route, sender.Options{DNS: dns}), addressed(t, "a@example.com"))
			if got.Outcome != want || got.TLS == nil || got.TLS.Verified != (want == seedtest.OutcomeAccepted) {
				t.Errorf("certificate of %s: %s, %+v, %s", name, got.Outcome, got.TLS, got.Error)
			}
			if want == seedtest.OutcomeFailed && (!strings.Contains(got.Error, `tls = "opportunistic"`) ||
				strings.Contains(got.Error, "set host")) {
				t.Errorf("certificate of %s: the hint does not fit: %s", name, got.Error)
			}
		}
	})
}

// TestChecksOfDomain checks each server of a domain, and says why where there is none.
func TestChecksOfDomain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := threeHosts()
		dns["example.net MX"] = []string{"0 ."}
		dns["mx3.example.com A"] = []string{}
		f := &field{servers: map[string]*script{"192.0.2.2:25": {t: t}}}
		client := f.client(t, direct(seedtest.TLSOpportunistic), sender.Options{DNS: dns})
		got := client.Checks(t.Context(), "Example.com")
		if len(got) != 3 || got[0].OK || !strings.Contains(got[0].Hint, "port 25") || !got[1].OK ||
			got[1].Host != "mx2.example.com" || *got[1].Preference != 20 || got[2].OK ||
			!strings.Contains(got[2].Error, "has no address") || *got[2].Preference != 30 {
			t.Errorf("Checks: %+v", got)
		}
		got = client.Checks(t.Context(), "example.net")
		if len(got) != 1 || got[0].OK || !strings.Contains(got[0].Error, "takes no mail") {
			t.Errorf("Checks: %+v", got)
		}
	})
}
