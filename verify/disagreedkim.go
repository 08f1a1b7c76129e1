package verify

import (
	"strings"

	"seedtest"
)

// dkim compares every result for a signature.
func (c *claims) dkim() {
	looked := 0
	for _, f := range c.analysis.Authentication {
		if !f.Trusted || f.Instance != 0 {
			continue
		}
		for _, r := range f.Results {
			if r.Method != "dkim" {
				continue
			}
			if looked++; looked > maxClaims || len(c.findings) >= maxDisagreements {
				return
			}
			c.signature(r)
		}
	}
}

// signature compares one result. Where it may mean several signatures it disagrees only if none of
// them can be meant.
func (c *claims) signature(r seedtest.AuthResult) {
	checks := c.meant(r)
	passed, undecided := 0, false
	for _, k := range checks {
		if k.Result == "pass" {
			passed++
		}
		undecided = undecided || open(k.Result)
	}
	switch theirs := said(r); {
	case theirs == "" || undecided:
	case theirs == "pass" && len(checks) == 0:
		c.add(r, "none", "the message has no such signature",
			"perhaps it was removed after the provider looked at it")
	case theirs == "pass" && passed == 0:
		c.add(r, checks[0].Result, about(checks[0]),
			"perhaps the key was changed or removed in between: ask for it at "+
				checks[0].Selector+"._domainkey."+checks[0].Domain,
			"perhaps the message was changed after the provider looked at it: by a list, a filter, "+
				"or the program that saved it",
			"perhaps the provider is laxer: with rsa-sha1, short keys or expired signatures")
	case theirs == "none" && passed > 0:
		c.add(r, "pass", about(checks[0]),
			"perhaps the message was signed after the provider looked at it")
	case theirs != "pass" && len(checks) > 0 && passed == len(checks):
		c.add(r, "pass", about(checks[0]),
			"perhaps the key was published only afterwards, or the provider could not get it",
			"perhaps the provider is stricter: some refuse l=, tests, or keys of 1024 bits")
	}
}

func about(k seedtest.DKIMCheck) string {
	return strings.TrimSuffix("signature of "+k.Domain+" with "+k.Selector+": "+k.Reason, ": ")
}

// meant are the signatures that a result can mean: those of its domain and selector, and of them
// the one whose value begins as the result says.
func (c *claims) meant(r seedtest.AuthResult) []seedtest.DKIMCheck {
	domain, selector := property(r, "header", "d"), property(r, "header", "s")
	identity := property(r, "header", "i")
	start := property(r, "header", "b")
	var list []seedtest.DKIMCheck
	for _, k := range c.verified.DKIM[:min(len(c.verified.DKIM), maxDKIM+1)] {
		switch b := c.value(k.Position); {
		case k.Domain == "" && open(k.Result):
			list = append(list, k) // it was not looked at
		case domain != "" && domainOf(domain) != domainOf(k.Domain):
		case domain == "" && identity != "" && !isBelow(domainOf(identity), domainOf(k.Domain)):
		case selector != "" && !strings.EqualFold(selector, k.Selector):
		case start != "" && b != "" && !strings.HasPrefix(b, start):
		default:
			list = append(list, k)
		}
	}
	return list
}

// value is the b= of the signature at a place.
func (c *claims) value(position int) string {
	for _, s := range c.analysis.Signatures {
		if s.Position == position {
			return s.Tag("b")
		}
	}
	return ""
}
