package verify

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"seedtest"
)

// spfEval is one evaluation, over all records that it reads.
type spfEval struct {
	dns    Resolver
	out    *seedtest.SPFCheck
	query  SPFQuery
	local  string // of the sender
	sender string // the sender's domain
	names  []string
	named  bool   // names has been found
	void   bool   // the term being evaluated counts as void already
	inner  string // what the record of the last include came to
}

// spfVerdict is what one record comes to, with those that it redirects to.
type spfVerdict struct {
	result    string
	reason    string
	domain    string // whose record decided
	mechanism string
	exp       string // domain-spec of that record's explanation
}

// spfError ends an evaluation: result is permerror or temperror.
type spfError struct{ result, why string }

func (e *spfError) Error() string { return e.why }

func permanent(format string, args ...any) error {
	return &spfError{"permerror", fmt.Sprintf(format, args...)}
}

// errNoMatch says that a mechanism cannot match because of what its name became.
var errNoMatch = errors.New("no such name can exist")

// check is check_host() of RFC 7208 section 4 for a domain that can have a record.
func (e *spfEval) check(ctx context.Context, domain string, depth int) spfVerdict {
	rec, v := e.record(ctx, domain, depth)
	if rec == nil {
		return v
	}
	for _, d := range rec.directives {
		step := e.begin(depth, domain, d.text)
		matched, err := e.match(ctx, d, domain, depth)
		e.end(step, matched, err)
		if d.kind == "include" && err == nil && !matched {
			e.set(step, "no match: "+e.inner+" there")
		}
		if err != nil {
			v = failed(err)
			v.domain, v.mechanism = domain, d.text
			return v
		}
		if matched {
			return spfVerdict{result: d.result(), domain: domain, mechanism: d.text, exp: rec.exp}
		}
	}
	if rec.redirect != "" {
		return e.redirect(ctx, rec.redirect, domain, depth)
	}
	return spfVerdict{result: "neutral", domain: domain, reason: "no mechanism matched"}
}

// record finds and reads the record of a domain. Without one the verdict says why.
func (e *spfEval) record(ctx context.Context, domain string, depth int) (*spfRecord, spfVerdict) {
	step := e.begin(depth, domain, "record")
	none := func(result, why string) (*spfRecord, spfVerdict) {
		e.set(step, why)
		return nil, spfVerdict{result: result, reason: why, domain: domain}
	}
	texts, err := e.dns.TXT(ctx, domain)
	if err != nil && !isVoid(err) {
		return none("temperror", "TXT of "+domain+": "+cause(err))
	}
	var found []string
	for _, t := range texts {
		if isSPF(t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return none("none", domain+" has no SPF record")
	case 1:
	default:
		return none("permerror", fmt.Sprintf("%s has %d SPF records, where one may be", domain,
			len(found)))
	}
	rec, err := parseSPF(found[0])
	if err != nil {
		return none("permerror", "record of "+domain+": "+err.Error())
	}
	e.set(step, shorten(found[0], 1000))
	return rec, spfVerdict{}
}

// redirect goes on with the record of another domain (RFC 7208 section 6.1).
func (e *spfEval) redirect(ctx context.Context, spec, domain string, depth int) spfVerdict {
	step := e.begin(depth, domain, "redirect="+spec)
	target, err := e.counted(ctx, spec, domain)
	if err != nil && !errors.Is(err, errNoMatch) {
		e.end(step, false, err)
		v := failed(err)
		v.domain = domain
		return v
	}
	if err != nil || unfit(target) != "" {
		e.set(step, "no valid domain name")
		return spfVerdict{result: "permerror", domain: domain,
			reason: "redirect of " + domain + " leads to no valid domain name"}
	}
	e.set(step, "to "+target)
	v := e.check(ctx, target, depth+1)
	if v.result == "none" {
		v.result = "permerror"
		v.reason = "redirect of " + domain + ": " + v.reason
	}
	return v
}

// counted counts a term that costs a lookup and expands the name that it asks for.
func (e *spfEval) counted(ctx context.Context, spec, domain string) (string, error) {
	e.void = false
	if e.out.Lookups++; e.out.Lookups > maxLookups {
		return "", permanent("more than %d terms cost a lookup", maxLookups)
	}
	if spec == "" {
		return domain, nil
	}
	return e.expandName(ctx, spec, domain)
}

// answer judges what a lookup of a term brought: nothing is no error, unless it happens too often.
func (e *spfEval) answer(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case !isVoid(err):
		return &spfError{"temperror", what + ": " + cause(err)}
	}
	e.countVoid()
	if e.out.Void > maxVoid {
		return permanent("%s: more than %d terms' lookups found nothing", what, maxVoid)
	}
	return nil
}

// countVoid counts a term of whose lookups one found nothing. The limit is one of terms (RFC 7208
// section 4.6.4): an mx whose hosts have no IPv6 address counts once for a client that has one.
func (e *spfEval) countVoid() {
	if !e.void {
		e.out.Void++
	}
	e.void = true
}

// isVoid reports whether DNS said that there is nothing.
func isVoid(err error) bool {
	return errors.Is(err, seedtest.ErrNXDOMAIN) || errors.Is(err, seedtest.ErrNODATA)
}

// cause is the text of an error of DNS, cut to a length that suits a sentence.
func cause(err error) string { return shorten(err.Error(), 200) }

// failed turns an error into the verdict that it is.
func failed(err error) spfVerdict {
	var stop *spfError
	if errors.As(err, &stop) {
		return spfVerdict{result: stop.result, reason: stop.why}
	}
	return spfVerdict{result: "temperror", reason: err.Error()}
}

// begin opens a step of the trace, whose outcome is told later, below the steps that it causes.
func (e *spfEval) begin(depth int, domain, term string) int {
	if len(e.out.Trace) >= maxTrace {
		return -1
	}
	e.out.Trace = append(e.out.Trace, seedtest.SPFStep{Depth: depth, Domain: domain,
		Term: shorten(term, 1000)})
	return len(e.out.Trace) - 1
}

func (e *spfEval) set(step int, outcome string) {
	if step >= 0 {
		e.out.Trace[step].Outcome = outcome
	}
}

func (e *spfEval) end(step int, matched bool, err error) {
	switch {
	case err != nil:
		e.set(step, failed(err).result+": "+err.Error())
	case matched:
		e.set(step, "match")
	default:
		e.set(step, "no match")
	}
}

// ip is the client's address.
func (e *spfEval) ip() netip.Addr { return e.out.IP }
