package verify

import (
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// The bounds of what is compared for one message: results of the provider for signatures, and
// findings about them.
const (
	maxClaims        = 100
	maxDisagreements = 5
)

// claims compares what the provider said with what is found now.
type claims struct {
	verified *seedtest.Verified
	analysis seedtest.Analysis
	times    string // when the two were made
	findings []seedtest.Finding
}

// disagreements are the findings about results of the provider that cannot be confirmed. A result
// that is open, on either side, disagrees with none. Nor does one of SPF and DMARC if the options
// put another client in place of the one that the provider saw.
func disagreements(v *seedtest.Verified, a seedtest.Analysis, o Options) []seedtest.Finding {
	arrival := "its arrival"
	if t := received(a); !t.IsZero() {
		arrival = minute(t)
	}
	c := claims{verified: v, analysis: a,
		times: "the provider's result is of " + arrival + ", ours of " + minute(o.Now)}
	c.dkim()
	c.arc()
	if !o.IP.IsValid() || a.Origin == nil || a.Origin.IP.Unmap() == o.IP.Unmap() {
		c.spf()
		c.dmarc()
	}
	return c.findings
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// said is a result in the words of RFC 8601, whatever dialect it was written in. It is empty where
// the word says nothing that could be compared, or that the provider could not tell.
func said(r seedtest.AuthResult) string {
	for _, c := range r.Comments {
		if strings.Contains(c, "best guess") {
			return "none" // there was no record, and the provider made one up
		}
	}
	switch word := strings.ToLower(r.Result); word {
	case "pass", "fail", "softfail", "neutral", "none", "policy", "permerror":
		return word
	case "hardfail":
		return "fail"
	case "bestguesspass":
		return "none"
	case "perm_fail", "permfail", "perm_error":
		return "permerror"
	}
	return ""
}

// quoted writes a result as it stands in a field, for evidence.
func quoted(r seedtest.AuthResult) string {
	var b strings.Builder
	b.WriteString(r.Method + "=" + r.Result)
	for _, p := range r.Properties {
		fmt.Fprintf(&b, " %s.%s=%s", p.Type, p.Name, p.Value)
	}
	return shorten(b.String(), 500)
}

// add adds a finding. It weighs more where one side says pass.
func (c *claims) add(r seedtest.AuthResult, ours, why string, reasons ...string) {
	f := seedtest.Finding{Code: "verify.disagrees", Severity: seedtest.SeverityInfo,
		Title: fmt.Sprintf("the provider said %s=%s, the evaluation now says %s", r.Method, r.Result,
			ours),
		Evidence: []seedtest.Evidence{{Field: "Authentication-Results", Raw: quoted(r)},
			{Field: "verified", Raw: strings.TrimSuffix(r.Method+"="+ours+": "+why, ": ")}},
		Fix: append([]string{"mind the times: " + c.times}, reasons...)}
	if ours == "pass" || said(r) == "pass" {
		f.Severity = seedtest.SeverityWarning
	}
	c.findings = append(c.findings, f)
}

func (c *claims) spf() {
	r, ok := c.analysis.Result("spf")
	ours := c.verified.SPF
	theirs := said(r)
	if !ok || theirs == "" || open(ours.Result) || theirs == ours.Result {
		return
	}
	if from := resultSender(r); from != "" &&
		domainOf(strings.Trim(from, "<>\" ")) != domainOf(ours.MailFrom) {
		return // it was another sender's
	}
	what := ours.Reason
	if ours.Mechanism != "" {
		what = "by " + ours.Mechanism + " of " + ours.Domain
	}
	c.add(r, ours.Result, fmt.Sprintf("%s from %s, %s", ours.MailFrom, ours.IP, what),
		"perhaps the SPF record, or one that it includes, was changed in between",
		"perhaps the provider looked at another address: a relay before it may be its own",
		"perhaps the provider is laxer or stricter with errors and limits than RFC 7208")
}

// open reports whether a result says nothing for sure.
func open(result string) bool { return result == "" || result == "temperror" }

func (c *claims) dmarc() {
	r, ok := c.analysis.Result("dmarc")
	ours := c.verified.DMARC
	theirs := said(r)
	if !ok || theirs == "" || open(ours.Result) || theirs == ours.Result {
		return
	}
	if from := property(r, "header", "from"); from != "" && domainOf(from) != ours.Domain {
		return
	}
	if ours.Legacy != nil && ours.Legacy.Result == theirs {
		return // the provider follows RFC 7489, which has a finding of its own
	}
	c.add(r, ours.Result, "spf "+ours.SPF+", dkim "+ours.DKIM,
		"perhaps the DMARC record was changed in between, or what SPF and DKIM rest on",
		"perhaps the provider overrode the result: for a list or a forwarder that it knows")
}

func (c *claims) arc() {
	r, ok := c.analysis.Result("arc")
	ours := c.verified.ARC
	theirs := said(r)
	if !ok || theirs == "" || open(ours.Result) || theirs == ours.Result {
		return
	}
	if theirs == "none" && len(ours.Sets) == 1 {
		return // the provider began a chain of its own when it had looked
	}
	c.add(r, ours.Result, ours.Reason,
		"perhaps a key was changed or removed in between",
		"perhaps the provider's result is of the chain before it added a set of its own",
		"perhaps the message was changed after the provider looked at it")
}
