package report

import (
	"strings"

	"seedtest"
)

// jsonAsked is what a server was asked to report.
type jsonAsked struct {
	Notify  []string   `json:"notify"`
	Offered bool       `json:"offered"`
	Refused *jsonReply `json:"refused,omitempty"`
}

func askedOf(d *seedtest.DSNAsked) *jsonAsked {
	if d == nil {
		return nil
	}
	j := &jsonAsked{Notify: []string{}, Offered: d.Offered, Refused: replyOf(d.Refused)}
	for _, event := range d.Notify {
		j.Notify = append(j.Notify, string(event))
	}
	return j
}

// askedWords says of what a server was asked to report, or why it was not.
func askedWords(s seedtest.Submission) string {
	d := s.DSN
	if d == nil {
		return ""
	}
	what := eventWords(d.Notify)
	switch {
	case d.Refused != nil:
		return "given the message without asking for " + what + ", because the server objected to that: " +
			codes(*d.Refused) + " " + d.Refused.Text
	case d.Offered:
		return "asked for " + what
	case s.Program != "":
		return "not asked for " + what + ": it is not known that the program can be"
	}
	return "not asked for " + what + ": the server does not offer DSN"
}

func eventWords(events []seedtest.Notify) string {
	var words []string
	for _, event := range events {
		if event == seedtest.NotifyNever {
			return "no report, not even of failure"
		}
		words = append(words, string(event))
	}
	if len(words) == 0 {
		return "reports by its envelope id"
	}
	return "reports of " + strings.Join(words, ", ")
}
