package main

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

// mostOfRun is how much the heap may grow while all villains do their worst to one run.
const mostOfRun = 256 << 20

// mostStored bounds the store after that.
const mostStored = 64 << 20

// fate is what JSON tells of the probe of a seed, and of trouble there.
type fate struct {
	placement, settled, mailbox string
	why, faults                 string
}

// fates reads the newest run from its JSON.
func (b *bench) fates(text string) map[string]fate {
	b.t.Helper()
	var run struct {
		Probes []struct {
			Seed      string
			Placement struct{ Current, Settled, Why string }
			Sightings []struct{ Mailbox string }
		}
		Faults []struct{ Seed, What string }
	}
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		b.t.Fatalf("%v in %.2000s", err, text)
	}
	by := map[string]fate{}
	for _, p := range run.Probes {
		o := fate{placement: p.Placement.Current, settled: p.Placement.Settled, why: p.Placement.Why}
		for _, s := range p.Sightings {
			o.mailbox = s.Mailbox
		}
		by[p.Seed] = o
	}
	for _, f := range run.Faults {
		o := by[f.Seed]
		o.faults += f.What + "; "
		by[f.Seed] = o
	}
	return by
}

// shows prints the newest run in every way there is, and each of some seeds' probes, and fails the
// test if anything of it does harm. It returns the JSON.
func (b *bench) shows(seeds ...string) string {
	b.t.Helper()
	b.unharmed(b.run(b.t.Context(), nil, "show"))
	b.unharmed(b.run(b.t.Context(), nil, "show", "--format", "json"))
	asJSON := ""
	for _, format := range runFormats {
		got := b.run(b.t.Context(), nil, "show", "last", "--format", format, "--verbose")
		got.stderr = "" // the log
		b.unharmed(got)
		if got.stdout == "" {
			b.t.Errorf("nothing is shown as %s", format)
		}
		switch format {
		case "json":
			asJSON = got.stdout
			obey(b.t, "run", "show", asJSON)
		case "junit":
			b.wellFormed(got.stdout)
		case "nagios":
			if strings.Count(got.stdout, "\n") != 1 || strings.Count(got.stdout, "|") > 1 {
				b.t.Errorf("nagios is told %q", got.stdout)
			}
		case "markdown":
			if strings.Contains(got.stdout, "<script>") {
				b.t.Errorf("a server's words are markup:\n%s", got.stdout)
			}
		}
	}
	for _, seed := range seeds {
		got := b.run(b.t.Context(), nil, "show", "last", seed, "--verbose")
		got.stderr = ""
		b.unharmed(got)
		if got.status != statusPass || got.stdout == "" {
			b.t.Errorf("show last %s: exit status %d, %.2000q", seed, got.status, got.stdout)
		}
	}
	return asJSON
}

// wellFormed reads XML.
func (b *bench) wellFormed(text string) {
	b.t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.t.Errorf("%v in %.2000s", err, text)
			return
		}
	}
}

// sound fails the test unless the good seed's message was found, and in time.
func (b *bench) sound(by map[string]fate) {
	b.t.Helper()
	if good := by["good"]; good.placement != string(seedtest.Inbox) || good.faults != "" {
		b.t.Errorf("the good seed: %+v", good)
	}
}

// small fails the test if the store is not, or tells the secret.
func (b *bench) small() {
	b.t.Helper()
	files, err := filepath.Glob(b.db + "*")
	if err != nil || len(files) == 0 {
		b.t.Fatalf("no store at %s (%v)", b.db, err)
	}
	var size int
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			b.t.Fatal(err)
		}
		size += len(data)
		for form, text := range encoded(hostileUser, hostileSecret) {
			if strings.Contains(string(data), text) {
				b.t.Errorf("the secret stands in the store (%s)", form)
			}
		}
	}
	if size > mostStored {
		b.t.Errorf("the store takes %d MB, want at most %d", size>>20, mostStored>>20)
	}
}

// becomes holds what became of a probe against what must.
func (p pest) becomes(t *testing.T, o fate) {
	t.Helper()
	want := cmp.Or(p.placement, string(seedtest.Blind))
	if blind := string(seedtest.Blind); (p.costs || want == blind) && o.placement == blind &&
		strings.Contains(o.why+o.faults, lateWords) {
		return
	}
	if o.placement != want || !strings.Contains(o.why+o.faults, p.words) ||
		!strings.Contains(o.mailbox, p.mailbox) {
		t.Errorf("%s: %+v, want %s, in %q, with %q", p.name, o, want, p.mailbox, p.words)
	}
}

// lateWords stand where time was up, as on a machine that is slow it may be for whatever means to
// be blind.
const lateWords = "no answer in time"

// atRun makes of what a server does to a check what it does to a run.
func atRun(c crime) pest {
	p := pest{crime: c, placement: string(seedtest.Inbox)}
	if p.words = ""; c.harms {
		p.placement, p.words = string(seedtest.Blind), c.words
	}
	return p
}

// notAtRun are the commands of a check that no run sends.
func notAtRun(c crime) bool {
	return strings.HasSuffix(c.name, "NOOP") || strings.HasSuffix(c.name, "GETQUOTAROOT")
}

// TestHostileServersInRun lets servers do their worst to one run, all at once, beside a good seed.
func TestHostileServersInRun(t *testing.T) {
	t.Parallel()
	b := den(t)
	list, shown := pests(), []string{"good"}
	for _, p := range list {
		shown = append(shown, p.seed())
	}
	for _, c := range slices.Concat(crimes(t), some(floods(), 3)) {
		if !notAtRun(c) {
			list = append(list, atRun(c))
		}
	}
	for _, p := range list {
		b.seed(p.seed(), p.villain.start(t), cmp.Or(p.tls, "none"), p.ca)
	}
	var got told
	if n := growth(func() { got = b.run(t.Context(), nil, "run", "ill") }); n > mostOfRun {
		t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostOfRun>>20)
	}
	if got.status != statusFail && got.status != statusUnknown {
		t.Fatalf("exit status %d, says\n%s%s", got.status, got.stdout, got.stderr)
	}
	b.unharmed(got)
	by := b.fates(b.shows(shown...))
	b.sound(by)
	for _, p := range list {
		p.becomes(t, by[p.seed()])
		if p.blind && p.knows(hostileSecret) {
			t.Errorf("%s: the server was told the password", p.name)
		}
	}
	b.small()
}
