package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// again finds a further copy at d, which its mailbox is known not to have had before.
func (st *story) again(id seedtest.ProbeID, d, absent time.Duration, mailbox string,
	role seedtest.Role) *story {
	st.see(id, d, mailbox, role, "")
	last := &st.facts[len(st.facts)-1]
	b := last.Body.(seedtest.Sighting)
	b.Absent = at(absent)
	last.Body = b
	return st
}

// gone has the copy in a mailbox, the last that was found there, no longer found at d.
func (st *story) gone(id seedtest.ProbeID, d, seen time.Duration, mailbox string,
	change ...func(*seedtest.Gone)) *story {
	var g seedtest.Gone
	for _, f := range st.facts {
		if b, ok := f.Body.(seedtest.Sighting); ok && b.Token == token(id) && b.Mailbox == mailbox {
			g = seedtest.Gone{Seed: b.Seed, Token: b.Token, Mailbox: mailbox, UIDValidity: b.UIDValidity,
				UID: b.UID, LastSeen: at(seen)}
		}
	}
	for _, c := range change {
		c(&g)
	}
	return st.add(d, g)
}

func byUs(to string) func(*seedtest.Gone) {
	return func(g *seedtest.Gone) { g.ByUs, g.MovedTo = true, to }
}

// moving is a run whose messages change their places in every way that there is.
func moving() *story {
	st := begin("moving", []string{"main"}, []string{"m-junk", "m-copied", "m-removed", "m-back",
		"m-restless", "m-cleaned", "m-erased", "m-still"})
	id := map[string]seedtest.ProbeID{}
	for _, seed := range st.opened.Suite.Seeds {
		id[seed] = st.plan("main", seed)
		st.accept(id[seed], 0).inbox(id[seed], 5*s)
	}
	junked := id["m-junk"]
	st.gone(junked, 340*s, 11*s, "INBOX").again(junked, 340*s, 11*s, "Spam", seedtest.RoleJunk)
	st.stamps[junked] = [][]seedtest.Stamp{nil, {{Field: "X-Spam-Status", Verdict: "spam",
		Score: new(8.1), Threshold: new(5.0), Trusted: true, Raw: "Yes, score=8.1 required=5.0"}}}
	st.again(id["m-copied"], 20*m, 10*m, "Archive", seedtest.RoleArchive)
	st.gone(id["m-removed"], 26*time.Hour, 2*time.Hour, "INBOX")
	back := id["m-back"]
	st.gone(back, 10*m, 9*m, "INBOX").again(back, 50*m, 40*m, "迷惑メール", seedtest.RoleJunk)
	restless := id["m-restless"]
	for i := range 9 {
		d, from, to := time.Duration(10+i)*m, "INBOX", "Receipts"
		if i%2 == 1 {
			from, to = to, from
		}
		st.gone(restless, d, d-30*s, from).again(restless, d, d-30*s, to, seedtest.RoleNone)
	}
	for i := range 2 {
		st.round(st.opened.Suite.Seeds[i], 48*time.Hour+m)
	}
	st.gone(id["m-cleaned"], 50*time.Hour, 50*time.Hour, "INBOX", byUs("Trash"))
	st.gone(id["m-erased"], 50*time.Hour, 50*time.Hour, "INBOX", byUs(""))
	return st.again(junked, 60*time.Hour, 50*time.Hour, "INBOX", seedtest.RoleInbox)
}

// TestEveryFormatTellsMoves holds that a move has its mailboxes and its interval wherever a run is
// told of.
func TestEveryFormatTellsMoves(t *testing.T) {
	r := moving().report(61 * time.Hour)
	for format, write := range formats() {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		words := []string{"from INBOX to Spam (junk) between 14:02:11 and 14:07:40"}
		switch format {
		case "json":
			words = []string{`"from": "INBOX"`, `"to": "Spam"`, `"after": "2026-11-21T14:02:11.000Z"`,
				`"before": "2026-11-21T14:07:40.000Z"`, `"settled": "junk"`}
		case "nagios":
			words = []string{"settled=2;;;0;8"}
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q:\n%s", format, w, b.String())
			}
		}
	}
}

// TestIntervalsHoldTheirMoment holds that no end of an interval is rounded past the move.
func TestIntervalsHoldTheirMoment(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"gmx-a"})
	id := st.plan("main", "gmx-a")
	after, before := 9*s+999999*time.Nanosecond, 9*s+1000001*time.Nanosecond
	st.accept(id, 0).inbox(id, 5*s).gone(id, before, after, "INBOX")
	var b bytes.Buffer
	if err := report.JSON(&b, st.report(m), report.Style{}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Probes []struct {
			Moves []struct{ After, Before time.Time }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Probes[0].Moves
	if len(got) != 1 || got[0].After.After(at(after)) || got[0].Before.Before(at(before)) {
		t.Errorf("moves %v, want one that holds %s to %s", got, at(after), at(before))
	}
}

// TestMovesDoNotFlood holds that a mailbox whose mail moves without end does not hide the rest.
func TestMovesDoNotFlood(t *testing.T) {
	var seeds []string
	for i := range 20 {
		seeds = append(seeds, fmt.Sprintf("gmx-%d", i))
	}
	st := begin("regular", []string{"main"}, seeds)
	for _, seed := range seeds {
		id := st.plan("main", seed)
		st.accept(id, 0).inbox(id, 5*s)
		for i := range 40 {
			d, from, to := time.Duration(10+i)*m, "INBOX", "Receipts"
			if i%2 == 1 {
				from, to = to, from
			}
			st.gone(id, d, d-30*s, from).again(id, d, d-30*s, to, seedtest.RoleNone)
		}
	}
	r := st.report(5 * time.Hour)
	for name, text := range texts(r, report.Style{}) {
		if n := strings.Count(text, "\n"); n > 150 {
			t.Errorf("%s takes %d lines", name, n)
		}
	}
	if text := texts(r, report.Style{})["Text"]; !strings.Contains(text, "785 more") {
		t.Errorf("the report does not say how many moves it leaves out:\n%s", text)
	}
	verbose := texts(r, report.Style{Verbose: true})["Text"]
	if n := strings.Count(verbose, "moved from"); n != 20*40 {
		t.Errorf("with --verbose %d moves are told, want all 800", n)
	}
}
