package report

import (
	"slices"
	"strings"

	"seedtest"
)

type jsonBounce struct {
	Action     string `json:"action"`
	Status     string `json:"status,omitempty"`
	Diagnostic string `json:"diagnostic,omitempty"`
	RemoteMTA  string `json:"remote_mta,omitempty"`

	When         *jsonTime `json:"when,omitempty"`
	From         string    `json:"from,omitempty"`
	ReportingMTA string    `json:"reporting_mta,omitempty"`
	JoinedBy     string    `json:"joined_by,omitempty"`
	Code         int       `json:"code,omitempty"`
	Recipient    string    `json:"recipient,omitempty"`
	RetryUntil   *jsonTime `json:"retry_until,omitempty"`
	Guessed      bool      `json:"guessed,omitempty"`
}

// bounceOf is the report that says failed, whatever else is reported, such as that an alias was
// expanded; without one it is the last. It is nil if there is none.
func bounceOf(p seedtest.Probe) *jsonBounce {
	if len(p.Bounces) == 0 {
		return nil
	}
	b := p.Bounces[len(p.Bounces)-1]
	if i := slices.IndexFunc(p.Bounces, seedtest.Bounce.Failed); i >= 0 {
		b = p.Bounces[i]
	}
	j := &jsonBounce{Action: b.Action, Status: b.Status, Diagnostic: b.Diagnostic,
		RemoteMTA: b.RemoteMTA, From: b.From, ReportingMTA: b.ReportingMTA,
		JoinedBy: string(b.JoinedBy), Code: b.Code, Recipient: b.Recipient, Guessed: b.Guessed}
	if !b.When.IsZero() {
		j.When = jsonTimeOf(&b.When)
	}
	if !b.RetryUntil.IsZero() {
		j.RetryUntil = jsonTimeOf(&b.RetryUntil)
	}
	return j
}

// bounceWords says what a report reports, and in whose words.
func bounceWords(b seedtest.Bounce) string {
	text := strings.TrimSpace(b.Action + " " + b.Status)
	if b.Recipient != "" {
		text += " for " + b.Recipient
	}
	if b.ReportingMTA != "" {
		text += ", reported by " + b.ReportingMTA
	}
	if b.RemoteMTA != "" && !strings.EqualFold(b.RemoteMTA, b.ReportingMTA) {
		text += ", told by " + b.RemoteMTA
	}
	if b.Diagnostic != "" {
		text += ": \"" + b.Diagnostic + "\""
	}
	if !b.When.IsZero() {
		text = clock(b.When) + " " + text
	}
	return text
}

// bounceDetail says whom a report claims to be from, by what it is known to be about this message,
// and why it may count less.
func bounceDetail(b seedtest.Bounce) string {
	var said []string
	if b.From != "" {
		said = append(said, "as it says, from "+b.From)
	}
	said = append(said, joinedWords(b.JoinedBy)...)
	switch {
	case b.Guessed:
		said = append(said, "in words that nobody has described")
	case b.Alias:
		said = append(said, "where the seed's address led")
	case b.Recipient != "":
		said = append(said, "which is not the seed's address")
	}
	if !b.RetryUntil.IsZero() {
		said = append(said, "tried until "+b.RetryUntil.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return strings.Join(said, "; ")
}

// joinedWords says by what a report named the message.
func joinedWords(by seedtest.JoinedBy) []string {
	what := "its " + string(by)
	switch by {
	case "":
		return nil
	case seedtest.JoinedByReference:
		what = "a reference to it"
	case seedtest.JoinedByAddress:
		what = "the envelope sender to which it went"
	case seedtest.JoinedBySubject:
		what = "the reference in its subject"
	}
	return []string{"it names the message by " + what}
}

// tellBounce tells of a report as it comes, with the recipient if it is another than the seed.
func tellBounce(b seedtest.Bounce, r seedtest.Run) string {
	name := dispatchName(r, b.Dispatch)
	if p := r.Probe(b.Probe); p != nil {
		name = who(r, *p)
	}
	text := name + ": report says " + b.Action
	if b.Action == "" {
		text = name + ": a report tells of no recipient"
	}
	if b.Recipient != "" {
		text += " for " + b.Recipient
	}
	return strings.TrimSpace(text + " " + b.Status + " " + b.Diagnostic)
}
