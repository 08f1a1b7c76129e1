package diagnose_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/diagnose"
)

const gmailRefusal = "Your email has been blocked because the sender is unauthenticated.\n" +
	"Gmail requires all senders to authenticate with either SPF or DKIM.\n\n" +
	" Authentication results:\n DKIM = did not pass\n" +
	" SPF [example.org] with ip: [203.0.113.9] = did not pass\n\n" +
	" For instructions see https://support.google.com/mail/answer/81126 a1-b2si3.4 - gsmtp"

// move is the whole story: what the demo shows.
func move(t *testing.T) *story {
	s := newStory(t, "gmail-a", "outlook-a", "strict-a", "silent-a", "lenient-a")
	for _, seed := range []string{"gmail-a", "outlook-a", "strict-a", "silent-a", "lenient-a"} {
		s.arrives("old", seed, seedtest.RoleInbox)
		s.arrives("control", seed, seedtest.RoleInbox)
	}
	s.send("new", "gmail-a", refused(550, "5.7.26", gmailRefusal))
	s.arrives("new", "outlook-a", seedtest.RoleJunk)
	s.arrives("new", "strict-a", seedtest.RoleJunk)
	s.vanishes("new", "silent-a")
	s.arrives("new", "lenient-a", seedtest.RoleInbox)
	return s
}

// codes are the causes of the findings, in order.
func codes(list []seedtest.Finding) string {
	var all []string
	for _, f := range list {
		all = append(all, f.Code)
	}
	return strings.Join(all, " ")
}

// TestServerMove is the story of the demo: every cause is found, each quoted from the provider's
// own words, with a remedy that names the address and the domain.
func TestServerMove(t *testing.T) {
	list := move(t).causes()
	want := "auth.spf_fail auth.dkim_none id.ptr_missing place.blackhole"
	if got := codes(list); got != want {
		t.Fatalf("Causes: %s, want %s\n%s", got, want, told(list))
	}
	for _, c := range []struct {
		code, title, evidence, fix string
		certain                    bool
	}{
		{"auth.spf_fail", "203.0.113.9 is not in example.org's SPF",
			"spf=softfail (example.org does not designate 203.0.113.9 as permitted sender) " +
				"smtp.mailfrom=ops@example.org",
			"example.org TXT: put ip4:203.0.113.9 before ~all", true},
		{"auth.spf_fail", "", "550 5.7.26 Your email has been blocked", "or send through", true},
		{"auth.dkim_none", "route new does not sign with DKIM", "dkim=none",
			"sign at mail2.example.org as route old does: d=example.org, s=s2026", true},
		{"id.ptr_missing", "no reverse name of 203.0.113.9 leads back to it",
			"from mail2.example.org (unknown [203.0.113.9]) by mx.strict.example with ESMTPS",
			"have the owner of 203.0.113.9 set its PTR to mail2.example.org", true},
		{"place.blackhole", "Silent took the message and shows it nowhere",
			"absent from 2 mailboxes", "look queue id 4XyZ up in the log of mail2.example.org", false},
	} {
		f := find(list, c.code)
		if !strings.Contains(f.Title, c.title) || (f.Confidence >= 0.9) != c.certain ||
			!slices.Equal(f.Routes, []string{"new"}) || len(f.Probes) == 0 || f.Of < len(f.Probes) {
			t.Errorf("%s: %q, confidence %g, routes %v, %d of %d, want %q", c.code, f.Title,
				f.Confidence, f.Routes, len(f.Probes), f.Of, c.title)
		}
		if !slices.ContainsFunc(f.Evidence, func(e seedtest.Evidence) bool {
			return strings.Contains(e.Raw, c.evidence)
		}) {
			t.Errorf("%s: %q is not among the evidence %q", c.code, c.evidence, f.Evidence)
		}
		if !slices.ContainsFunc(f.Fix, func(s string) bool { return strings.HasPrefix(s, c.fix) }) {
			t.Errorf("%s: %q is not among the steps %q", c.code, c.fix, f.Fix)
		}
	}
	spf := find(list, "auth.spf_fail")
	if len(spf.Probes) != 4 || spf.Of != 4 || spf.Severity != seedtest.SeverityError {
		t.Errorf("SPF: %d of %d say so, %s", len(spf.Probes), spf.Of, spf.Severity)
	}
}

// TestServerMoveIsTheSameEveryTime: the same run gives the same findings.
func TestServerMoveIsTheSameEveryTime(t *testing.T) {
	s := move(t)
	want := told(diagnose.Causes(s.run()))
	for range 20 {
		if got := told(diagnose.Causes(s.run())); got != want {
			t.Fatalf("Causes gave\n%s\nand then\n%s", want, got)
		}
	}
}

// TestRoutesAreCompared: what changed in hops and authentication stands last, as a remark.
func TestRoutesAreCompared(t *testing.T) {
	run := move(t).run()
	slices.Reverse(run.Probes) // the routes take turns in random order
	list := diagnose.Causes(run)
	f := list[len(list)-1]
	want := "route new differs from old: address 203.0.113.9, not 198.51.100.4, " +
		"HELO mail2.example.org, not mail1.example.org, reverse name none that leads back, not mail1.example.org, " +
		"spf softfail, not pass, dkim none, not pass, dmarc fail, not pass"
	if f.Code != "route.changed" || f.Severity != seedtest.SeverityInfo || f.Title != want {
		t.Errorf("the last finding is %s %s: %q, want %q", f.Code, f.Severity, f.Title, want)
	}
	for _, f := range list {
		if slices.Contains(f.Routes, "control") {
			t.Errorf("%s speaks of the control route", f.Code)
		}
	}
}

// TestNothingIsAccusedWhenAllIsWell, nor is a comparison made of routes that do the same.
func TestNothingIsAccusedWhenAllIsWell(t *testing.T) {
	s := newStory(t, "gmail-a", "outlook-a", "strict-a")
	for _, seed := range []string{"gmail-a", "outlook-a", "strict-a"} {
		s.arrives("old", seed, seedtest.RoleInbox)
		s.arrives("control", seed, seedtest.RoleInbox)
	}
	if list := diagnose.Causes(s.run()); len(list) != 0 {
		t.Errorf("Causes of a good run:\n%s", told(list))
	}
}

// TestControlIsNeverAccused (rule 17): its failures speak of the seed, not of its route.
func TestControlIsNeverAccused(t *testing.T) {
	s := newStory(t, "strict-a", "silent-a", "gmail-a")
	s.arrives("control", "strict-a", seedtest.RoleJunk, badly)
	s.arrives("old", "strict-a", seedtest.RoleJunk)
	s.vanishes("control", "silent-a")
	s.vanishes("old", "silent-a")
	s.send("control", "gmail-a", refused(550, "5.7.26", gmailRefusal))
	s.arrives("old", "gmail-a", seedtest.RoleInbox)
	list := s.causes()
	if got := codes(list); got != "recv.seed_trouble recv.seed_trouble" {
		t.Fatalf("Causes: %s\n%s", got, told(list))
	}
	for _, f := range list {
		for _, p := range f.Probes {
			if strings.HasPrefix(string(p), "control/") {
				t.Errorf("%s accuses %s", f.Code, p)
			}
		}
	}
}

// badly makes a header tell of mail that does not authenticate.
func badly(a *seedtest.Analysis) {
	a.Authentication = []seedtest.AuthField{results("strict", mail2, "example.com")}
}

// TestUntrustedFieldsHaveNoVoice: what a sender or a hop before wrote accuses nobody, and clears
// nobody.
func TestUntrustedFieldsHaveNoVoice(t *testing.T) {
	distrust := func(a *seedtest.Analysis) {
		for i := range a.Authentication {
			a.Authentication[i].Trusted = false
		}
		for i := range a.Hops {
			a.Hops[i].Trusted = false
		}
		a.Origin = nil
		a.Stamps = []seedtest.Stamp{{Field: "X-Spam-Status", Verdict: "spam", Raw: "Yes, RDNS_NONE"}}
		a.ReceivedSPF = []seedtest.ReceivedSPF{{Result: "fail", Raw: "fail (203.0.113.9)"}}
	}
	s := newStory(t, "strict-a", "gmail-a")
	s.arrives("control", "strict-a", seedtest.RoleInbox)
	s.arrives("new", "strict-a", seedtest.RoleInbox, distrust)
	if list := diagnose.Causes(s.run()); len(list) != 0 {
		t.Errorf("Causes from untrusted fields:\n%s", told(list))
	}
	forged := func(a *seedtest.Analysis) {
		f := results("strict", mail1, "example.org")
		f.Trusted = false
		a.Authentication = append([]seedtest.AuthField{f}, a.Authentication...)
	}
	s.arrives("new", "gmail-a", seedtest.RoleInbox, forged)
	if f := find(s.causes(), "auth.spf_fail"); f == nil || len(f.Probes) != 1 {
		t.Errorf("Causes beside a forged pass:\n%s", told(s.causes()))
	}
}

// TestOneOddVoiceIsNotBelieved: SPF fails everywhere if it fails at all; one of five who says so
// was perhaps forwarded to.
func TestOneOddVoiceIsNotBelieved(t *testing.T) {
	s := newStory(t, "gmail-a", "outlook-a", "strict-a", "lenient-a", "own-a")
	for _, seed := range []string{"gmail-a", "outlook-a", "strict-a", "lenient-a"} {
		s.arrives("old", seed, seedtest.RoleInbox)
	}
	s.arrives("old", "own-a", seedtest.RoleInbox, func(a *seedtest.Analysis) {
		f := results("own", mail2, "example.org")
		f.Results = f.Results[:1]
		a.Authentication = []seedtest.AuthField{f}
	})
	f := find(s.causes(), "auth.spf_fail")
	if f == nil || f.Confidence >= 0.5 || len(f.Probes) != 1 || f.Of != 5 {
		t.Errorf("Causes:\n%s", told(s.causes()))
	}
}

// TestRefusalAloneNamesWhatIsKnown: without any header of the route there is no address to name,
// and no step may tell to replace a record that may be there.
func TestRefusalAloneNamesWhatIsKnown(t *testing.T) {
	s := newStory(t, "gmail-a")
	s.arrives("old", "gmail-a", seedtest.RoleInbox)
	s.send("new", "gmail-a", refused(550, "5.7.26", gmailRefusal))
	list := s.causes()
	f := find(list, "auth.none")
	if codes(list) != "auth.none" || f.Fix[0] != "sign with DKIM, d=example.org" {
		t.Fatalf("Causes:\n%s", told(list))
	}
	for _, step := range f.Fix {
		if strings.Contains(step, "{{") || strings.HasPrefix(step, "example.org TXT: v=spf1") {
			t.Errorf("step %q", step)
		}
	}
}

// TestBlindSeedIsTheSeedsTrouble: nothing is said of the route.
func TestBlindSeedIsTheSeedsTrouble(t *testing.T) {
	s := newStory(t, "gmx-a")
	s.send("new", "gmx-a", accepted)
	s.add(time.Minute, seedtest.Fault{Seed: "gmx-a", Kind: seedtest.FaultLogin,
		What: "NO [AUTHENTICATIONFAILED] wrong", From: begun.Add(time.Minute)})
	list := s.causes()
	if codes(list) != "tool.imap_login" || list[0].Fix[0] != "seedtest check gmx-a" ||
		list[0].Evidence[0].Raw != "NO [AUTHENTICATIONFAILED] wrong" {
		t.Errorf("Causes:\n%s", told(list))
	}
}

// TestUnlookedSeedAccusesNobody: a run that was broken off has nothing to say of its mailboxes.
func TestUnlookedSeedAccusesNobody(t *testing.T) {
	s := newStory(t, "gmx-a")
	s.send("new", "gmx-a", accepted)
	if list := s.causes(); codes(list) != "tool.no_look" {
		t.Errorf("Causes:\n%s", told(list))
	}
}

// TestRetriedReplies: a 4yz that passed later is greylisting, unless it is known to mean more. One
// that never passed and that no rule knows is said, not guessed at.
func TestRetriedReplies(t *testing.T) {
	later := func(code int, text string) seedtest.Submission {
		s := refused(code, "4.7.0", text)
		s.Outcome = seedtest.OutcomeDeferred
		return s
	}
	for name, c := range map[string]struct {
		first  seedtest.Submission
		passes bool
		want   string
	}{
		"greylisted":      {later(451, "Greylisting in action"), true, "rate.greylisted"},
		"unknown, passed": {later(451, "the moon is full"), true, "rate.greylisted"},
		"slowed down, passed": {later(421, "our system has detected an unusual rate of unsolicited mail "+
			"originating from your IP address - gsmtp"), true, "rate.ip_limited"},
		"unknown to the end": {later(451, "the moon is full"), false, "reply.unknown"},
	} {
		s := newStory(t, "gmail-a")
		token := s.send("old", "gmail-a", c.first)
		if c.passes {
			again := accepted
			again.Dispatch, again.Number, again.Begun = "old/gmail-a", 2, begun.Add(time.Minute)
			s.add(time.Minute, again)
			s.add(2*time.Minute, seedtest.Sighting{Seed: "gmail-a", Token: token, Mailbox: "INBOX",
				Role: seedtest.RoleInbox, UIDValidity: 1, UID: 1,
				Carriers: []seedtest.Carrier{seedtest.CarrierMessageID}})
		}
		if got := codes(s.causes()); got != c.want {
			t.Errorf("%s: %q, want %s\n%s", name, got, c.want, told(s.causes()))
		}
	}
}

// TestRouteTrouble goes through what a sender says when no reply ended it, in its words.
func TestRouteTrouble(t *testing.T) {
	for _, c := range []struct {
		stage seedtest.Stage
		error string
		code  int
		want  string
	}{
		{"resolve", "resolve: lookup mail2.example.org: no such host; check host", 0,
			"route.host_unresolved"},
		{"connect", "connect: dial tcp 203.0.113.9:587: connect: connection refused; nothing listens",
			0, "route.connection_refused"},
		{"connect", "connect: no answer within 30s; a firewall may drop what is sent to port 587", 0,
			"route.unreachable"},
		{"banner", "banner: no answer within 5m0s; port 465 begins with TLS: set tls", 0, "route.tls"},
		{"banner", "banner: no answer within 5m0s", 0, "route.unreachable"},
		{"banner", "banner: the server's line is no SMTP reply: \"HTTP/1.1 400\"", 0, "route.not_smtp"},
		{"starttls", "starttls: the server does not offer STARTTLS; a firewall", 0, "route.tls"},
		{"starttls", "tls: failed to verify certificate: x509: unknown authority", 0, "route.tls"},
		{"auth", "auth: the server refused the login of ops with PLAIN", 535, "route.auth_failed"},
		{"auth", "auth: the server refused the login of ops with PLAIN", 454, "route.auth_unavailable"},
		{"auth", "auth: not tried, because the connection is not encrypted; set tls", 0,
			"route.auth_needs_tls"},
		{"auth", "auth: the server offers no AUTH; port 25 seldom does", 0, "route.auth_mechanism"},
		{"auth", "auth: the server offers GSSAPI; this login can be used with PLAIN or LOGIN only", 0,
			"route.auth_mechanism"},
		{"auth", "auth: variable NEW_PASSWORD is not set; no secret for ops", 0, "route.secret_missing"},
		{"auth", "auth: the server closed the connection without an answer", 0,
			"route.connection_dropped"},
		{"rcpt", "rcpt: no answer within 5m0s", 0, "route.connection_dropped"},
		{"body", "body: the server broke the connection", 0, "route.connection_dropped"},
	} {
		s := newStory(t, "gmail-a")
		sub := seedtest.Submission{Outcome: seedtest.OutcomeFailed, Stage: c.stage, Error: c.error}
		if c.code != 0 {
			sub.Reply = &seedtest.Reply{Code: c.code, Text: "no"}
		}
		s.send("new", "gmail-a", sub)
		list := s.causes()
		if codes(list) != c.want {
			t.Errorf("%s %q: %q, want %s", c.stage, c.error, codes(list), c.want)
			continue
		}
		if n := len(list[0].Evidence); n != 1 {
			t.Errorf("%s %q: evidence %q", c.stage, c.error, list[0].Evidence)
		}
	}
}

// TestDirectTrouble goes through what a route of type mx says when no reply ended it.
func TestDirectTrouble(t *testing.T) {
	for _, c := range []struct {
		outcome seedtest.Outcome
		stage   seedtest.Stage
		error   string
		want    string
	}{
		{seedtest.OutcomeFailed, "resolve", "resolve: MX records of gmail.example: dns: no answer in time", "mx.unresolved"},
		{seedtest.OutcomeFailed, "resolve", "resolve: the MTA-STS policy of the domain does not name mx.gmail.example; its " +
			"operator must add the host", "mx.policy"},
		{seedtest.OutcomeRefused, "resolve", "resolve: gmail.example takes no mail: it has a null MX (RFC 7505)", "mx.no_mail"},
		{seedtest.OutcomeFailed, "connect", "connect: no answer within 30s; if no domain's servers", "mx.unreachable"},
		{seedtest.OutcomeFailed, "connect", "connect: connection refused; if no domain's servers", "mx.unreachable"},
		{seedtest.OutcomeFailed, "starttls", "starttls: x509: unknown authority; MTA-STS of the domain demands TLS", "mx.tls"},
		{seedtest.OutcomeFailed, "rcpt", "rcpt: no answer within 5m0s", "route.connection_dropped"},
	} {
		s := newStory(t, "gmail-a")
		opened := s.facts[0].Body.(seedtest.Opened)
		for i := range opened.Routes {
			opened.Routes[i].Type = seedtest.RouteMX
			opened.Routes[i].Server = seedtest.Endpoint{Port: 25, TLS: seedtest.TLSOpportunistic}
		}
		s.facts[0].Body = opened
		s.send("new", "gmail-a", seedtest.Submission{Outcome: c.outcome, Stage: c.stage, Error: c.error,
			Host: "mx.gmail.example"})
		list := s.causes()
		if codes(list) != c.want {
			t.Errorf("%s %q: %q, want %s", c.stage, c.error, codes(list), c.want)
			continue
		}
		if strings.Contains(list[0].Title, "{{") || len(list[0].Evidence) != 1 {
			t.Errorf("%s %q: %q by %q", c.stage, c.error, list[0].Title, list[0].Evidence)
		}
	}
}
