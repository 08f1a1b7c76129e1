package maillog

import (
	"regexp"
	"strings"

	"seedtest"
)

// The lines of Haraka. Those of the outbound part bear the transaction's UUID, by which the accepting
// reply names the message, and the number of the copy.
var (
	harakaLine    = regexp.MustCompile(`^ *\[[A-Z]+\] \[([0-9A-F-]{36}\.\d+)(?:\.\d+)*\] \[outbound\] +(.*)$`)
	harakaField   = regexp.MustCompile(`\b(host|ip|port|mode|response|delay|tls)=("(?:[^"\\]|\\.)*"|\S+)`)
	harakaBusy    = regexp.MustCompile(`^Temp failing \S+ for [\d.]+ seconds: (.*)$`)
	harakaRefused = regexp.MustCompile(`^recipient <([^>]*)> rejected: (.*)$`)
)

func haraka(f *format, p *Parser, h head) (Event, bool) {
	m := harakaLine.FindStringSubmatch(h.text)
	if m == nil {
		return Event{}, false
	}
	e, text := Event{Kind: Handed, QueueID: m[1], Via: "smtp"}, m[2]
	switch {
	case strings.HasPrefix(text, "delivered file="):
		e.Outcome = seedtest.OutcomeAccepted
		harakaDelivered(&e, text)
	case strings.HasPrefix(text, "bouncing mail: "):
		e.Outcome = seedtest.OutcomeRefused
		e.said(strings.TrimPrefix(text, "bouncing mail: "))
	default:
		if m := harakaBusy.FindStringSubmatch(text); m != nil {
			e.Outcome = seedtest.OutcomeDeferred
			e.said(m[1])
		} else if m := harakaRefused.FindStringSubmatch(text); m != nil {
			e.Outcome, e.To = seedtest.OutcomeRefused, m[1]
			e.said(m[2])
		} else {
			return e, false
		}
	}
	return e, true
}

func harakaDelivered(e *Event, text string) {
	var host, ip, port string
	for _, m := range harakaField.FindAllStringSubmatch(text, -1) {
		value := strings.Trim(m[2], `"`)
		switch m[1] {
		case "host":
			host = value
		case "ip":
			ip = value
		case "port":
			port = value
		case "mode":
			e.Via = seedtest.Via(strings.ToLower(value))
		case "delay":
			e.Delay = duration(value)
		case "response":
			if e.Reply = reply(value); e.Reply == nil {
				e.Said = value // Haraka leaves the code out: it is 250 by RFC 5321, and not on record
			}
		}
	}
	e.Remote = server(host, ip, port)
}
