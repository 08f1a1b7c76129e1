package seedtest

import (
	"slices"
	"strconv"
	"strings"
)

// Reportable is a message whose delivery reports are awaited.
type Reportable struct {
	Dispatch   DispatchID
	Token      Token
	EnvelopeID string // the ENVID that it was sent with; empty: none, or the token
	MessageID  string // without angle brackets
	Probes     []ReportableProbe
}

// ReportableProbe is one recipient of a Reportable.
type ReportableProbe struct {
	Probe   ProbeID
	Address string
}

// JoinedBy says by what a delivery report named a message of ours.
type JoinedBy string

// What a report may name a message by, best first.
const (
	JoinedByEnvelopeID JoinedBy = "envelope id" // Original-Envelope-Id (RFC 3464 section 2.2.1)
	JoinedByMessageID  JoinedBy = "message-id"  // of the message that it quotes or answers
	JoinedByReference  JoinedBy = "reference"   // among several that it refers to
	JoinedByTag        JoinedBy = "tag"         // in any other field or line that it quotes
	JoinedByAddress    JoinedBy = "address"     // the envelope sender that it went to has the tag
	JoinedBySubject    JoinedBy = "subject"     // the reference in the subject
)

// The actions of reports (RFC 3464 section 2.3.3).
const (
	actionFailed    = "failed"
	actionDelayed   = "delayed"
	actionDelivered = "delivered"
	actionRelayed   = "relayed"
)

// mostReported is how many recipients of one report are told beyond those that a message has.
const mostReported = 8

// JoinReport returns what a delivery report says of the messages that were sent: a Bounce for each
// recipient whom it calls failed, delayed or expanded, a Relayed for each whom it calls delivered or
// relayed. A report that speaks of a message of ours, but of nobody it was sent to, gives a Bounce
// without a probe, which decides nothing. There is nothing of a report that names no message, or two.
func JoinReport(r DeliveryReport, sent []Reportable) []FactBody {
	m, by := r.message(sent)
	if m == nil {
		return nil
	}
	var facts []FactBody
	for _, to := range r.Recipients {
		if p, w := m.probe(to); w != nobodys {
			if x := r.fact(m, p, w, to, by); !told(facts, x) {
				facts = append(facts, x)
			}
		}
		if len(facts) == len(m.Probes)+mostReported {
			break
		}
	}
	if len(facts) > 0 {
		return facts
	}
	var first ReportedRecipient
	if len(r.Recipients) > 0 {
		first = r.Recipients[0]
	}
	return []FactBody{r.bounce(m, ReportableProbe{}, nobodys, first, by)}
}

// message returns the message that a report names, and by what; nil if it names none or several.
func (r DeliveryReport) message(sent []Reportable) (*Reportable, JoinedBy) {
	m, by, several := only(sent, r.names)
	if m == nil && !several {
		words := wordsIn(r.Original.Subject + " " + r.Subject)
		m, by, _ = only(sent, func(m *Reportable) JoinedBy {
			if ref := m.Token.Ref(); ref != "" && slices.Contains(words, ref) {
				return JoinedBySubject
			}
			return ""
		})
	}
	return m, by
}

// only returns the one message that is named.
func only(
	sent []Reportable, names func(*Reportable) JoinedBy,
) (m *Reportable, by JoinedBy, several bool) {
	for i := range sent {
		if named := names(&sent[i]); named != "" {
			if m != nil && m.Dispatch != sent[i].Dispatch {
				return nil, "", true
			}
			m, by = &sent[i], named
		}
	}
	return m, by, false
}

// names says by what a report names a message, but for the subject; "" if it does not.
func (r DeliveryReport) names(m *Reportable) JoinedBy {
	isTag := func(s string) bool { return m.Token != "" && strings.EqualFold(s, string(m.Token)) }
	isID := func(s string) bool { return m.MessageID != "" && strings.EqualFold(s, m.MessageID) }
	envelope := strings.Trim(fromXtext(r.EnvelopeID), "<> ")
	switch {
	case envelope != "" && (isTag(envelope) || strings.EqualFold(envelope, m.EnvelopeID)):
		return JoinedByEnvelopeID
	case isID(r.Original.MessageID):
		return JoinedByMessageID
	case slices.ContainsFunc(r.Refers, isID):
		return JoinedByReference
	case isTag(r.Original.EntityRef), m.Token != "" && slices.Contains(r.Tokens, m.Token):
		return JoinedByTag
	case m.Token != "" && strings.Contains(strings.ToLower(r.To), string(m.Token)):
		return JoinedByAddress
	}
	return ""
}

// whose says to whom a recipient of a report belongs.
type whose uint8

const (
	nobodys  whose = iota
	theProbe       // it is the probe's address
	anAlias        // the report says that the probe's address led there
	another        // the message had one recipient, and went on to this address by some way
)

// probe returns the probe that a recipient of a report belongs to.
func (m *Reportable) probe(to ReportedRecipient) (ReportableProbe, whose) {
	if p := m.probeAt(to.Address); p != nil {
		return *p, theProbe
	}
	if p := m.probeAt(to.Original); p != nil {
		if to.Address == "" {
			return *p, theProbe
		}
		return *p, anAlias
	}
	switch {
	case len(m.Probes) != 1:
		return ReportableProbe{}, nobodys
	case to.Address == "" && to.Original == "":
		return m.Probes[0], theProbe
	}
	return m.Probes[0], another
}

// probeAt returns the probe whose address a report states, nil if there is none or nobody can tell
// which. Reports write addresses as they like: with a type, in xtext, in another case, with or
// without a "+suffix".
func (m *Reportable) probeAt(reported string) *ReportableProbe {
	_, bare, typed := strings.Cut(reported, ";")
	if !typed {
		bare = reported
	}
	bare = strings.Trim(bare, " \t<>")
	if bare == "" {
		return nil
	}
	for _, form := range []func(string) string{strings.ToLower, unsuffixed} {
		var found []*ReportableProbe
		for i := range m.Probes {
			if a := form(m.Probes[i].Address); a != "" && (a == form(bare) || a == form(fromXtext(bare))) {
				found = append(found, &m.Probes[i])
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return nil
}

// unsuffixed is an address in lower case without what stands behind a "+" in its local part.
func unsuffixed(address string) string {
	address = strings.ToLower(address)
	at := strings.LastIndexByte(address, '@')
	if plus := strings.IndexByte(address, '+'); plus > 0 && plus < at {
		return address[:plus] + address[at:]
	}
	return address
}

// fromXtext decodes xtext (RFC 3461 section 4). What is none stays as it is.
func fromXtext(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil && n > ' ' && n < 0x7f {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// wordsIn splits a text into runs of letters and digits, in lower case.
func wordsIn(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// fact makes the fact of one recipient. A delivery at which a reader has only guessed is none.
func (r DeliveryReport) fact(
	m *Reportable, p ReportableProbe, w whose, to ReportedRecipient, by JoinedBy,
) FactBody {
	if (to.Action == actionDelivered || to.Action == actionRelayed) && !r.Guessed {
		return r.relayed(m, p, w, to, by)
	}
	return r.bounce(m, p, w, to, by)
}
