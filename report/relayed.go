package report

import (
	"slices"
	"strings"

	"seedtest"
)

type jsonRelayed struct {
	Remote    string        `json:"remote"`
	Outcome   string        `json:"outcome"`
	Reply     *jsonReply    `json:"reply"`
	Said      string        `json:"said,omitempty"`
	Source    string        `json:"source"`
	When      *jsonTime     `json:"when,omitempty"`
	QueueID   string        `json:"queue_id,omitempty"`
	NextID    string        `json:"next_queue_id,omitempty"`
	Via       string        `json:"via,omitempty"`
	Recipient string        `json:"recipient,omitempty"`
	Delay     float64       `json:"delay_s,omitempty"`
	Transfer  float64       `json:"transfer_s,omitempty"`
	TLS       *jsonRelayTLS `json:"tls,omitempty"`
	Line      string        `json:"line,omitempty"`
	Reporting string        `json:"reporting_mta,omitempty"`
	JoinedBy  string        `json:"joined_by,omitempty"`
}

type jsonRelayTLS struct {
	Version string `json:"version,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	Trust   string `json:"trust,omitempty"`
}

func relayedOf(x seedtest.Relayed) jsonRelayed {
	j := jsonRelayed{Remote: x.Remote, Outcome: string(x.Outcome), Reply: replyOf(x.Reply),
		Said: x.Said, Source: x.Source, QueueID: x.QueueID, NextID: x.NextID, Via: string(x.Via),
		Recipient: x.Recipient, Delay: x.Delay.Seconds(), Transfer: x.Transfer.Seconds(), Line: x.Line,
		Reporting: x.ReportingMTA, JoinedBy: string(x.JoinedBy)}
	if !x.When.IsZero() {
		j.When = jsonTimeOf(&x.When)
	}
	if t := x.TLS; t != nil {
		j.TLS = &jsonRelayTLS{t.Version, t.Cipher, t.Trust}
	}
	return j
}

// answerWords is the answer of a server further on, or what a server said by itself.
func answerWords(x seedtest.Relayed) string {
	if x.Reply != nil {
		return replyWords(*x.Reply)
	}
	return x.Said
}

// takenWords says who took the message, put it off or refused it.
func takenWords(x seedtest.Relayed) string {
	by := "by " + x.Remote
	if x.Remote == "" {
		by = "by the relay itself"
	}
	text := string(x.Outcome) + " " + by
	if x.Outcome == seedtest.OutcomeAccepted {
		switch x.Via {
		case seedtest.ViaMailbox:
			text = strings.TrimSpace("delivered to a mailbox by the relay " + paren(x.Remote))
		case seedtest.ViaProgram:
			text = "handed to a program by the relay"
		case seedtest.ViaDiscard:
			text = "thrown away by the relay"
		}
	}
	return text
}

func paren(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// replyWords says a reply; Sendmail's log leaves the code out.
func replyWords(r seedtest.Reply) string {
	if r.Code == 0 {
		return strings.TrimSpace(r.Enhanced + " " + r.Text)
	}
	return codes(r) + " " + r.Text
}

// relayedDetail says under which names, how soon, and how encrypted.
func relayedDetail(x seedtest.Relayed) string {
	var said []string
	if x.QueueID != "" {
		said = append(said, "queue id "+x.QueueID)
	}
	if x.NextID != "" {
		said = append(said, "there "+x.NextID)
	}
	if x.Recipient != "" {
		said = append(said, "to "+x.Recipient)
	}
	if x.ReportingMTA != "" {
		said = append(said, "reported by "+x.ReportingMTA)
	}
	said = append(said, joinedWords(x.JoinedBy)...)
	if x.Delay > 0 {
		said = append(said, "after "+took(x.Delay))
	}
	if x.Transfer > 0 {
		said = append(said, "the delivery itself "+took(x.Transfer))
	}
	if t := x.TLS; t != nil {
		said = append(said, strings.Join(slices.DeleteFunc([]string{t.Version, t.Cipher, t.Trust},
			func(s string) bool { return s == "" }), " "))
	}
	return strings.Join(said, "; ")
}
