package sender

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"seedtest"
)

// The bounds of direct delivery. DNS of others decides how many servers there are.
const (
	maxExchangers = 10 // hosts of one domain
	maxPerHost    = 4  // addresses of one host
	maxTargets    = 8  // connections of one attempt
)

// MXResolver asks DNS for direct delivery.
type MXResolver interface {
	// Lookup returns the records of a type, such as "MX" or "TLSA", at a name, following aliases.
	// Where there is nothing the error is seedtest.ErrNXDOMAIN or seedtest.ErrNODATA; any other is
	// a failure that says nothing.
	Lookup(ctx context.Context, name, recordType string) (Records, error)
}

// Records are an answer of DNS.
type Records struct {
	Name      string // where they stand, after all aliases, without final dot
	Authentic bool   // a server that is trusted has validated all of it (DNSSEC)
	List      []Record
}

// Record is one record. What its type does not have is zero.
type Record struct {
	Host       string // of MX, without final dot; "." for the root
	Preference int    // of MX
	Addr       netip.Addr
	Text       string // of TXT, its strings joined
	Data       string // as zone files have it
}

// exchangers are who takes the mail of a domain, in the order in which they are tried.
type exchangers struct {
	domain    string
	hosts     []exchanger
	authentic bool
}

// exchanger is one host that takes mail for a domain.
type exchanger struct {
	host       string
	preference *int // nil: the domain itself, without an MX record
}

// direct hands the message to a server of the recipient's domain (RFC 5321 section 5.1).
func (d *delivery) direct(ctx context.Context) *trouble {
	domain, err := commonDomain(d.m.To)
	if err != nil {
		return unsent(err)
	}
	x, t := d.c.exchangers(ctx, domain)
	if t != nil {
		d.rec.mark(t.stage, nil)
		return t
	}
	sts := d.c.askSTS(ctx, domain)
	connections := 0
	for _, e := range x.hosts {
		targets, t := d.c.targets(ctx, x, e, sts)
		if t != nil {
			d.begin(target{server: seedtest.Endpoint{Host: e.host}, preference: e.preference})
			d.rec.mark(t.stage, nil)
			if ctx.Err() != nil {
				return d.end(t)
			}
			d.failed = append(d.failed, failed{d.rec.sub, t})
			continue
		}
		for _, to := range targets {
			if connections++; connections > maxTargets {
				return d.best()
			}
			if t, decided := d.try(ctx, to); decided {
				return d.end(t)
			}
		}
	}
	return d.best()
}

// try hands the message to one server, and reports whether that decided. A server with which TLS
// cannot be agreed on gets the message without where nothing demands it, as any MTA does it
// (RFC 7435 section 3).
func (d *delivery) try(ctx context.Context, to target) (*trouble, bool) {
	for {
		d.begin(to)
		d.rec.mark(seedtest.StageResolve, nil)
		t := d.c.peer(to).attempt(ctx, d.m, d.once, d.rec)
		assess(d.rec.sub.Policy, d.rec.sub.TLS, t)
		if t == nil || d.committed || !nextExchanger(t) {
			return t, true
		}
		t.hint = d.c.directHint(t, to)
		d.failed = append(d.failed, failed{d.rec.sub, t})
		if t.stage != seedtest.StageSTARTTLS || to.server.TLS != seedtest.TLSOpportunistic {
			return t, false
		}
		to.server.TLS = seedtest.TLSNone
	}
}

// nextExchanger reports whether another server of the domain may take the message: all but a 5yz,
// the end of the context, and a proxy that is of no use leave that open.
func nextExchanger(t *trouble) bool {
	return !t.proxy && (t.outcome == seedtest.OutcomeFailed || t.outcome == seedtest.OutcomeDeferred)
}

// directHint says what to do about a server of a domain that we do not run.
func (c *Client) directHint(t *trouble, to target) string {
	switch {
	case t.stage == seedtest.StageConnect && c.route.Proxy != nil:
		return t.hint // the connection was the proxy's to make
	case t.stage == seedtest.StageConnect:
		return "if no domain's servers can be reached, the network or its provider blocks port 25: " +
			"ask for it to be opened, or send through a relay"
	case t.stage != seedtest.StageSTARTTLS || to.server.TLS != seedtest.TLSStartTLS:
		return ""
	case to.policy != nil:
		return fmt.Sprintf("%s of the domain demands TLS, so its operator has to mend this",
			strings.ToUpper(string(to.policy.By)))
	}
	return `the route demands TLS: tls = "opportunistic" takes any certificate, and goes ` +
		"without TLS where there is none"
}

// commonDomain is the one domain of all recipients, in lower case and A-labels.
func commonDomain(to []string) (string, error) {
	domain := ""
	for _, address := range to {
		address, err := asciiAddress(address)
		if err != nil {
			return "", fmt.Errorf("envelope: to: %w", err)
		}
		other := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
		if domain != "" && domain != other {
			return "", fmt.Errorf("a route of type mx hands a message to the servers of one domain, "+
				"and this one is for %s and %s: send one message for each recipient", domain, other)
		}
		domain = other
	}
	return domain, nil
}

// exchangers asks who takes the mail of a domain.
func (c *Client) exchangers(ctx context.Context, domain string) (exchangers, *trouble) {
	x := exchangers{domain: domain}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeouts.Connect)
	defer cancel()
	answer, err := c.o.DNS.Lookup(ctx, domain, "MX")
	switch {
	case errors.Is(err, seedtest.ErrNODATA):
		// The domain is its own server. That it has no MX record may be forged, but then the
		// server still has to prove that it is the domain's.
		x.hosts, x.authentic = []exchanger{{host: domain}}, true
		return x, nil
	case errors.Is(err, seedtest.ErrNXDOMAIN):
		return x, refusedByDNS("resolve: the domain " + domain + " does not exist")
	case err != nil:
		return x, c.unresolved(ctx, "MX records of "+domain, err)
	}
	x.authentic = answer.Authentic
	if x.hosts = c.order(answer.List); len(x.hosts) == 0 {
		return x, refusedByDNS("resolve: " + domain + " takes no mail: it has a null MX (RFC 7505)")
	}
	return x, nil
}

// order sorts hosts by preference, those of equal preference by chance (RFC 5321 section 5.1). A
// null MX names none.
func (c *Client) order(records []Record) []exchanger {
	records = slices.Clone(records)
	c.o.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	slices.SortStableFunc(records, func(a, b Record) int {
		return cmp.Compare(a.Preference, b.Preference)
	})
	var hosts []exchanger
	for _, r := range records {
		host := strings.ToLower(r.Host)
		known := slices.ContainsFunc(hosts, func(e exchanger) bool { return e.host == host })
		if host != "." && host != "" && !known && len(hosts) < maxExchangers {
			hosts = append(hosts, exchanger{host, &r.Preference})
		}
	}
	return hosts
}

// refusedByDNS is the word of a domain that it takes no mail, which no later try changes.
func refusedByDNS(what string) *trouble {
	return &trouble{stage: seedtest.StageResolve, outcome: seedtest.OutcomeRefused, what: what}
}

// unresolved is a question that DNS did not answer.
func (c *Client) unresolved(ctx context.Context, what string, err error) *trouble {
	t := lost(ctx, seedtest.StageResolve, c.o.Timeouts.Connect, err)
	if t.outcome == seedtest.OutcomeFailed {
		t.what = fmt.Sprintf("resolve: %s: %v", what, err)
		t.hint = "ask again later, and check that the configured DNS servers answer"
	}
	return t
}

// addresses are those of a host, of IPv4 first, because more receivers think well of them.
type addresses struct {
	list      []netip.Addr
	name      string // where they stand, after all aliases
	authentic bool
}

func (c *Client) addresses(ctx context.Context, host string) (addresses, *trouble) {
	a := addresses{name: host, authentic: true}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeouts.Connect)
	defer cancel()
	var failed error
	for _, kind := range []string{"A", "AAAA"} {
		answer, err := c.o.DNS.Lookup(ctx, host, kind)
		switch {
		case err == nil:
			a.name, a.authentic = strings.ToLower(answer.Name), a.authentic && answer.Authentic
			for _, r := range answer.List {
				a.list = append(a.list, r.Addr.Unmap())
			}
		case !errors.Is(err, seedtest.ErrNODATA) && !errors.Is(err, seedtest.ErrNXDOMAIN):
			failed = err
		}
	}
	found := len(a.list)
	a.list = c.reachable(a.list)
	switch {
	case len(a.list) > 0:
		a.list = a.list[:min(len(a.list), maxPerHost)]
		return a, nil
	case failed != nil:
		return a, c.unresolved(ctx, "addresses of "+host, failed)
	case found > 0:
		return a, c.outOfReach(host)
	}
	return a, refusedByDNS("resolve: " + host + " has no address")
}

// targets are the addresses of an exchanger, with TLS as policy wants it there.
func (c *Client) targets(ctx context.Context, x exchangers, e exchanger, sts *stsAnswer) (
	[]target, *trouble,
) {
	a, t := c.addresses(ctx, e.host)
	if t != nil {
		return nil, t
	}
	to := target{preference: e.preference, server: seedtest.Endpoint{Host: e.host,
		Port: c.route.Server.Port, TLS: c.route.Server.TLS}}
	switch c.route.Server.TLS {
	case seedtest.TLSMTASTS:
		t = to.bySTS(sts)
	case seedtest.TLSDANE:
		t = c.byDANE(ctx, x, a, &to)
	}
	if t != nil {
		return nil, t
	}
	var all []target
	for _, at := range a.list {
		to.at = at
		if to.policy != nil { // each connection has findings of its own
			policy := *to.policy
			to.policy = &policy
		}
		all = append(all, to)
	}
	return all, nil
}

// onlyTested begins what a policy found wanting that is not enforced yet.
const onlyTested = "the policy is being tested; enforced, it would have kept the message back: "

// assess adds what a policy that demands nothing would have found wanting.
func assess(p *seedtest.TLSPolicy, info *seedtest.TLSInfo, t *trouble) {
	if p == nil || p.Demanded || p.Mode != modeTesting || p.Note != "" {
		return
	}
	switch {
	case t != nil && t.stage == seedtest.StageSTARTTLS:
		p.Note = onlyTested + t.reason()
	case t != nil:
	case info == nil:
		p.Note = onlyTested + "no TLS"
	case !info.Verified:
		p.Note = onlyTested + "the certificate does not verify for this host"
	}
}

// checkDirect checks the servers that take the mail of a domain, at their first address.
func (c *Client) checkDirect(ctx context.Context, domain string) []Check {
	x, t := c.exchangers(ctx, strings.ToLower(domain))
	if t != nil {
		return []Check{c.unchecked(c.newRecord(), t)}
	}
	sts := c.askSTS(ctx, x.domain)
	all := make([]Check, len(x.hosts))
	var checks sync.WaitGroup
	for i, e := range x.hosts {
		checks.Go(func() { all[i] = c.checkExchanger(ctx, x, e, sts) })
	}
	checks.Wait()
	return all
}

func (c *Client) checkExchanger(
	ctx context.Context, x exchangers, e exchanger, sts *stsAnswer,
) Check {
	rec := c.newRecord()
	rec.sub.Host, rec.sub.Preference = e.host, e.preference
	targets, t := c.targets(ctx, x, e, sts)
	if t != nil {
		return c.unchecked(rec, t)
	}
	rec.sub.Policy = targets[0].policy
	rec.mark(seedtest.StageResolve, nil)
	check := c.peer(targets[0]).check(ctx, rec)
	assess(check.Policy, check.TLS, nil)
	if !check.OK && check.Reply == nil {
		check.Hint = c.directHint(&trouble{stage: check.Stage, hint: check.Hint}, targets[0])
	}
	return check
}

// unchecked is the check of a server that was not connected to.
func (c *Client) unchecked(rec *record, t *trouble) Check {
	check := Check{Route: c.route.Name, Begun: rec.sub.Begun, Host: rec.sub.Host,
		Preference: rec.sub.Preference}
	check.judge(t, rec)
	return check
}
