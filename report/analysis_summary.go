package report

import (
	"fmt"
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
	text := ""
	if a.Origin != nil && a.Origin.IP.IsValid() {
		text = "from " + address(a.Origin.IP)
	}
	if len(a.Hops) == 0 {
		return joined(" ", text, "without a Received field")
	}
	text = joined(" ", text, "by "+plural(len(a.Hops), "hop", "hops"))
	if d, ok := travelled(a.Hops); ok {
		text += " in " + short(d)
	}
	return text
}

// judges are the methods that decide whether a sender is who it says.
var judges = []string{"spf", "dkim", "dmarc"}

// saidOfSender says what the provider found of the sender; if nothing is believed, what is claimed.
func saidOfSender(a seedtest.Analysis) string {
	if text := believedResults(a); text != "" {
		return whoseClaims(a) + " says " + text
	}
	if len(a.Authentication)+len(a.ReceivedSPF) == 0 {
		return "nobody says whether the sender is who it says"
	}
	for _, f := range a.Authentication {
		if text := resultsSaid(func(m string) string { return resultOf(f, m) }); text != "" {
			return joined(" ", "claimed and not believed:", text, labelOf("by ", f.AuthservID))
		}
	}
	return "no claim about the sender is believed"
}

func believedResults(a seedtest.Analysis) string {
	return resultsSaid(func(method string) string {
		if r, ok := a.Result(method); ok {
			return r.Result
		}
		for _, f := range a.ReceivedSPF {
			if method == "spf" && f.Trusted {
				return f.Result
			}
		}
		return ""
	})
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

// mostFilters is how many filters the summary quotes.
const mostFilters = 2

// filtered says what spam filters thought, those of the provider first.
func filtered(stamps []seedtest.Stamp) string {
	var said []string
	for _, trusted := range []bool{true, false} {
		for _, s := range stamps {
			if s.Trusted == trusted && s.Verdict != "" {
				said = append(said, opinion(s))
			}
		}
		if len(said) > 0 {
			break
		}
	}
	said = compact(said)
	return strings.Join(said[:min(len(said), mostFilters)], "; ")
}

func opinion(s seedtest.Stamp) string {
	text := s.Family + " says " + verdictWord(s.Verdict) + inBrackets(scoreWords(s))
	if !s.Trusted {
		text += ", not believed"
	}
	return text
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
