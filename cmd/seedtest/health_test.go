package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"seedtest/config"
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

// TestEachConditionIsTold lets a seed fall into each condition, and holds check, report and JSON
// against it.
func TestEachConditionIsTold(t *testing.T) {
	for _, c := range []struct {
		state  string
		fault  lab.Fault
		sick   bool
		advice string
	}{
		{"down", lab.Fault{Kind: lab.IMAPRefuseConnect}, false, "reached"},
		{"refused", lab.Fault{Kind: lab.IMAPRefuseLogin}, false, "password"},
		{"locked", lab.Fault{Kind: lab.IMAPRefuseLogin, Detail: "[CONTACTADMIN] Account is locked"}, true,
			"on the web"},
		{"revoked", lab.Fault{Kind: lab.IMAPRefuseLogin,
			Detail: "[AUTHENTICATIONFAILED] invalid_grant: the consent was withdrawn"}, true,
			"seedtest login strict-a"},
		{"throttled", lab.Fault{Kind: lab.IMAPThrottle, Detail: "[THROTTLED] Slow down"}, false, "rest"},
		{"full", lab.Fault{Kind: lab.IMAPRefuseLogin,
			Detail: "[OVERQUOTA] Quota exceeded (mailbox is full)"}, true,
			"make room"},
	} {
		t.Run(c.state, func(t *testing.T) {
			b := sickbay(t)
			c.fault.Party = "strict-a"
			b.world.Inject(c.fault)
			got, status := b.checked()
			if got.State != c.state || got.Sick != c.sick || status != statusNothing {
				t.Errorf("check: %+v, exit status %d; want %s, sick %t, %d", got, status, c.state, c.sick,
					statusNothing)
			}
			if !strings.Contains(strings.Join(got.Advice, " "), c.advice) || len(got.Why) == 0 {
				t.Errorf("check: why %q, advice %q; want %q in it", got.Why, got.Advice, c.advice)
			}
			run := b.ran()
			if run.Detail.State != c.state || run.Detail.Sick != c.sick || run.Health != "ok" ||
				!run.counted {
				t.Errorf("run: %+v; want %s, sick %t, and counted", run, c.state, c.sick)
			}
			evidence := strings.TrimPrefix(got.Why[0], "this check: ")
			if c.state != "down" && !strings.Contains(run.text, evidence) { // that one names a port
				t.Errorf("report: no %q in %s", evidence, run.text)
			}
			if want := "strict-a is " + c.state + " since"; !strings.Contains(run.text, want) ||
				!strings.Contains(run.text, c.advice) {
				t.Errorf("report: no %q, or no %q, in %s", want, c.advice, run.text)
			}
		})
	}
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

// TestRenamedJunkIsNoticed lets the junk mailbox of a seed vanish between two runs.
func TestRenamedJunkIsNoticed(t *testing.T) {
	b := sickbay(t)
	b.configure(func(text string) string {
		head, tail, _ := strings.Cut(text, "[seed.strict-a]")
		return head + "[seed.strict-a]" + strings.Replace(tail, "imap = { ",
			`imap = { junk = "Bin of mine", `, 1)
	})
	b.commands(`CREATE "Bin of mine"`)
	if got := b.ran(); got.Detail.State != "ok" {
		t.Fatalf("before: %+v", got)
	}
	b.commands(`RENAME "Bin of mine" "Elsewhere"`)
	if got, _ := b.checked(); got.State != "renamed" || !strings.Contains(strings.Join(got.Why, " "),
		`"Bin of mine"`) ||
		len(got.Advice) == 0 {
		t.Errorf("check: %+v; want renamed, with the name", got)
	}
	if got := b.ran(); got.Detail.State != "renamed" || !strings.Contains(got.text,
		"strict-a is renamed since") {
		t.Errorf("run: %+v; want renamed", got.Detail)
	}
}

// commands carries out IMAP commands as the owner of strict-a.
func (b *bench) commands(lines ...string) {
	b.t.Helper()
	cfg, err := config.Load(b.config(), config.Env{})
	if err != nil {
		b.t.Fatal(err)
	}
	seed, _ := seedOf(cfg, "strict-a")
	secret, err := seed.Login.Password.Secret(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", net.JoinHostPort(seed.Server.Host, strconv.Itoa(seed.Server.Port)),
		&tls.Config{RootCAs: b.world.Roots(), ServerName: "imap.strict.example"})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewScanner(conn)
	lines = append([]string{fmt.Sprintf("LOGIN %q %q", seed.Login.Username, secret.Reveal())},
		lines...)
	for i, line := range lines {
		tag := fmt.Sprintf("t%d ", i)
		if _, err := fmt.Fprintf(conn, "%s%s\r\n", tag, line); err != nil {
			b.t.Fatal(err)
		}
		for in.Scan() && !strings.HasPrefix(in.Text(), tag) {
		}
		if !strings.HasPrefix(in.Text(), tag+"OK") {
			b.t.Fatalf("%s: %q", line, in.Text())
		}
	}
}

// faultAt lets a seed refuse us.
func faultAt(seed string) lab.Fault { return lab.Fault{Kind: lab.IMAPRefuseLogin, Party: seed} }
