package verify

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// match evaluates a mechanism (RFC 7208 section 5).
func (e *spfEval) match(ctx context.Context, d spfDirective, domain string,
	depth int) (bool, error) {
	switch d.kind {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return d.prefix.Contains(e.ip()), nil
	}
	target, err := e.counted(ctx, d.spec, domain)
	if err == nil && !isName(target) {
		err = errNoMatch
	}
	switch {
	case errors.Is(err, errNoMatch) && d.kind == "include":
		return false, permanent("include leads to no valid domain name")
	case errors.Is(err, errNoMatch):
		return false, nil
	case err != nil:
		return false, err
	}
	switch d.kind {
	case "include":
		return e.include(ctx, target, depth)
	case "a":
		return e.hostHas(ctx, target, d)
	case "mx":
		return e.exchangers(ctx, target, d)
	case "ptr":
		return e.reverse(ctx, target), e.sound(ctx)
	}
	found, err := e.dns.IP4(ctx, target) // exists
	return len(found) > 0, e.answer("A of "+target, empty(found, err))
}

// include evaluates the record of another domain (RFC 7208 section 5.2).
func (e *spfEval) include(ctx context.Context, target string, depth int) (bool, error) {
	if why := unfit(target); why != "" {
		return false, permanent("include of %s: %s", shorten(target, 80), why)
	}
	v := e.check(ctx, target, depth+1)
	e.inner = v.result
	switch v.result {
	case "pass":
		return true, nil
	case "none":
		return false, permanent("include: %s", v.reason)
	case "permerror", "temperror":
		return false, &spfError{v.result, "include of " + target + ": " + v.reason}
	}
	return false, nil
}

// hostHas reports whether the client's address is one of a host's, within the prefix length.
func (e *spfEval) hostHas(ctx context.Context, host string, d spfDirective) (bool, error) {
	found, err := e.addresses(ctx, host)
	if err := e.answer("addresses of "+host, err); err != nil {
		return false, err
	}
	bits := d.bits6
	if e.ip().Is4() {
		bits = d.bits4
	}
	within := netip.PrefixFrom(e.ip(), bits).Masked()
	return slices.ContainsFunc(found, func(a netip.Addr) bool {
		return within.Contains(a.Unmap())
	}), nil
}

// addresses looks a host's addresses up, of the kind that the client's is.
func (e *spfEval) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if e.ip().Is4() {
		found, err := e.dns.IP4(ctx, host)
		return found, empty(found, err)
	}
	found, err := e.dns.IP6(ctx, host)
	return found, empty(found, err)
}

// exchangers evaluates mx (RFC 7208 section 5.4): a domain without MX records has none, and more
// than 10 are an error.
func (e *spfEval) exchangers(ctx context.Context, target string, d spfDirective) (bool, error) {
	hosts, err := e.dns.MX(ctx, target)
	if err := e.answer("MX of "+target, empty(hosts, err)); err != nil {
		return false, err
	}
	if len(hosts) > maxHosts {
		return false, permanent("%s has more than %d MX records", target, maxHosts)
	}
	for _, host := range hosts {
		host = strings.TrimSuffix(host, ".")
		if !isName(host) {
			continue // a null MX (RFC 7505), or worse
		}
		if matched, err := e.hostHas(ctx, host, d); matched || err != nil {
			return matched, err
		}
	}
	return false, nil
}

// reverse evaluates ptr (RFC 7208 section 5.5): a name of the client's address, which has that
// address, is the target or below it.
func (e *spfEval) reverse(ctx context.Context, target string) bool {
	return slices.ContainsFunc(e.validated(ctx), func(name string) bool {
		return isBelow(name, target)
	})
}

// validated returns the names of the client's address that have that address. Errors make names
// fewer. Whoever has the address chooses its names: what is not found there is not held against
// the record, but for the first question.
func (e *spfEval) validated(ctx context.Context) []string {
	if e.named {
		return e.names
	}
	e.named = true
	names, err := e.dns.PTR(ctx, e.ip())
	if err = empty(names, err); err != nil && isVoid(err) {
		e.countVoid()
	}
	for _, name := range names[:min(len(names), maxHosts)] {
		name = strings.TrimSuffix(name, ".")
		if !isName(name) {
			continue
		}
		found, _ := e.addresses(ctx, name)
		if slices.ContainsFunc(found, func(a netip.Addr) bool { return a.Unmap() == e.ip() }) {
			e.names = append(e.names, name)
		}
	}
	return e.names
}

// sound is the error where the names of the client cannot be relied on: there was no time left to
// find them, or too many lookups have found nothing.
func (e *spfEval) sound(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if e.out.Void > maxVoid {
		return permanent("more than %d terms' lookups found nothing", maxVoid)
	}
	return nil
}

// isBelow reports whether a name is a domain or below it.
func isBelow(name, domain string) bool {
	n := len(name) - len(domain)
	return n >= 0 && strings.EqualFold(name[n:], domain) && (n == 0 || name[n-1] == '.')
}
