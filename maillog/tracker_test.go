package maillog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// wanted is a message to anna that the relay took as 4XyZ9b2Lq1z3.
func wanted() seedtest.Relayable {
	return seedtest.Relayable{Dispatch: "d1", MessageID: "tag@example.org", QueueID: "4XyZ9b2Lq1z3",
		Begun: now().Add(-time.Minute),
		To:    []seedtest.RelayAddress{{Address: "anna@example.net", Probe: "p1"}}}
}

// feed gives a tracker lines of Postfix, each a program and what it says.
func feed(t *Tracker, lines ...string) []seedtest.Relayed {
	var found []seedtest.Relayed
	for _, l := range lines {
		program, text, _ := strings.Cut(l, " ")
		found = append(found, t.Line("Nov 26 13:29:30 mail postfix/"+program+"[1]: "+text, now())...)
	}
	return found
}

func told(list []seedtest.Relayed) string {
	var s []string
	for _, r := range list {
		code := 0
		if r.Reply != nil {
			code = r.Reply.Code
		}
		s = append(s, fmt.Sprintf("%s %s %d %s>%s", r.Probe, r.Outcome, code, r.QueueID, r.NextID))
	}
	return strings.Join(s, "; ")
}

// handed is a delivery of 4XyZ9b2Lq1z3 to anna by the mx.
const handed = "smtp 4XyZ9b2Lq1z3: to=<anna@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, "

const said = "(host mx.example.net[192.0.2.9] said: "

const (
	name   = "cleanup 4XyZ9b2Lq1z3: message-id=<tag@example.org>"
	other  = "cleanup 4XyZ9b2Lq1z3: message-id=<other@example.org>"
	sent   = handed + "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 3C9F212A4D)"
	busy   = handed + "dsn=4.7.1, status=deferred " + said + "450 4.7.1 later (in reply to RCPT TO command))"
	bounce = handed + "dsn=5.7.1, status=bounced " + said + "550 5.7.1 no (in reply to end of DATA command))"
	gone   = "qmgr 4XyZ9b2Lq1z3: removed"
)

func TestTracker(t *testing.T) {
	const ours = "p1 accepted 250 4XyZ9b2Lq1z3>3C9F212A4D"
	blind := strings.Replace(bounce, "anna@example.net", "archive@example.org", 1)
	alias := strings.Replace(sent, "to=<anna@example.net>", "to=<a@example.com>, orig_to=<Anna@example.net>", 1)
	const expired = "qmgr 4XyZ9b2Lq1z3: from=<ops@example.org>, status=expired, returned to sender"
	for what, x := range map[string]struct {
		before []string // logged before the accepting reply was on record
		after  []string
		want   string
	}{
		"the log follows":                  {nil, []string{name, busy, sent, gone}, "p1 deferred 450 4XyZ9b2Lq1z3>; " + ours},
		"the log is ahead":                 {[]string{name, busy, sent, gone}, nil, "p1 deferred 450 4XyZ9b2Lq1z3>; " + ours},
		"the log does not name it":         {nil, []string{sent}, ours},
		"a line is read twice":             {[]string{name, sent}, []string{name, sent}, ours},
		"the id was another's before":      {[]string{other, bounce, gone, name, sent, gone}, nil, ours},
		"the id is another's afterwards":   {nil, []string{name, sent, gone, other, bounce}, ours},
		"the id is given anew, unnamed":    {nil, []string{name, sent, gone, bounce}, ours},
		"the id is another's":              {[]string{other, bounce}, []string{bounce}, ""},
		"a copy for somebody else bounces": {nil, []string{name, blind, sent}, ours},
		"an alias":                         {nil, []string{name, alias}, ours},
		"refused in the end":               {nil, []string{name, bounce, gone}, "p1 refused 550 4XyZ9b2Lq1z3>"},
		"expired":                          {nil, []string{name, expired, gone}, "p1 refused 0 4XyZ9b2Lq1z3>"},
		"unknown lines":                    {[]string{"smtp nothing", "x"}, []string{"smtp 4XyZ9b2Lq1z3: host said hello"}, ""},
	} {
		tr := NewTracker(newTestParser())
		before := feed(tr, x.before...)
		if len(before) > 0 {
			t.Errorf("%s: found %s before anything was wanted", what, told(before))
		}
		// Lines that a live reader got before the attempt are not about it; these came after.
		found := append(tr.Want(wanted()), feed(tr, x.after...)...)
		if got := told(found); got != x.want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, x.want)
		}
	}
}

// TestTrackerWithoutQueueID: the Message-ID suffices, where the reply named no queue id.
func TestTrackerWithoutQueueID(t *testing.T) {
	w := wanted()
	w.QueueID = ""
	tr := NewTracker(newTestParser())
	feed(tr, name)
	tr.Want(w)
	if got, want := told(feed(tr, sent)), "p1 accepted 250 4XyZ9b2Lq1z3>3C9F212A4D"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTrackerFilter follows a message that a content filter gave back: under its new queue id, in
// whatever order the log has the two.
func TestTrackerFilter(t *testing.T) {
	filter := strings.Replace(sent, "250 2.0.0 Ok: queued as 3C9F212A4D",
		"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9F212A4D3C", 1)
	again := strings.ReplaceAll(sent, "4XyZ9b2Lq1z3", "9F212A4D3C")
	named := strings.ReplaceAll(name, "4XyZ9b2Lq1z3", "9F212A4D3C")
	for _, lines := range [][]string{
		{name, named, filter, again}, {name, filter, again}, {name, again, filter}, {name, named, again, filter},
	} {
		tr := NewTracker(newTestParser())
		tr.Want(wanted())
		got := told(feed(tr, lines...))
		for _, want := range []string{"p1 accepted 250 4XyZ9b2Lq1z3>9F212A4D3C",
			"p1 accepted 250 9F212A4D3C>3C9F212A4D"} {
			if !strings.Contains(got, want) || strings.Count(got, ";") != 1 {
				t.Errorf("%q\n got %s\nwant %s", lines, got, want)
			}
		}
	}
}

// TestTrackerChain: a log that leads from one queue id to the next for ever is followed for a while.
func TestTrackerChain(t *testing.T) {
	tr := NewTracker(newTestParser())
	tr.Want(wanted())
	found := 0
	for i := range 100 {
		id, next := fmt.Sprintf("AAAAAA%04d", i), fmt.Sprintf("AAAAAA%04d", i+1)
		if i == 0 {
			id = "4XyZ9b2Lq1z3"
		}
		found += len(feed(tr, strings.NewReplacer("4XyZ9b2Lq1z3", id, "3C9F212A4D", next).Replace(sent)))
	}
	if found != maxChain {
		t.Errorf("found %d answers, want %d", found, maxChain)
	}
}

// TestTrackerKnown: what is on record is not found again.
func TestTrackerKnown(t *testing.T) {
	first := NewTracker(newTestParser())
	first.Want(wanted())
	known := feed(first, name, sent)
	again := NewTracker(newTestParser())
	again.Known(known...)
	again.Want(wanted())
	if got := told(feed(again, name, sent, busy)); got != "p1 deferred 450 4XyZ9b2Lq1z3>" {
		t.Errorf("found %q, want the deferral only", got)
	}
}

// TestTrackerTimes: a line that was there before the attempt, by the reader's clock or far by its
// own, is about another message.
func TestTrackerTimes(t *testing.T) {
	tr := NewTracker(newTestParser())
	line := "Nov 26 13:29:30 mail postfix/" + strings.Replace(sent, " ", "[1]: ", 1)
	tr.Line(line, wanted().Begun.Add(-time.Second))
	if got := told(tr.Want(wanted())); got != "" {
		t.Errorf("read before the attempt: found %s", got)
	}
	tr.Want(wanted())
	old := strings.Replace(line, "Nov 26", "Nov 24", 1)
	if got := told(tr.Line(old, time.Time{})); got != "" {
		t.Errorf("written two days before the attempt: found %s", got)
	}
	if got := told(tr.Line(line, time.Time{})); got == "" {
		t.Error("an old log: found nothing")
	}
}

// TestTrackerBounded: what is remembered of a log that says nothing of us is bounded, and so are the
// answers about one message.
func TestTrackerBounded(t *testing.T) {
	tr := NewTracker(newTestParser())
	w := wanted()
	tr.Want(w)
	long := strings.Repeat("x", 100)
	for i := range 3 * maxEvents {
		tr.Line(fmt.Sprintf("Nov 26 13:29:30 mail postfix/cleanup[1]: %010X: message-id=<%d%s>", i, i, long), now())
	}
	r := &tr.recent
	if len(r.all) != maxEvents || len(r.queue) != maxEvents || len(r.named) != maxEvents || r.octets > maxOctets {
		t.Errorf("%d events, %d and %d ids, %d octets", len(r.all), len(r.queue), len(r.named), r.octets)
	}
	found := 0
	for i := range 5 * maxAnswers {
		found += len(feed(tr, strings.Replace(busy, "later", fmt.Sprint("later ", i), 1)))
	}
	if found != maxAnswers {
		t.Errorf("%d deferrals, want %d", found, maxAnswers)
	}
	if got := len(feed(tr, sent)); got != 1 {
		t.Errorf("%d answers after many deferrals, want the last one", got)
	}
}
