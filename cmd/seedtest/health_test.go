package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"strings"
	"testing"

	"seedtest/lab"
)

// illSuites are runs at one seed whose baseline nobody waits for long.
const illSuites = `
[suite.ill]
routes = ["old"]
seeds = ["strict-a"]
deadline = "2s"
missing = "2s"
baseline_timeout = "700ms"
`

// sickbay is a bench with a suite at strict-a.
func sickbay(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.configure(func(text string) string { return text + illSuites })
	return b
}

// configure changes the configuration.
func (b *bench) configure(change func(string) string) {
	b.t.Helper()
	text, err := os.ReadFile(b.config())
	if err == nil {
		err = os.WriteFile(b.config(), []byte(change(string(text))), 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// condition is the health of a seed in the output of check or of a run.
type condition struct {
	State  string
	Sick   bool
	Why    []string
	Advice []string
}

// checked is the health of strict-a by a check, and the exit status.
func (b *bench) checked() (condition, int) {
	b.t.Helper()
	return b.checkedAt("strict-a")
}

func (b *bench) checkedAt(seed string) (condition, int) {
	b.t.Helper()
	got := b.run(b.t.Context(), nil, "check", seed, "--format", "json")
	obey(b.t, "check", "check", got.stdout)
	var out struct{ Checks []struct{ Health condition } }
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil || len(out.Checks) != 1 {
		b.t.Fatalf("check: %v in %s%s", err, got.stdout, got.stderr)
	}
	return out.Checks[0].Health, got.status
}

// ran is what a run tells of strict-a.
type ran struct {
	Health  string
	Detail  condition `json:"health_detail"`
	text    string
	counted bool
}

func (b *bench) ran() ran {
	b.t.Helper()
	b.run(b.t.Context(), nil, "run", "ill")
	got := b.run(b.t.Context(), nil, "show", "last", "--format", "json")
	obey(b.t, "run", "show", got.stdout)
	var out struct {
		Seeds  []ran
		Probes []struct{ Counted bool }
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil || len(out.Seeds) != 1 ||
		len(out.Probes) != 1 {
		b.t.Fatalf("show: %v in %s%s", err, got.stdout, got.stderr)
	}
	r := out.Seeds[0]
	r.counted = out.Probes[0].Counted
	r.text = strings.Join(strings.Fields(b.run(b.t.Context(), nil, "show", "last").stdout), " ")
	return r
}

// illness is what befalls a seed, and what has to be told of it.
type illness struct {
	seed     string // empty: strict-a
	state    string
	befalls  func(*bench)
	sick     bool   // by a check
	counts   bool   // after a run: for that the evidence of a run is less, or more
	evidence string // empty: it names a port
	advice   string
}

func fault(kind lab.FaultKind, detail string) func(*bench) {
	return func(b *bench) { b.world.Inject(lab.Fault{Kind: kind, Party: "strict-a", Detail: detail}) }
}

var illnesses = []illness{
	{state: "down", befalls: fault(lab.IMAPRefuseConnect, ""), counts: true, advice: "reached"},
	{state: "refused", befalls: fault(lab.IMAPRefuseLogin, ""), counts: true,
		evidence: "Authentication failed", advice: "app password"},
	{state: "locked", befalls: fault(lab.IMAPRefuseLogin, "[CONTACTADMIN] Account is locked"),
		sick: true, evidence: "Account is locked", advice: "on the web"},
	{state: "revoked", befalls: fault(lab.IMAPRefuseLogin,
		"[AUTHENTICATIONFAILED] This app password has been revoked"), sick: true,
		evidence: "has been revoked", advice: "make a new password or app password"},
	{state: "throttled", befalls: fault(lab.IMAPThrottle, "[THROTTLED] Slow down"), counts: true,
		evidence: "Slow down", advice: "rest"},
	{state: "full", befalls: (*bench).fill, sick: true, counts: true, advice: "make room"},
	{state: "renamed", befalls: (*bench).rename, counts: true, evidence: `"Bin of mine"`,
		advice: `change junk = "Bin of mine" in imap of [seed.strict-a]`},
}

// fill lets strict-a have no room for more mail.
func (b *bench) fill() {
	const some = 4 << 10
	raw := "Subject: of the owner\r\n\r\n" + strings.Repeat("x", some) + "\r\n"
	if err := b.world.Deliver("strict-a", "INBOX", []byte(raw)); err != nil {
		b.t.Fatal(err)
	}
	b.world.SetQuota("strict-a", some)
}

// rename lets the junk mailbox that the configuration of strict-a names be called something else.
func (b *bench) rename() {
	b.nameJunk()
	if !b.world.Create("strict-a", "Bin of mine") {
		b.t.Fatal("the mailbox could not be made")
	}
	if got := b.ran(); got.Detail.State != "ok" {
		b.t.Fatalf("before: %+v", got)
	}
	if !b.world.Rename("strict-a", "Bin of mine", "Elsewhere") {
		b.t.Fatal("the mailbox could not be renamed")
	}
}

func (b *bench) nameJunk() {
	b.configure(func(text string) string {
		head, tail, _ := strings.Cut(text, "[seed.strict-a]")
		return head + "[seed.strict-a]" + strings.Replace(tail, "imap = { ",
			`imap = { junk = "Bin of mine", `, 1)
	})
}

// TestEachConditionIsTold lets a seed fall into each condition, and holds check, and a run in every
// format, against it.
func TestEachConditionIsTold(t *testing.T) {
	for _, x := range illnesses {
		t.Run(x.state, func(t *testing.T) {
			b := sickbay(t)
			x.befalls(b)
			b.holdCheck(x)
			got := b.ran()
			if got.Detail.State != x.state || got.Detail.Sick != !x.counts || got.Health != "ok" ||
				!got.counted {
				t.Errorf("run: %+v; want %s, counted, and to be counted in the next one: %t", got, x.state,
					x.counts)
			}
			b.holdFormats(x)
		})
	}
}

// holdCheck holds what check says, to a program and to a person, against an illness.
func (b *bench) holdCheck(x illness) {
	b.t.Helper()
	got, status := b.checked()
	if want := statusNothing; got.State != x.state || got.Sick != x.sick ||
		(status != want) != (x.state == "renamed") {
		b.t.Errorf("check: %+v, exit status %d; want %s, sick %t, %d", got, status, x.state, x.sick, want)
	}
	if !strings.Contains(strings.Join(got.Advice, " "), x.advice) || len(got.Why) == 0 ||
		!strings.Contains(got.Why[0], x.evidence) {
		b.t.Errorf("check: why %q, advice %q; want %q and %q in it", got.Why, got.Advice, x.evidence,
			x.advice)
	}
	told := b.run(b.t.Context(), nil, "check", "strict-a").stdout
	text := strings.Join(strings.Fields(told), " ")
	for _, want := range []string{"health " + x.state + " since", x.evidence, "do ", x.advice} {
		if !strings.Contains(text, want) {
			b.t.Errorf("check: no %q in\n%s", want, told)
		}
	}
}

// holdFormats holds every format of the last run against an illness.
func (b *bench) holdFormats(x illness) {
	b.t.Helper()
	seed := cmp.Or(x.seed, "strict-a")
	for _, format := range runFormats {
		wanted := []string{seed, x.state, x.evidence, x.advice}
		if format == "nagios" { // a line
			wanted = []string{"seed " + seed + " " + x.state}
		}
		got := b.run(b.t.Context(), nil, "show", "last", "--format", format).stdout
		text := strings.Join(strings.Fields(plain(b.t, format, got)), " ")
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				b.t.Errorf("%s: no %q in\n%s", format, want, got)
			}
		}
	}
}

// plain takes the escapes of a format out of it.
func plain(t *testing.T, format, text string) string {
	switch format {
	case "json":
		var whole any
		if err := json.Unmarshal([]byte(text), &whole); err != nil {
			t.Error(err)
		}
		return fmt.Sprint(whole)
	case "markdown":
		return strings.ReplaceAll(text, `\`, "")
	case "junit":
		return html.UnescapeString(text)
	}
	return text
}

// TestRevokedConsentIsTold withdraws the consent of an OAuth sign-in: no words of a server are
// needed for that.
func TestRevokedConsentIsTold(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.b.configure(func(text string) string {
		return text + strings.ReplaceAll(illSuites, "strict-a", "outlook-a")
	})
	if got, _ := p.b.checkedAt("outlook-a"); got.State != "revoked" || !got.Sick {
		t.Errorf("before consent: %+v; want revoked, and sick", got)
	}
	p.says(p.login("outlook-a"), statusPass)
	if got, status := p.b.checkedAt("outlook-a"); got.State != "ok" || status != statusPass {
		t.Errorf("with consent: %+v, exit status %d; want ok", got, status)
	}
	p.server.Revoke(outlookA)
	got, _ := p.b.checkedAt("outlook-a")
	if got.State != "revoked" || !got.Sick ||
		!strings.Contains(strings.Join(got.Advice, " "), "seedtest login outlook-a") {
		t.Errorf("after it was withdrawn: %+v; want revoked, sick and advice", got)
	}
	if run := p.b.ran(); run.Detail.State != "revoked" || !run.Detail.Sick ||
		!strings.Contains(run.text, "outlook-a is revoked since") {
		t.Errorf("run: %+v; want revoked", run)
	}
	p.b.holdFormats(illness{seed: "outlook-a", state: "revoked", evidence: "invalid_grant",
		advice: "seedtest login outlook-a"})
}

// TestSickSeedIsLeftOut goes all the way: ailing, sick and not counted, better, well and counted.
func TestSickSeedIsLeftOut(t *testing.T) {
	b := sickbay(t)
	lift := b.world.Inject(lab.Fault{Kind: lab.IMAPRefuseLogin, Party: "strict-a"})
	for i, want := range []struct{ sick, counted bool }{{false, true}, {true, true}, {true, false}} {
		if got := b.ran(); got.Detail.Sick != want.sick || got.counted != want.counted {
			t.Errorf("run %d with refused sign-ins: sick %t, counted %t; want %+v", i+1, got.Detail.Sick,
				got.counted, want)
		}
	}
	if got := b.ran(); !strings.HasPrefix(got.Health, "refused since ") ||
		!strings.Contains(got.text, "not counted in this run") {
		t.Errorf("the report does not say that a sick seed is left out: %q in %s", got.Health, got.text)
	}
	lift()
	for i, want := range []struct{ sick, counted bool }{{true, false}, {false, false}, {false, true}} {
		if got := b.ran(); got.Detail.Sick != want.sick || got.counted != want.counted {
			t.Errorf("run %d after that: sick %t, counted %t; want %+v", i+1, got.Detail.Sick, got.counted,
				want)
		}
	}
	if got, status := b.checked(); got.State != "ok" || status != statusPass {
		t.Errorf("check: %+v, exit status %d; want ok", got, status)
	}
}

// faultAt lets a seed refuse us.
func faultAt(seed string) lab.Fault { return lab.Fault{Kind: lab.IMAPRefuseLogin, Party: seed} }
