package maillog

import (
	"regexp"
	"strings"

	"seedtest"
)

// The lines of Exim's main log. A message id has 16 or 23 characters (since 4.97).
var (
	eximLine  = regexp.MustCompile(`^(?:\[\d+\] )?([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) (.*)$`)
	eximID    = regexp.MustCompile(` id=(\S+)`)
	eximField = regexp.MustCompile(` ([A-Z]{1,3})=("(?:[^"\\]|\\.)*"|\S+)`)
	eximHost  = regexp.MustCompile(` H=(\S+) \[([^\]]+)\](?::(\d+))?`)
	eximState = regexp.MustCompile(`(?: defer \(-?\d+\)[^:]*|\]|\S): (.*)$`)
	// Times come last, also behind words.
	eximTimes = regexp.MustCompile(`(?: (?:QT|DT)=[0-9dhms.]+)+$`)
	// A reply of several lines stands in one, with the codes of each.
	eximMore = regexp.MustCompile(`\\n[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3} )?`)
)

// blackhole is the address whose mail is thrown away.
const blackhole = ":blackhole:"

func exim(f *format, p *Parser, h head) (Event, bool) {
	text := h.text
	if h.program != "" { // by syslog; Exim may repeat its own stamp there
		_, text = p.stamp(text)
	}
	m := eximLine.FindStringSubmatch(text)
	if m == nil {
		return Event{}, false
	}
	e := Event{QueueID: m[1]}
	flag, rest, _ := strings.Cut(m[2], " ")
	switch flag {
	case "<=":
		id := eximID.FindStringSubmatch(rest)
		if id == nil {
			return e, false
		}
		e.Kind, e.MessageID = Named, strings.Trim(id[1], "<>")
		return e, true
	case "Completed":
		e.Kind = Finished
		return e, true
	}
	outcome, known := f.Status[flag]
	if !known || strings.Contains(rest, ": retry time not reached") {
		return e, false // no try was made
	}
	e.Kind, e.Outcome = Handed, outcome
	f.eximDelivery(&e, rest)
	return e, true
}

// eximDelivery reads what follows the flag of a delivery: the address as it was delivered to, the
// original one in angle brackets where they differ, and fields.
func (f *format) eximDelivery(e *Event, rest string) {
	address, fields := eximAddress(rest)
	bare := strings.HasSuffix(address, ":") && address != blackhole
	if e.To = address; bare {
		e.To = strings.TrimSuffix(address, ":")
	}
	if original, ok := strings.CutPrefix(fields, " <"); ok {
		e.For, fields, _ = strings.Cut(original, ">")
	}
	if m := eximHost.FindStringSubmatch(fields); m != nil {
		e.Remote = server(m[1], m[2], m[3])
	}
	for _, m := range eximField.FindAllStringSubmatch(fields, -1) {
		value := strings.TrimSuffix(m[2], ":") // of the field before words
		if inner, quoted := strings.CutPrefix(value, `"`); quoted {
			value = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `\"`, `"`)
		}
		f.eximField(e, m[1], value)
	}
	switch {
	case e.To == blackhole:
		e.Via = seedtest.ViaDiscard
	case strings.HasPrefix(e.To, "|"):
		e.Via = seedtest.ViaProgram
	}
	if e.Reply == nil && e.Outcome != seedtest.OutcomeAccepted {
		if bare {
			e.said(strings.TrimSpace(fields))
		} else if m := eximState.FindStringSubmatch(fields); m != nil {
			e.said(m[1])
		}
	}
}

// eximAddress cuts the address off, which may hold spaces within quotes.
func eximAddress(s string) (address, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ' ':
			if !quoted {
				return s[:i], s[i:]
			}
		}
	}
	return s, ""
}

func (f *format) eximField(e *Event, name, value string) {
	switch name {
	case "T":
		e.Via = f.via(value)
	case "C":
		if e.Reply = reply(eximMore.ReplaceAllString(value, "\n")); e.Reply == nil {
			e.Said = value
		}
	case "QT":
		e.Delay = duration(value)
	case "DT":
		e.Transfer = duration(value)
	case "X":
		version, rest, _ := strings.Cut(value, ":")
		cipher, _, _ := strings.Cut(rest, ":")
		e.TLS = &seedtest.RelayTLS{Version: version, Cipher: cipher}
	case "CV":
		if e.TLS != nil {
			e.TLS.Trust = "CV=" + value
		}
	}
}

// said takes a server's words: the next hop's reply if there is one in them.
func (e *Event) said(words string) {
	words = eximTimes.ReplaceAllString(words, "")
	words = eximMore.ReplaceAllString(words, "\n")
	if e.Reply = replyWithin(words); e.Reply == nil {
		e.Said = words
	}
}
