package analyze

import (
	"bytes"
	"strings"

	"seedtest"
	"seedtest/header"
)

// notice is a message that may be a report, taken apart.
type notice struct {
	h         header.Header
	subject   string
	from      string
	said      string   // what the mail system says in words, without the original
	squeezed  string   // its beginning, in lower case, every run of blanks and line ends one blank
	status    string   // the fields of RFC 3464, if there are any
	announced string   // the line behind which the original is quoted
	enclosed  string   // the original, or its header, as it is attached or quoted
	texts     []string // all of it, part by part
	original  seedtest.OriginalMessage
	sender    string // From of the original
	shared    bool   // the original went to others than those in its To
	declared  bool   // it says itself that it is a report
	other     bool   // a report of another kind: abuse
	receipt   bool   // it has the form of a receipt
	empty     bool   // only a head was given
	cut       bool
}

// maxSqueezed is how much of what is said is searched for the sentences that tell dialects apart.
const maxSqueezed = 16 << 10

// eximSubject is how Exim's warnings, which quote nothing, tell of which message they are.
const eximSubject = "The subject of the message is:"

func openNotice(h header.Header, raw []byte) *notice {
	n := &notice{h: h, subject: fieldText(h, "Subject"), from: fieldText(h, "From")}
	body := raw[h.Body:]
	n.empty = len(bytes.TrimSpace(body)) == 0
	if len(body) > maxReport {
		body, n.cut = body[:maxReport], true
	}
	u := unpacker{cut: n.cut}
	u.open(h, lineFeeds(body), 0)
	n.cut = u.cut
	n.sort(u.parts)
	n.quoted()
	n.original, n.sender, n.shared = readOriginal(n.enclosed)
	if n.original == (seedtest.OriginalMessage{}) {
		n.original, _, n.shared = readOriginal(toldFields(n.said))
	}
	if i := lineWith(n.said, eximSubject); i >= 0 {
		line, _, _ := strings.Cut(n.said[i+len(eximSubject):], "\n")
		setOnce(&n.original.Subject, decoded(strings.TrimSpace(line)))
	}
	n.squeezed = strings.ToLower(squeezeBlanks(n.said[:min(len(n.said), maxSqueezed)] + n.announced))
	return n
}

func fieldText(h header.Header, name string) string {
	f, _ := h.Get(name)
	return decoded(f.Value)
}

// sort tells the parts apart: what is said, the fields, the original.
func (n *notice) sort(parts []leaf) {
	var html string
	for _, p := range parts {
		n.texts = append(n.texts, p.text)
		switch p.kind {
		case "message/feedback-report":
			n.other = true
		case "message/disposition-notification", "message/global-disposition-notification":
			n.receipt = true
		case "message/delivery-status", "message/global-delivery-status":
			n.status += "\n\n" + p.text
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
			"message/global-headers", "message/partial":
			setOnce(&n.enclosed, p.text)
		case "text/html":
			setOnce(&html, p.text)
		case "text/plain":
			n.addText(p.text)
		default:
			if hasStatus(p.text) {
				n.addText(p.text)
			}
		}
	}
	if strings.TrimSpace(n.said) == "" {
		n.said = html
	}
}

// addText takes a part in words. Some attach the header of the original as plain text.
func (n *notice) addText(text string) {
	if n.said != "" && n.enclosed == "" && startsWithFields(text) && !hasStatus(text) {
		n.enclosed = text
		return
	}
	n.said += text + "\n\n"
}

// startsWithFields reports whether a text begins as the header of a message that has been on its
// way.
func startsWithFields(text string) bool {
	text = strings.TrimLeft(text, "\n ")
	return hasPrefixFold(text, "Received:") || hasPrefixFold(text, "Return-Path:")
}

// quoted cuts the original off what is said: behind a line that announces it, or at a line that can
// only be its first.
func (n *notice) quoted() {
	marks := dialects().Original
	for at := 0; at < len(n.said); {
		line, _, _ := strings.Cut(n.said[at:], "\n")
		next := min(at+len(line)+1, len(n.said))
		announced := announces(line, marks)
		if announced || at > 0 && startsWithFields(line) {
			rest := n.said[at:]
			if announced {
				rest, n.announced = n.said[next:], line
			}
			n.said = n.said[:at]
			setOnce(&n.enclosed, rest)
			return
		}
		at = next
	}
}

// announces reports whether a line says that the original follows.
func announces(line string, marks []string) bool {
	if len(line) < 10 || len(line) > 200 || line[0] == '>' {
		return false
	}
	for _, mark := range marks {
		if containsFold(line, mark) {
			return true
		}
	}
	return false
}

// statusText returns the fields of RFC 3464, wherever they stand.
func (n *notice) statusText() (string, bool) {
	if n.status != "" {
		return n.status, true
	}
	for _, name := range []string{"Reporting-MTA:", "Final-Recipient:", "Original-Envelope-Id:"} {
		if i := lineWith(n.said, name); i >= 0 && hasStatus(n.said[i:]) {
			return n.said[i:], true
		}
	}
	return "", false
}

// hasStatus reports whether a text holds the fields that every report in fields has.
func hasStatus(text string) bool {
	return lineWith(text, "Final-Recipient:") >= 0 && lineWith(text, "Action:") >= 0
}

// lineWith returns where the first line begins that begins with a field's name, or -1.
func lineWith(text, name string) int {
	for at := 0; at < len(text); {
		if hasPrefixFold(text[at:], name) {
			return at
		}
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	return -1
}

// wrapped returns the report that this one encloses instead of an original.
func (n *notice) wrapped(depth int) *seedtest.DeliveryReport {
	text := strings.TrimLeft(n.enclosed, "\n -=_")
	if depth == 0 || text == "" {
		return nil
	}
	raw := []byte(text)
	h := header.Parse(raw)
	s := suspect(h)
	if s == unsuspected {
		return nil
	}
	r := openReport(h, raw, s, depth-1)
	if r == nil || len(r.Recipients) == 0 {
		return nil
	}
	r.Problems = append(r.Problems, "another report encloses it")
	return r
}

// failed returns the addresses of the X-Failed-Recipients fields.
func (n *notice) failed() []string {
	var list []string
	for f := range n.h.All("X-Failed-Recipients") {
		for address := range strings.SplitSeq(f.Value, ",") {
			if address = strings.TrimSpace(address); address != "" && len(list) < maxRecipients {
				list = append(list, address)
			}
		}
	}
	return list
}

// addressee returns the only address that the original went to, or "".
func (n *notice) addressee() string {
	if to := n.original.To; !n.shared && strings.Count(to, "@") == 1 {
		return to
	}
	return ""
}

// isSender reports whether an address is the one that the report went to or that the original came
// from: guesses leave it out.
func (n *notice) isSender(address string) bool {
	f, ok := n.h.Get("To")
	return ok && containsFold(f.Value, address) || containsFold(n.sender, address)
}

// impliedAction is the action where none is stated: a report of delay says so in its words, and all
// others are about failure, but for those whose status is one of success.
func (n *notice) impliedAction(to seedtest.ReportedRecipient) string {
	switch {
	case strings.HasPrefix(to.Status, "2."):
		return "delivered"
	case !to.WillRetry.IsZero() || dialects().delays(n.subject+" "+n.squeezed):
		return "delayed"
	}
	return "failed"
}

// squeezeBlanks makes every run of blanks and line ends one blank.
func squeezeBlanks(s string) string { return strings.Join(strings.Fields(s), " ") }
