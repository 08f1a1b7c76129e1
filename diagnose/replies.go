package diagnose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// anyProvider is the provider of rules that hold for every server.
const anyProvider = "any"

// Breaker returns why this reply means rate, volume or reputation trouble, for which rule 22 stops
// a route's mail to a provider for a day: "reputation: ...". It is empty where the reply means
// something else (greylisting, an unknown user, a missing SPF record) or where no rule knows it.
func Breaker(r seedtest.Reply) string {
	if r.Code < 400 || r.Code > 599 {
		return ""
	}
	b := theBook()
	rule := b.reply(r)
	if rule == nil || rule.Breaker == "" {
		return ""
	}
	return rule.Breaker + ": " + b.causes[rule.Cause].Plain
}

// reply returns the rule that knows a reply best, or nil. Where a relay quotes the next hop, what
// that one said counts first, because a relay puts codes of its own before it.
func (b *book) reply(r seedtest.Reply) *replyRule {
	if quoted, ok := quotedReply(r.Text); ok {
		if rule := b.own(quoted); rule != nil {
			return rule
		}
	}
	return b.own(r)
}

// saysNext is how relays quote the next hop: Postfix "host mx[192.0.2.1] said: 550-5.7.1 No", Exim
// "host mx [192.0.2.1]: 550 5.7.1 No".
var saysNext = regexp.MustCompile(
	`(?i)\bhost \S+ ?\[[0-9a-f.:]+\](?:: | said: )` +
		`([45][0-9]{2})[ -](?:([45]\.[0-9]{1,3}\.[0-9]{1,3}) )?(.*)`)

func quotedReply(text string) (seedtest.Reply, bool) {
	m := saysNext.FindStringSubmatch(joined(text))
	if m == nil {
		return seedtest.Reply{}, false
	}
	code, err := strconv.Atoi(m[1])
	return seedtest.Reply{Code: code, Enhanced: m[2], Text: m[3]}, err == nil
}

// own looks a reply up without regard to what it quotes: a rule of the provider that left its mark
// in the text, else one for any provider.
func (b *book) own(r seedtest.Reply) *replyRule {
	code, text, said := strconv.Itoa(r.Code), joined(r.Text), b.said()
	marked := map[string]bool{}
	for _, m := range said.marks {
		if m.Mark.matches(text) {
			marked[m.ID] = true
		}
	}
	for _, own := range []bool{true, false} {
		for i := range said.rules {
			p := &said.rules[i]
			if own != (p.Provider != anyProvider) || own && !marked[p.Provider] {
				continue
			}
			if p.Code.matches(code) && p.Enh.matches(r.Enhanced) && p.Text.matches(text) {
				return p
			}
		}
	}
	return nil
}

// joined makes one line of a reply's lines.
func joined(text string) string { return strings.Join(strings.Fields(text), " ") }

// replyText writes a reply as one line, codes first.
func replyText(r seedtest.Reply) string {
	text := strconv.Itoa(r.Code)
	if r.Enhanced != "" {
		text += " " + r.Enhanced
	}
	return text + " " + joined(r.Text)
}

// answer is a reply about a probe, and the field it was read from.
type answer struct {
	seedtest.Reply
	field string
}

// answers returns the unfriendly replies about a probe: the route's own, the next hop's, and those
// that delivery reports quote.
func (o *observed) answers() []answer {
	list := slices.Clone(o.earlier)
	if sub := o.Submission(); sub != nil && sub.Reply != nil && sub.Reply.Code >= 400 {
		list = append(list, answer{*sub.Reply, "reply"})
	}
	for _, r := range o.Relayed {
		if r.Reply != nil && r.Outcome != seedtest.OutcomeAccepted {
			list = append(list, answer{*r.Reply, r.Source})
		}
	}
	for _, b := range o.Bounces {
		if o.heeds(b) {
			list = append(list, answer{diagnostic(b), "Diagnostic-Code"})
		}
	}
	return list
}

// heeds reports whether a delivery report speaks of what became of the probe. One that says failed
// of what was seen, or that may be about a copy while the message is awaited, does not.
func (o *observed) heeds(b seedtest.Bounce) bool {
	place := o.Placements.Current
	switch {
	case b.Vague():
		return b.Failed() && place == seedtest.Bounced
	case b.Failed():
		return !place.Seen()
	}
	return strings.EqualFold(b.Action, "delayed")
}

// reportedReply is how a delivery report quotes a reply.
var reportedReply = regexp.MustCompile(
	`^([245][0-9]{2})(?:[ -]|$)(?:([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$))?(.*)$`)

// diagnostic reads the reply in a delivery report (RFC 3464 section 2.3.6): "smtp; 550 5.1.1 ...".
func diagnostic(b seedtest.Bounce) seedtest.Reply {
	text := joined(b.Diagnostic)
	kind, rest, ok := strings.Cut(text, ";")
	if ok && strings.EqualFold(strings.TrimSpace(kind), "smtp") {
		text = strings.TrimSpace(rest)
	}
	r := seedtest.Reply{Enhanced: b.Status, Text: text}
	if m := reportedReply.FindStringSubmatch(text); m != nil {
		r.Code, _ = strconv.Atoi(m[1]) // three digits
		r.Text = m[3]
		if m[2] != "" {
			r.Enhanced = m[2]
		}
	}
	if r.Code == 0 {
		r.Code = b.Code // of a reply that stands within the text
	}
	if r.Code == 0 && len(r.Enhanced) > 0 {
		r.Code = map[byte]int{'4': 450, '5': 550}[r.Enhanced[0]]
	}
	return r
}
