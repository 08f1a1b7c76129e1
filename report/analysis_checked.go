package report

import (
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// checkReading is what our own evaluation came to for one method, beside what the provider says.
type checkReading struct {
	Method  string
	Result  string
	Claim   string // the provider's result, empty where it says none
	Differs bool   // one of the two says pass and the other does not
	About   string
	Why     string
	Notes   []string
	Trace   []string // how the evaluation went, for whoever asks for all
}

// Beside says the claim and whether it stands.
func (c checkReading) Beside() string {
	switch {
	case c.Claim == "":
		return "no claim"
	case c.Differs:
		return "DISAGREES: said " + c.Claim
	}
	return "said " + c.Claim
}

// checked puts an independent evaluation into words.
func (n names) checked(a seedtest.Analysis) []checkReading {
	v := a.Verified
	if v == nil {
		return nil
	}
	list := []checkReading{spfChecked(a, v.SPF)}
	for _, c := range v.DKIM {
		list = append(list, dkimChecked(a, c))
	}
	if len(v.DKIM) == 0 {
		list = append(list, checkReading{Method: "dkim", Result: "none", Why: "no signature"})
	}
	list = append(list, dmarcChecked(a, v.DMARC))
	if v.ARC.Result != "none" {
		list = append(list, arcChecked(a, v.ARC))
	}
	for i := range list {
		c := &list[i]
		c.Differs = differs(*c, a)
		if c.Result == "" {
			c.Result = "unknown" // the reason says why
		}
		c.Result, c.Claim = n.say(resultWord(c.Result)), n.say(c.Claim)
		c.About, c.Why = n.say(c.About), n.say(c.Why)
		c.Notes, c.Trace = n.each(c.Notes), n.each(c.Trace)
	}
	return list
}

// differs reports whether a claim cannot stand beside what was found. What could not be found out
// disagrees with nothing, nor does a DMARC result by the older standard, nor one about another
// client than the provider saw.
func differs(c checkReading, a seedtest.Analysis) bool {
	v := a.Verified
	if c.Claim == "" || c.Result == "" || c.Result == "temperror" || c.Claim == "temperror" {
		return false
	}
	if c.Method == "dmarc" && v.DMARC.Legacy != nil && v.DMARC.Legacy.Result == c.Claim {
		return false
	}
	other := a.Origin != nil && v.SPF.IP.IsValid() && v.SPF.IP.Unmap() != a.Origin.IP.Unmap()
	if other && (c.Method == "spf" || c.Method == "dmarc") {
		return false
	}
	return (c.Result == "pass") != (c.Claim == "pass")
}

func claimOf(a seedtest.Analysis, method string) string {
	r, _ := a.Result(method)
	return r.Result
}

func spfChecked(a seedtest.Analysis, s seedtest.SPFCheck) checkReading {
	c := checkReading{Method: "spf", Result: s.Result, Claim: claimOf(a, "spf"),
		About: joined(" ", s.MailFrom, labelOf("from ", address(s.IP)))}
	if c.Claim == "" {
		for _, f := range a.ReceivedSPF {
			if f.Trusted && c.Claim == "" {
				c.Claim = f.Result
			}
		}
	}
	if s.Mechanism != "" {
		c.Why = strings.TrimSuffix(s.Mechanism+" of "+s.Domain, " of ")
	}
	c.Why = joined("; ", c.Why, s.Reason)
	if s.Result != "" {
		c.Why = joined("; ", c.Why, fmt.Sprintf("%d of 10 lookups", s.Lookups))
	}
	if s.Explanation != "" {
		c.Notes = append(c.Notes, s.Domain+" explains: "+s.Explanation)
	}
	for _, t := range s.Trace {
		c.Trace = append(c.Trace, strings.Repeat("  ", min(t.Depth, 10))+t.Domain+" "+t.Term+": "+
			t.Outcome)
	}
	return c
}

func dkimChecked(a seedtest.Analysis, k seedtest.DKIMCheck) checkReading {
	c := checkReading{Method: "dkim", Result: k.Result, Claim: dkimClaim(a, k), Notes: k.Notes,
		Why:   k.Reason,
		About: joined(", ", k.Domain, labelOf("selector ", k.Selector), k.Algorithm)}
	if k.KeyBits > 0 {
		c.About += fmt.Sprintf(", %d bits", k.KeyBits)
	}
	if k.Testing {
		c.Notes = append(slices.Clone(c.Notes), "the key says that it is a test")
	}
	if len(k.Signed) > 0 {
		c.Trace = append(c.Trace, "signs "+strings.Join(k.Signed, ":"))
	}
	return c
}

// dkimClaim is what the provider says of a signature: of that domain and, where it names one, that
// selector. Of several results a pass wins, as one signature that passes is enough for DMARC.
func dkimClaim(a seedtest.Analysis, k seedtest.DKIMCheck) string {
	claim := ""
	for _, f := range a.Authentication {
		if !f.Trusted || f.Instance != 0 {
			continue
		}
		for _, r := range f.Results {
			if r.Method != "dkim" || !isAbout(r, k) || claim == "pass" {
				continue
			}
			if claim == "" || r.Result == "pass" {
				claim = r.Result
			}
		}
	}
	return claim
}

func isAbout(r seedtest.AuthResult, k seedtest.DKIMCheck) bool {
	domain := false
	for _, p := range r.Properties {
		switch propertyName(p) {
		case "header.d", "header.i":
			_, host, ok := strings.Cut(p.Value, "@")
			if !ok {
				host = p.Value
			}
			if strings.EqualFold(host, k.Domain) || strings.EqualFold(p.Value, k.Identity) {
				domain = true
			}
		case "header.s":
			if !strings.EqualFold(p.Value, k.Selector) {
				return false
			}
		}
	}
	return domain
}

func dmarcChecked(a seedtest.Analysis, d seedtest.DMARCCheck) checkReading {
	c := checkReading{Method: "dmarc", Result: d.Result, Claim: claimOf(a, "dmarc"), About: d.Domain,
		Why: joined("; ", policyWords(d), labelOf("spf ", d.SPF), labelOf("dkim ", d.DKIM), d.Reason)}
	if d.Testing {
		c.Notes = append(c.Notes, "the record says that it is a test")
	}
	if l := d.Legacy; l != nil {
		c.Notes = append(c.Notes, "by RFC 7489 it is "+joined(", ", l.Result,
			labelOf("policy "+l.Policy+" of ", l.PolicyDomain), labelOf("asks for ", l.Disposition)))
	}
	if d.Record != "" {
		c.Trace = append(c.Trace, d.PolicyDomain+" says "+d.Record)
	}
	for _, w := range d.Walk {
		c.Trace = append(c.Trace, w.Name+": "+w.Outcome)
	}
	return c
}

// policyWords says whose policy applies and what it asks for.
func policyWords(d seedtest.DMARCCheck) string {
	if d.PolicyDomain == "" {
		return ""
	}
	text := joined(" ", "policy", labelOf(d.PolicyTag+"=", d.Policy), "of", d.PolicyDomain)
	if d.Disposition != "" && d.Disposition != "none" {
		text += " asks for " + strings.ToUpper(d.Disposition)
	}
	return text
}

func arcChecked(a seedtest.Analysis, k seedtest.ARCCheck) checkReading {
	c := checkReading{Method: "arc", Result: k.Result, Claim: claimOf(a, "arc"), Why: k.Reason}
	if n := len(k.Sets); n > 0 {
		c.About = joined(", ", plural(n, "set", "sets"), labelOf("the last by ", k.Sets[n-1].Domain))
	}
	for _, s := range k.Sets {
		c.Trace = append(c.Trace, joined(", ", fmt.Sprintf("set %d by %s", s.Instance, s.Domain),
			labelOf("cv=", s.Claimed), labelOf("seal ", s.Seal), labelOf("message ", s.Message), s.Reason))
	}
	return c
}
