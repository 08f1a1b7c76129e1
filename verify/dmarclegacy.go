package verify

import (
	"context"
	"errors"

	"golang.org/x/net/publicsuffix"

	"seedtest"
)

// legacy evaluates by RFC 7489, as receivers do that still follow it and the public suffix list. It
// returns nil where that comes to the same, and where DNS did not answer.
func (e *dmarcEval) legacy(ctx context.Context, c seedtest.DMARCCheck) *seedtest.DMARCLegacy {
	l := seedtest.DMARCLegacy{Organizational: registered(c.Domain), Result: "none"}
	found, err := e.legacyPolicy(ctx, c.Domain, l.Organizational)
	if err != nil || c.Result == "temperror" {
		return nil
	}
	if found.domain != "" {
		e.legacyApply(ctx, &l, c.Domain, found)
	}
	if l.Result == "temperror" || l.Result == "none" && c.Result == "none" {
		return nil
	}
	if l == (seedtest.DMARCLegacy{Organizational: c.Organizational, PolicyDomain: c.PolicyDomain,
		Policy: c.Policy, Result: c.Result, Disposition: c.Disposition}) {
		return nil
	}
	return &l
}

// legacyPolicy finds the record by RFC 7489 section 6.6.3: at the author's domain or, where there
// is none, at the organizational domain. Several records end the search.
func (e *dmarcEval) legacyPolicy(ctx context.Context, domain, org string) (dmarcFound, error) {
	for _, name := range []string{domain, org} {
		a := e.book.at(ctx, name)
		switch {
		case a.err != nil:
			return dmarcFound{}, a.err
		case a.count == 1:
			return dmarcFound{name, a.rec}, nil
		case a.count > 1:
			return dmarcFound{}, nil
		}
	}
	return dmarcFound{}, nil
}

// legacyApply applies a record without the tags that came later: np, psd and t. Of those that went
// it knows pct=0, which asks for one level below the policy (RFC 7489 section 6.6.4).
func (e *dmarcEval) legacyApply(ctx context.Context, l *seedtest.DMARCLegacy, domain string,
	found dmarcFound) {
	l.PolicyDomain = found.domain
	rec := found.rec
	if rec.p == "" || rec.badSP {
		if rec = rec.unpoliced(); !rec.reports {
			l.Result = "permerror"
			return
		}
	}
	l.Policy = rec.p
	if found.domain != domain && rec.sp != "" {
		l.Policy = rec.sp
	}
	a := e.align(ctx, domain, rec, func(_ context.Context, name string) (string, error) {
		return registered(name), nil
	})
	l.Result = a.result
	l.Disposition = disposition(l.Result, l.Policy, rec.pct == "0")
}

// registered is the organizational domain by the public suffix list: the label below the suffix, or
// the name itself where that is a suffix.
func registered(domain string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// exists reports whether there is a name, with records or not (RFC 9989 section 3.2.13).
func (b *dmarcBook) exists(ctx context.Context, domain string) (bool, error) {
	_, err := b.dns.IP4(ctx, domain)
	switch {
	case errors.Is(err, seedtest.ErrNXDOMAIN):
		return false, nil
	case err == nil || isVoid(err):
		return true, nil
	}
	return false, err
}
