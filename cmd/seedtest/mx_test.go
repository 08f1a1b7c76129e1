package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"seedtest"
	"seedtest/config"
	"seedtest/sender"
)

// directRoute sends from the address of the lab's old relay, which is in order.
func directRoute() seedtest.Route {
	return seedtest.Route{Name: "direct", Type: seedtest.RouteMX, HELO: "mail1.example.org",
		Address: "198.51.100.4",
		Server:  seedtest.Endpoint{Port: 25, TLS: seedtest.TLSOpportunistic},
		Sender: seedtest.Identity{Name: "main", From: "Ops <ops@example.org>",
			EnvelopeFrom: "bounces@example.org"}}
}

// TestDirectRun delivers to the servers of two domains of the lab, which DNS names.
func TestDirectRun(t *testing.T) {
	b := newBench(t)
	var out strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, quiet: true,
		env: config.Env{Getenv: func(string) string { return "" }}}
	s, err := a.openSession(t.Context(), filepath.Join(b.dir, "direct.db"),
		network{dial: b.world.Dial, roots: b.world.Roots(), dns: []string{b.world.DNS()}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	q := demoRequest(b.world, 1)
	q.Routes, q.Suite.Routes = []seedtest.Route{directRoute()}, []string{"direct"}
	q.Routes[0].Server.TLS = seedtest.TLSStartTLS
	q.Seeds, q.Suite.Seeds = nil, []string{"gmail-a", "strict-a"}
	for _, x := range b.world.Seeds() {
		if x.Name == "gmail-a" || x.Name == "strict-a" {
			q.Seeds = append(q.Seeds, x)
		}
	}
	if err := s.direct.fit(t.Context(), q.Routes); err != nil {
		t.Fatalf("fit: %v", err)
	}
	r, err := s.runRequest(t.Context(), q, runFlags{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Run.Probes) != 2 {
		t.Fatalf("%d probes, want 2", len(r.Run.Probes))
	}
	hosts := map[string]string{"gmail-a": "mx.gmail-like.example", "strict-a": "mx.strict.example"}
	for _, p := range r.Run.Probes {
		sub := p.Submission()
		if sub == nil || sub.Host != hosts[p.Seed] || sub.Preference == nil || *sub.Preference != 10 ||
			sub.TLS == nil || !sub.TLS.Verified || !strings.HasSuffix(sub.Remote, ":25") {
			t.Errorf("%s: %+v", p.Seed, sub)
			continue
		}
		// The lab sees its workstation send, for which SPF fails: one provider refuses that.
		if want := map[string]seedtest.Outcome{"gmail-a": seedtest.OutcomeRefused,
			"strict-a": seedtest.OutcomeAccepted}[p.Seed]; sub.Outcome != want {
			t.Errorf("%s: %s at %s: %s", p.Seed, sub.Outcome, sub.Stage, sub.Error)
		}
	}
	for _, d := range b.world.Disagreements(r.Run) {
		if strings.Contains(d.String(), "strict-a") {
			t.Errorf("a verdict that is wrong: %s", d)
		}
	}
	a.format, a.stdout = "json", &out
	if _, err := a.write(r); err != nil {
		t.Fatal(err)
	}
	obey(t, "run", "run", out.String())
	if !strings.Contains(out.String(), `"host": "mx.strict.example"`) {
		t.Errorf("the report does not name the server:\n%s", out.String())
	}
}

// TestFit refuses a route that receivers would not believe, and one of which nothing is known.
func TestFit(t *testing.T) {
	b := newBench(t)
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := nobody.LocalAddr().String()
	nobody.Close()
	for name, c := range map[string]struct {
		change func(*seedtest.Route)
		dead   bool
		says   []string
		status int
	}{
		"fits": {},
		"a sender for each message": {change: func(r *seedtest.Route) {
			r.Sender.EnvelopeFrom = "bounces+{tag}@example.org"
		}},
		"another reverse name": {change: func(r *seedtest.Route) { r.Address = "203.0.113.9" }, status: statusUsage,
			says: []string{"static-9.hosting.example, does not lead back", `"mail1.example.org" does not lead to 203.0.113.9`,
				"SPF of example.org says fail for 203.0.113.9"}},
		"no reverse name": {change: func(r *seedtest.Route) { r.Address = "192.0.2.200" }, status: statusUsage,
			says: []string{"192.0.2.200 has no reverse name"}},
		"no such name": {change: func(r *seedtest.Route) { r.HELO = "nobody.example.org" }, status: statusUsage,
			says: []string{`"nobody.example.org" has no address`}},
		"no SPF": {change: func(r *seedtest.Route) { r.Sender.EnvelopeFrom = "x@hosting.example" }, status: statusUsage,
			says: []string{"SPF of hosting.example says none"}},
		"no DNS": {dead: true, status: statusNothing,
			says: []string{"the reverse name of 198.51.100.4 is not known", "helo = mail1.example.org is not known", "temperror"}},
		"forced": {dead: true, change: func(r *seedtest.Route) { r.Force = true }},
	} {
		route := directRoute()
		if c.change != nil {
			c.change(&route)
		}
		n := network{dns: []string{b.world.DNS()}}
		if c.dead {
			n.dns = []string{gone}
		}
		err := newDirect(n).fit(t.Context(), []seedtest.Route{route})
		var trouble *trouble
		if errors.As(err, &trouble) != (c.status != 0) || trouble != nil && trouble.status != c.status {
			t.Errorf("%s: %v, want status %d", name, err, c.status)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v; want %q", name, err, says)
			}
		}
		if trouble != nil && !strings.Contains(strings.Join(trouble.hints, "\n"), "force = true") {
			t.Errorf("%s: hints %q do not name force", name, trouble.hints)
		}
	}
}

// TestSources takes the configured address, else those that receivers can see.
func TestSources(t *testing.T) {
	for _, c := range []struct{ configured, own, want string }{
		{"192.0.2.1", "10.0.0.1", "192.0.2.1"},
		{"", "8.8.8.8 2606:4700::1", "8.8.8.8 2606:4700::1"},
		{"", "10.0.0.1", ""},
		{"", "100.64.3.4", ""},
		{"", "169.254.1.1", ""},
		{"", "8.8.8.8 fd00::1", ""},
		{"", "", ""},
	} {
		var own []netip.Addr
		for ip := range strings.FieldsSeq(c.own) {
			own = append(own, netip.MustParseAddr(ip))
		}
		got, bad := sourcesOf(seedtest.Route{Address: c.configured}, own)
		if s := strings.Trim(fmt.Sprint(got), "[]"); s != c.want || (len(bad) > 0) != (c.want == "") ||
			len(bad) > 0 && (!bad[0].unknown || !strings.Contains(bad[0].hint, "address = ")) {
			t.Errorf("sourcesOf(%q, %s): %v, %+v; want %s", c.configured, c.own, got, bad, c.want)
		}
	}
}

// TestMisfitSendsNothing at the command line; a dry run shows what it would send.
func TestMisfitSendsNothing(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "[route.old]", `[route.direct]
type = "mx"
helo = "mail2.example.org"
address = "203.0.113.9"

[route.old]`, 1) + `
[suite.direct]
routes = ["direct"]
seeds = ["gmail-a"]
deadline = "4s"
missing = "4s"
`
	})
	got := b.run(t.Context(), nil, "run", "direct")
	if got.status != statusUsage || !strings.Contains(got.stderr, "SPF of example.org says fail") ||
		!strings.Contains(got.stderr, "does not lead back") || !strings.Contains(got.stderr, "force = true") {
		t.Errorf("run: status %d\n%s", got.status, got.stderr)
	}
	if truth := b.world.Truth(); len(truth) > 0 {
		t.Errorf("something was sent: %+v", truth)
	}
	if got := b.run(t.Context(), nil, "run", "direct", "--dry-run"); got.status != statusPass {
		t.Errorf("run --dry-run: status %d\n%s", got.status, got.stderr)
	}
}

// TestBlockedPort says that port 25 is blocked where no server at all can be reached.
func TestBlockedPort(t *testing.T) {
	away := func(domain string) checked {
		return checked{Kind: "route", Name: "direct", Domain: domain, Error: "connect: no answer within 30s",
			Route: &sender.Check{Host: "mx." + domain, Stage: seedtest.StageConnect}}
	}
	nowhere := checked{Kind: "route", Domain: "c.example", Error: "resolve: the domain does not exist",
		Route: &sender.Check{Stage: seedtest.StageResolve}}
	there := checked{Kind: "route", Domain: "d.example", OK: true,
		Route: &sender.Check{Host: "mx.d.example", Remote: "192.0.2.1:25"}}
	for _, c := range []struct {
		found []checked
		want  int
	}{
		{[]checked{away("a.example"), away("b.example"), nowhere}, 2},
		{[]checked{away("a.example"), there}, 0},
		{[]checked{nowhere}, 0},
		{nil, 0},
	} {
		n := 0
		for _, x := range blocked(c.found) {
			if strings.Contains(x.Hint, "port 25 is blocked") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("blocked(%+v): %d hints, want %d", c.found, n, c.want)
		}
	}
}
