package report

import (
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// summaryOf says the most important in one or two lines: what a report reports, where the message
// came from, what is said of its sender and by whom, what filters thought.
func summaryOf(a seedtest.Analysis) string {
	return joined("; ", reported(a.Report), wayWords(a), saidOfSender(a), checkedWords(a.Verified),
		filtered(a.Stamps), noted(a.Findings))
}

// reported says what became of the recipients of a delivery report.
func reported(d *seedtest.DeliveryReport) string {
	switch {
	case d == nil:
		return ""
	case len(d.Recipients) == 0:
		return "reports on a delivery and names no recipient"
	}
	x := d.Recipients[0]
	to := x.Address
	if to == "" {
		to = "somebody"
	}
	text := "reports: mail to " + to + " " + joined(" ", actionWord(x.Action), statusOf(x))
	if n := len(d.Recipients) - 1; n > 0 {
		text += ", and " + plural(n, "more recipient", "more recipients")
	}
	return text
}

// wayWords says where a message came from and how long that took. Only a provider whose fields are
// believed knows where from.
func wayWords(a seedtest.Analysis) string {
	text := "origin not known"
	known := a.Origin != nil && a.Origin.IP.IsValid()
	if known {
		text = "from " + address(a.Origin.IP)
	}
	if len(a.Hops) == 0 {
		return text + ", no Received field"
	}
	way := plural(len(a.Hops), "hop", "hops")
	if d, ok := travelled(a.Hops); ok {
		way += " in " + short(d)
	}
	if !known {
		return way + ", " + text
	}
	return text + " by " + way
}

// judges are the methods that decide whether a sender is who it says.
var judges = []string{"spf", "dkim", "dmarc"}

// saidOfSender says what the provider found of the sender; if nothing is believed, what is claimed.
func saidOfSender(a seedtest.Analysis) string {
	if text := believedResults(a); text != "" {
		return whose(a) + " says " + text
	}
	if len(a.Authentication)+len(a.ReceivedSPF) == 0 {
		return "nothing says whether the sender is who it says"
	}
	if by, text := claimed(a); text != "" {
		return joined(" ", by, "claims", text) + ", not believed"
	}
	return "no claim about the sender is believed"
}

// claimed is what the topmost writer says that is not believed.
func claimed(a seedtest.Analysis) (by, text string) {
	f := claimant(a)
	if f == nil {
		return "", ""
	}
	by = f.AuthservID
	if by == "" {
		by = "somebody"
	}
	return by, resultsSaid(func(m string) string { return claimedResult(a, m) })
}

// claimant is the topmost field that judges the sender and is not believed, or nil. One of an ARC
// set counts where there is no other.
func claimant(a seedtest.Analysis) *seedtest.AuthField {
	for _, sets := range []bool{false, true} {
		for i, f := range a.Authentication {
			if !f.Trusted && f.Instance > 0 == sets && judgesSender(f) {
				return &a.Authentication[i]
			}
		}
	}
	return nil
}

func judgesSender(f seedtest.AuthField) bool {
	return slices.ContainsFunc(judges, func(m string) bool { return resultOf(f, m) != "" })
}

// claimedResult is what the claimant says of a method, in any of its fields.
func claimedResult(a seedtest.Analysis, method string) string {
	by := claimant(a)
	if by == nil {
		return ""
	}
	for _, f := range a.Authentication {
		if f.AuthservID == by.AuthservID && f.Instance == by.Instance && !f.Trusted {
			if r := resultOf(f, method); r != "" {
				return r
			}
		}
	}
	return ""
}

func believedResults(a seedtest.Analysis) string {
	return resultsSaid(func(method string) string { return believedResult(a, method) })
}

// believedResult is what the provider says of a method, or "".
func believedResult(a seedtest.Analysis, method string) string {
	if r, ok := a.Result(method); ok {
		return r.Result
	}
	for _, f := range a.ReceivedSPF {
		if method == "spf" && f.Trusted {
			return f.Result
		}
	}
	return ""
}

func resultOf(f seedtest.AuthField, method string) string {
	for _, r := range f.Results {
		if r.Method == method {
			return r.Result
		}
	}
	return ""
}

func resultsSaid(of func(method string) string) string {
	var said []string
	for _, m := range judges {
		if r := of(m); r != "" {
			said = append(said, m+" "+resultWord(r))
		}
	}
	return strings.Join(said, ", ")
}

func checkedWords(v *seedtest.Verified) string {
	if v == nil {
		return ""
	}
	text := resultsSaid(func(method string) string {
		switch method {
		case "spf":
			return v.SPF.Result
		case "dmarc":
			return v.DMARC.Result
		}
		return bestDKIM(v.DKIM)
	})
	if text == "" {
		return "nothing could be checked"
	}
	return "checked now: " + text
}

// bestDKIM is pass if any signature passes, else the first result.
func bestDKIM(list []seedtest.DKIMCheck) string {
	if len(list) == 0 {
		return "none"
	}
	for _, c := range list {
		if c.Result == "pass" {
			return c.Result
		}
	}
	return list[0].Result
}

// noted counts the findings that are more than news.
func noted(list []seedtest.Finding) string {
	errors, warnings := 0, 0
	for _, f := range list {
		switch f.Severity {
		case seedtest.SeverityError:
			errors++
		case seedtest.SeverityWarning:
			warnings++
		}
	}
	var said []string
	if errors > 0 {
		said = append(said, plural(errors, "error", "errors"))
	}
	if warnings > 0 {
		said = append(said, plural(warnings, "warning", "warnings"))
	}
	if len(said) == 0 {
		return ""
	}
	return fmt.Sprintf("%s below", strings.Join(said, ", "))
}
