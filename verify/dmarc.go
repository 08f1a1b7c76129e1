package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// The bounds of an evaluation: for how many authors' domains it is made (RFC 9989 section 11.5),
// how many signatures are looked at, and for how many domains of theirs DNS is asked.
const (
	maxEvaluated  = 5
	maxSignatures = 200
	maxSigners    = 10
)

// DMARC evaluates DMARC (RFC 9989) for the domains of a message's authors, as [Authors] gives them,
// from what SPF and DKIM came to. A message of several authors is evaluated for each of them, and
// the result is that of the strictest policy that it fails (section 11.5); it passes if it passes
// for all. Where SPF or DKIM was not evaluated, a result that depends on it is empty.
func DMARC(ctx context.Context, r Resolver, authors []string, spf seedtest.SPFCheck,
	dkim []seedtest.DKIMCheck) seedtest.DMARCCheck {
	var domains []string
	for _, a := range authors {
		if a = cleanDomain(a); !slices.Contains(domains, a) {
			domains = append(domains, a)
		}
	}
	switch {
	case len(domains) == 0:
		return seedtest.DMARCCheck{Reason: "there is no author whose domain could be looked up"}
	case len(domains) > maxEvaluated:
		return seedtest.DMARCCheck{Reason: fmt.Sprintf(
			"the message has authors of %d domains, more than are looked at", len(domains))}
	}
	e := dmarcEval{ids: identifiers(spf, dkim),
		book: dmarcBook{dns: r, asked: map[string]dmarcAnswer{}}}
	worst := e.author(ctx, domains[0])
	for _, d := range domains[1:] {
		if c := e.author(ctx, d); weight(c) > weight(worst) {
			worst = c
		}
	}
	if len(domains) > 1 {
		worst.Reason = strings.TrimPrefix(worst.Reason+"; of the authors of "+
			strings.Join(domains, ", ")+" the one that comes off worst counts", "; ")
	}
	return worst
}

// weight orders the evaluations for several authors by how much they say against a message.
func weight(c seedtest.DMARCCheck) int {
	results := []string{"pass", "none", "", "permerror", "temperror", "fail"}
	policies := []string{"", policyNone, policyQuarantine, policyReject}
	return slices.Index(results, c.Result)*len(policies) + slices.Index(policies, c.Disposition)
}

// dmarcEval is the evaluation of one message.
type dmarcEval struct {
	book dmarcBook
	ids  []identifier
}

// author evaluates for one author's domain.
func (e *dmarcEval) author(ctx context.Context, domain string) seedtest.DMARCCheck {
	c := seedtest.DMARCCheck{Domain: domain}
	if !isName(domain) {
		c.Reason = "the author's domain is no valid domain name"
		return c
	}
	w := e.book.walk(ctx, domain)
	c.Walk = w.steps
	if w.err == nil {
		c.Organizational = w.organizational()
	}
	found, ok := w.policy()
	switch {
	case !ok && w.err != nil:
		c.Result, c.Reason = "temperror", w.err.Error()
	case !ok:
		c.Result, c.Reason = "none", "no record was found at "+domain+" or above it"
	default:
		e.apply(ctx, &c, found)
	}
	c.Legacy = e.legacy(ctx, c)
	return c
}

// apply applies a record.
func (e *dmarcEval) apply(ctx context.Context, c *seedtest.DMARCCheck, found dmarcFound) {
	c.PolicyDomain, c.Record, c.Testing = found.domain, found.rec.text, found.rec.testing
	rec, ok := found.rec.valid()
	if !ok {
		c.Result = "permerror"
		c.Reason = "the record has no valid policy and asks for no reports: it applies to nothing"
		return
	}
	if found.rec.p == "" || found.rec.badSubs {
		c.Reason = "the record has no policy, or one that is not valid: it applies as p=none"
	}
	c.Policy, c.PolicyTag = rec.p, "p"
	if found.domain != c.Domain {
		e.inherit(ctx, c, rec)
	}
	a := e.align(ctx, c.Domain, rec, e.organizational)
	c.SPF, c.DKIM, c.Result = a.spf, a.dkim, a.result
	c.Disposition = disposition(c.Result, c.Policy, rec.testing)
	c.Reason = strings.TrimPrefix(c.Reason+"; "+a.reason, "; ")
	c.Reason = strings.TrimSuffix(c.Reason, "; ")
}

// disposition is what a policy asks for, of which a test takes one level off (RFC 9989 section
// 4.7). Where there is neither pass nor fail it asks for nothing.
func disposition(result, policy string, milder bool) string {
	switch {
	case result == "pass":
		return policyNone
	case result != "fail":
		return ""
	case milder:
		return lowered(policy)
	}
	return policy
}

// inherit takes the policy for a subdomain of the record's: sp or, for a name that does not exist,
// np (RFC 9989 section 4.10.1). A name exists unless DNS answers NXDOMAIN (section 3.2.13).
func (e *dmarcEval) inherit(ctx context.Context, c *seedtest.DMARCCheck, rec dmarcRecord) {
	if rec.sp != "" {
		c.Policy, c.PolicyTag = rec.sp, "sp"
	}
	if rec.np == "" {
		return
	}
	exists, err := e.book.exists(ctx, c.Domain)
	if err != nil {
		c.Reason = "whether " + c.Domain + " exists could not be learned: " + cause(err)
	} else if !exists {
		c.Policy, c.PolicyTag = rec.np, "np"
	}
}

// organizational finds the Organizational Domain by a tree walk.
func (e *dmarcEval) organizational(ctx context.Context, domain string) (string, error) {
	w := e.book.walk(ctx, domain)
	return w.organizational(), w.err
}
