package maillog

import (
	"regexp"
	"strings"

	"seedtest"
)

// The lines of Sendmail: a queue id and fields with commas between them.
var (
	sendmailLine  = regexp.MustCompile(`^([0-9A-Za-z]{8,20}): (to|from)=(.*)$`)
	sendmailMsgID = regexp.MustCompile(`, msgid=<([^>]*)>`)
	sendmailField = regexp.MustCompile(`, (ctladdr|delay|xdelay|mailer|relay|dsn)=([^,]*)`)
	sendmailRelay = regexp.MustCompile(`^(\S*?)\.? ?\[([^\]]+)\]`)
	sendmailTLS   = regexp.MustCompile(`^(?:[0-9A-Za-z]{8,20}: )?STARTTLS=client, ` +
		`relay=([^,]*?)\.?, version=([^,]+), verify=([^,]+), cipher=([^,]+)`)
)

func sendmail(f *format, p *Parser, h head) (Event, bool) {
	if m := sendmailTLS.FindStringSubmatch(h.text); m != nil {
		p.tls.put("sendmail "+h.pid+" "+m[1],
			session{RelayTLS: seedtest.RelayTLS{Version: m[2], Cipher: m[4], Trust: "verify=" + m[3]}})
		return Event{}, false
	}
	m := sendmailLine.FindStringSubmatch(h.text)
	if m == nil {
		return Event{}, false
	}
	e := Event{QueueID: m[1]}
	if m[2] == "from" {
		id := sendmailMsgID.FindStringSubmatch(m[3])
		if id == nil {
			return e, false
		}
		e.Kind, e.MessageID = Named, id[1]
		return e, true
	}
	fields, state, ok := strings.Cut(m[3], ", stat=")
	if !ok {
		return e, false
	}
	to, _, _ := strings.Cut(fields, ", ")
	e.Kind, e.To = Handed, strings.ReplaceAll(strings.ReplaceAll(to, "<", ""), ">", "")
	e.Outcome = f.sendmailOutcome(fields, state)
	f.sendmailFields(&e, p, h, fields)
	words := state
	if inner, ok := strings.CutPrefix(state, "Sent ("); ok {
		words = strings.TrimSuffix(inner, ")")
	}
	words = strings.TrimPrefix(words, "Deferred: ")
	if e.Reply = reply(words); e.Reply == nil {
		e.Said = words
	}
	return e, e.Outcome != ""
}

// sendmailOutcome goes by the enhanced status (RFC 3463); without one by the word of the state.
func (f *format) sendmailOutcome(fields, state string) seedtest.Outcome {
	word, _, _ := strings.Cut(state, " ")
	word = strings.TrimSuffix(word, ":")
	for _, m := range sendmailField.FindAllStringSubmatch(", "+fields, -1) {
		if m[1] != "dsn" {
			continue
		}
		switch {
		case strings.HasPrefix(m[2], "2."):
			return seedtest.OutcomeAccepted
		case strings.HasPrefix(m[2], "4."):
			return seedtest.OutcomeDeferred
		case strings.HasPrefix(m[2], "5."):
			return seedtest.OutcomeRefused
		}
	}
	return f.Status[word]
}

func (f *format) sendmailFields(e *Event, p *Parser, h head, fields string) {
	for _, m := range sendmailField.FindAllStringSubmatch(fields, -1) {
		switch m[1] {
		case "delay":
			e.Delay = duration(m[2])
		case "xdelay":
			e.Transfer = duration(m[2])
		case "mailer":
			e.Via = f.via(m[2])
		case "relay":
			if r := sendmailRelay.FindStringSubmatch(m[2]); r != nil {
				e.Remote = server(r[1], r[2], "")
			} else {
				e.Remote = strings.TrimSuffix(m[2], ".")
			}
			host, _, _ := strings.Cut(e.Remote, "[")
			e.TLS = p.tlsOf("sendmail "+h.pid+" "+host, e.QueueID, h.when)
		}
	}
}
