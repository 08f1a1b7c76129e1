package analyze

import (
	"regexp"
	"strings"

	"seedtest"
)

// fits reports whether one of each kind of mark that the dialect names is there.
func (d *dialect) fits(n *notice) bool {
	return (n.declared || !d.Declared) && d.Receipt == n.receipt &&
		hasMark(d.From, n.from) && hasMark(d.Subject, n.subject) && d.fieldFits(n) &&
		(len(d.Marker) == 0 || saysAny(n.squeezed, d.Marker))
}

// hasMark reports whether a value contains one of the marks, or there are none.
func hasMark(marks []string, value string) bool {
	for _, mark := range marks {
		if containsFold(value, mark) || mark == "<>" && value == "" {
			return true
		}
	}
	return len(marks) == 0
}

func (d *dialect) fieldFits(n *notice) bool {
	for _, mark := range d.Field {
		name, value, _ := strings.Cut(mark, ": ")
		if f, ok := n.h.Get(name); ok && (value == "" || containsFold(f.Value, strings.ToLower(value))) {
			return true
		}
	}
	return len(d.Field) == 0
}

// saysAny reports whether a text, in lower case, contains one of the sentences.
func saysAny(text string, sentences []string) bool {
	for _, s := range sentences {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// read returns the recipients that the text names.
func (d *dialect) read(n *notice) []seedtest.ReportedRecipient {
	text := n.said
	if d.begin != nil {
		if at := d.begin.FindStringIndex(text); at != nil {
			text = text[at[1]:]
		}
	}
	for _, form := range d.recipients {
		found := form.FindAllStringSubmatchIndex(text, maxRecipients)
		if len(found) > 0 {
			return d.collect(n, text, form, found)
		}
	}
	return nil
}

// collect makes recipients of what a pattern found.
func (d *dialect) collect(n *notice, text string, form *regexp.Regexp, found [][]int,
) []seedtest.ReportedRecipient {
	var list []seedtest.ReportedRecipient
	seen := map[string]bool{}
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		to := seedtest.ReportedRecipient{Address: bareAddress(group(form, text, at, "address"))}
		key := strings.ToLower(to.Address)
		if key == "" || seen[key] || d.Status == guess && n.isSender(key) {
			continue
		}
		seen[key] = true
		diagnostic := group(form, text, at, "text")
		if form.SubexpIndex("text") < 0 {
			diagnostic = d.paragraph(text[at[1]:end])
		}
		if strings.TrimSpace(diagnostic) == "" && (d.Status != guess || len(found) == 1) {
			diagnostic = d.reason(n.said)
		}
		d.tell(&to, diagnostic)
		to.Action = d.action(n)
		list = append(list, to)
	}
	return list
}

// paragraph returns what stands behind a recipient up to an empty line. Where the dialect gives
// its reason elsewhere, only what follows at once counts.
func (d *dialect) paragraph(text string) string {
	if d.reasons != nil {
		text = strings.TrimPrefix(strings.TrimLeft(text, " \t"), "\n")
	} else {
		text = strings.TrimLeft(text, " \t\n")
	}
	if strings.HasPrefix(text, "\n") {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// reason returns the diagnostic that a report gives for all its recipients.
func (d *dialect) reason(text string) string {
	if d.reasons == nil {
		return ""
	}
	m := d.reasons.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return squeezeBlanks(m[d.reasons.SubexpIndex("text")])
}

// tell takes diagnostic, code, status and server out of what is said of a recipient.
func (d *dialect) tell(to *seedtest.ReportedRecipient, said string) {
	said = squeezeBlanks(said[:min(len(said), maxDiagnostic)])
	to.Diagnostic = said
	if d.detail != nil {
		if m := d.detail.FindStringSubmatch(said); m != nil {
			to.Diagnostic = m[d.detail.SubexpIndex("text")]
		}
	}
	if d.state != nil {
		if m := d.state.FindStringSubmatch(said); m != nil {
			to.Status = statusIn(m[d.state.SubexpIndex("status")])
		}
	}
	for _, form := range dialects().remotes {
		if m := form.FindStringSubmatch(to.Diagnostic); m != nil {
			to.RemoteMTA = bare(m[form.SubexpIndex("host")])
			break
		}
	}
	complete(to)
}

// action is what became of a recipient, by the sentences of the report.
func (d *dialect) action(n *notice) string {
	text := strings.ToLower(n.subject) + " " + n.squeezed
	switch {
	case saysAny(text, d.Delivered):
		return "delivered"
	case saysAny(text, d.Delayed):
		return "delayed"
	}
	return "failed"
}

// group returns what a named group of a pattern matched.
func group(form *regexp.Regexp, text string, at []int, name string) string {
	i := form.SubexpIndex(name)
	if i < 0 || at[2*i] < 0 {
		return ""
	}
	return text[at[2*i]:at[2*i+1]]
}
