package maillog

import (
	"regexp"
	"strings"
	"time"

	"seedtest"
)

// The lines of Postfix. A queue id is short (hexadecimal) or long (letters and digits without
// vowels, since 2.9).
var (
	postfixID    = regexp.MustCompile(`^([0-9A-F]{6,20}|[0-9A-Za-z]{10,25}): `)
	postfixGiven = regexp.MustCompile(`^(\S+) TLS connection (?:established|reused) to ` +
		`(\S+?\[[^\]]*\](?::\d+)?)\S*: (TLSv[0-9.]+|SSLv\d) with cipher (\S+)`)
	postfixTo    = regexp.MustCompile(`^to=<([^>]*)>, (?:orig_to=<([^>]*)>, )?relay=([^,]+), `)
	postfixState = regexp.MustCompile(`\bstatus=([a-zA-Z-]+)(?: \((.*)\))?$`)
	postfixGone  = regexp.MustCompile(`^from=<[^>]*>, status=expired, `)
	postfixRelay = regexp.MustCompile(`^(\S+?)\[([^\]]+)\](?::(\d+))?$`)
	delayField   = regexp.MustCompile(`\bdelay=([0-9.]+)`)
	delaysField  = regexp.MustCompile(`\bdelays=[0-9.]+/[0-9.]+/([0-9.]+)/([0-9.]+)`)
	dsnField     = regexp.MustCompile(`\bdsn=([245]\.\d{1,3}\.\d{1,3})`)
)

func postfix(f *format, p *Parser, h head) (Event, bool) {
	program := h.program[strings.LastIndexByte(h.program, '/')+1:]
	if m := postfixGiven.FindStringSubmatch(h.text); m != nil {
		if program == "smtp" || program == "lmtp" {
			p.tls.put("postfix "+h.pid+" "+m[2],
				session{RelayTLS: seedtest.RelayTLS{Version: m[3], Cipher: m[4], Trust: m[1]}})
		}
		return Event{}, false
	}
	m := postfixID.FindStringSubmatch(h.text)
	if m == nil {
		return Event{}, false
	}
	e, rest := Event{QueueID: m[1]}, h.text[len(m[0]):]
	switch {
	case program == "cleanup":
		id, ok := strings.CutPrefix(rest, "message-id=")
		e.Kind, e.MessageID = Named, strings.Trim(strings.TrimSpace(id), "<>")
		return e, ok && e.MessageID != ""
	case program == "qmgr" && rest == "removed":
		e.Kind = Finished
		return e, true
	case program == "qmgr" && postfixGone.MatchString(rest):
		e.Kind, e.Outcome = Handed, seedtest.OutcomeRefused
		e.Said = "expired in the queue, returned to sender"
		return e, true
	}
	return f.postfixDelivery(p, h, e, program, rest)
}

// postfixDelivery reads the line of one delivery: to whom, by which relay, and how it ended.
func (f *format) postfixDelivery(p *Parser, h head, e Event, program, rest string) (Event, bool) {
	to, state := postfixTo.FindStringSubmatch(rest), postfixState.FindStringSubmatch(rest)
	if to == nil || state == nil {
		return e, false
	}
	outcome, known := f.Status[state[1]]
	if !known {
		return e, false // an address that is only verified
	}
	e.Kind, e.To, e.For, e.Outcome, e.Via = Handed, to[1], to[2], outcome, f.via(program)
	if r := postfixRelay.FindStringSubmatch(to[3]); r != nil {
		e.Remote = server(r[1], r[2], r[3])
		e.TLS = p.tlsOf("postfix "+h.pid+" "+to[3], e.QueueID, h.when)
	} else if to[3] != "none" {
		e.Remote = to[3]
	}
	if m := delayField.FindStringSubmatch(rest); m != nil {
		e.Delay = duration(m[1])
	}
	if m := delaysField.FindStringSubmatch(rest); m != nil {
		e.Transfer = (duration(m[1]) + duration(m[2])).Round(time.Microsecond)
	}
	if e.Reply = postfixReply(state[2]); e.Reply == nil {
		e.Said = state[2]
		if m := dsnField.FindStringSubmatch(rest); m != nil {
			e.Said = strings.TrimSpace(m[1] + " " + e.Said)
		}
	}
	return e, true
}

// postfixReply is the next hop's reply, word for word. What Postfix says itself, such as that a
// connection was refused, has no code, and is no reply.
func postfixReply(said string) *seedtest.Reply {
	if i := strings.Index(said, " said: "); i >= 0 && strings.HasPrefix(said, "host ") {
		said = said[i+len(" said: "):]
	}
	r := reply(said)
	if r != nil {
		r.Text = postfixCommand.ReplaceAllString(r.Text, "")
	}
	return r
}

// postfixCommand is what Postfix adds to a reply that it quotes.
var postfixCommand = regexp.MustCompile(` \(in reply to [^()]* command\)$`)
