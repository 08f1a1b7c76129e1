package analyze

import (
	"strings"

	"seedtest"
	"seedtest/header"
)

// formStandard is the Form of a report whose recipients stand in fields of RFC 3464.
const formStandard = "rfc3464"

// maxWrapped is how many reports may stand in one another: gateways send on the report that they
// were given as an attachment of one of their own.
const maxWrapped = 2

// readReport reads a delivery report, or returns nil if a message is none: reports of abuse,
// receipts, but for those by which a server refuses, and replies of absent people are none. An
// action or a status that the report does not state is left empty or follows from the reply that it
// quotes; none is made up.
func readReport(h header.Header, raw []byte) *seedtest.DeliveryReport {
	s := suspect(h)
	if s == unsuspected {
		return nil
	}
	return openReport(h, raw, s, maxWrapped)
}

func openReport(h header.Header, raw []byte, s suspicion, depth int) *seedtest.DeliveryReport {
	n := openNotice(h, raw)
	n.declared = s == declared
	if n.other || s != declared && isAnswer(n.subject) {
		return nil
	}
	r := &seedtest.DeliveryReport{Form: formStandard}
	status, ok := n.statusText()
	if ok {
		readGroups(r, status)
	} else {
		readNotification(r, n)
	}
	var d *dialect
	if r.Form == formStandard && needsText(r) {
		d = addTexts(r, n)
	}
	if len(r.Recipients) == 0 && !n.receipt {
		if inner := n.wrapped(depth); inner != nil {
			addNaming(inner, n)
			return inner
		}
		addNamed(r, d, n)
	}
	if len(r.Recipients) == 0 && (n.receipt || s != declared && !ok) {
		return nil
	}
	finish(r, n)
	addNaming(r, n)
	r.Guessed = isAnswer(n.subject) ||
		!n.declared && d != nil && d.Status == guess && r.Form == d.ID
	return r
}

// isAnswer reports whether a subject is that of an answer or of a message sent on by a person.
func isAnswer(subject string) bool {
	for _, mark := range []string{"re:", "fw:", "fwd:", "aw:", "wg:"} {
		if len(subject) >= len(mark) && strings.EqualFold(subject[:len(mark)], mark) {
			return true
		}
	}
	return false
}

// needsText reports whether the fields leave something for the text to tell.
func needsText(r *seedtest.DeliveryReport) bool {
	for _, to := range r.Recipients {
		if to.Diagnostic == "" || to.Address == "" {
			return true
		}
	}
	return len(r.Recipients) == 0
}

// maxTried is how many dialects one report is read in. Few texts fit more than three.
const maxTried = 6

// addTexts reads the text in the first dialect that fits, and in the next ones while nobody is
// named. It returns the one that counts, or nil if none fits.
func addTexts(r *seedtest.DeliveryReport, n *notice) *dialect {
	var first *dialect
	tried := 0
	for _, d := range dialects().Dialect {
		if tried == maxTried || !d.fits(n) {
			continue
		}
		addText(r, d, n)
		if len(r.Recipients) > 0 {
			return d
		}
		if tried++; first == nil {
			first = d
		}
	}
	return first
}

// addText takes from the text what the fields do not say.
func addText(r *seedtest.DeliveryReport, d *dialect, n *notice) {
	found := d.read(n)
	if len(r.Recipients) == 0 {
		r.Recipients = found
		if len(found) > 0 {
			r.Form = d.ID
		}
		return
	}
	if d.Status == guess {
		return
	}
	for i := range r.Recipients {
		to := &r.Recipients[i]
		if to.Address == "" && len(found) == len(r.Recipients) {
			to.Address = found[i].Address
		}
		for _, f := range found {
			if strings.EqualFold(to.Address, f.Address) {
				addDiagnostic(to, f)
			}
		}
	}
	if len(r.Recipients) == 1 {
		var all seedtest.ReportedRecipient
		d.tell(&all, d.reason(n.said))
		addDiagnostic(&r.Recipients[0], all)
	}
}

// guess is the status of a dialect whose word does not count beside fields.
const guess = "guess"

// addDiagnostic takes the diagnostic of a recipient that has none from another reading.
func addDiagnostic(to *seedtest.ReportedRecipient, from seedtest.ReportedRecipient) {
	if to.Diagnostic != "" || from.Diagnostic == "" {
		return
	}
	to.Diagnostic, to.Code = from.Diagnostic, from.Code
	setOnce(&to.RemoteMTA, from.RemoteMTA)
	setOnce(&to.Status, from.Status)
}

// addNamed takes the recipients from X-Failed-Recipients, which Exim and Google write. Where a
// known dialect names nobody, the message that it returns may have gone to one address only.
func addNamed(r *seedtest.DeliveryReport, d *dialect, n *notice) {
	diagnostic, action := "", "failed"
	if d != nil {
		diagnostic, action = d.reason(n.said), d.action(n)
	}
	names := n.failed()
	if to := n.addressee(); len(names) == 0 && d != nil && to != "" {
		names = []string{to}
		r.Problems = append(r.Problems, fromOriginal)
	}
	for _, name := range names {
		to := seedtest.ReportedRecipient{Address: bareAddress(name), Action: action,
			Diagnostic: diagnostic}
		complete(&to)
		r.Recipients = append(r.Recipients, to)
	}
	if d != nil && len(names) > 0 {
		r.Form = d.ID
	}
}

// finish adds what is said of the message that the report is about.
func finish(r *seedtest.DeliveryReport, n *notice) {
	id := r.Original.MessageID
	r.Original = n.original
	setOnce(&r.Original.MessageID, id)
	for _, name := range []string{"In-Reply-To", "References"} {
		if f, ok := n.h.Get(name); ok && strings.Count(f.Value, "<") == 1 {
			setOnce(&r.Original.MessageID, bareAddress(f.Value))
		}
	}
	switch {
	case n.empty:
		r.Problems = append(r.Problems, "the body is not there")
	case len(r.Recipients) == 0:
		r.Problems = append(r.Problems, "the report names no recipient")
	}
	if n.cut {
		r.Problems = append(r.Problems, "the report is larger than is read")
	}
	if len(r.Recipients) == maxRecipients {
		r.Problems = append(r.Problems, "there may be more recipients than are read")
	}
	for i := range r.Recipients {
		if r.Recipients[i].Action == "" {
			r.Recipients[i].Action = n.impliedAction(r.Recipients[i])
		}
	}
	if len(r.Recipients) == 1 {
		nameSingle(r, n)
	}
}

// nameSingle finds the address of a single recipient for whom the fields give none: Exim writes the
// file where a mailbox lies, and beside it the address that led there; others leave it out.
func nameSingle(r *seedtest.DeliveryReport, n *notice) {
	to := &r.Recipients[0]
	if names := n.failed(); len(names) == 1 && !strings.Contains(to.Address, "@") {
		to.Address = names[0]
	}
	if only := n.addressee(); to.Address == "" && only != "" {
		to.Address = only
		r.Problems = append(r.Problems, fromOriginal)
	}
}

// fromOriginal is the problem of a recipient that no report names.
const fromOriginal = "the report names no recipient: taken from the original"
