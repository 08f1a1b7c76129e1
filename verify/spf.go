package verify

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"seedtest"
)

// SPFQuery is what SPF is asked about (RFC 7208 section 4.1).
type SPFQuery struct {
	IP       netip.Addr // of the client; IPv4-mapped ones count as IPv4
	MailFrom string     // without angle brackets; empty for the null sender
	HELO     string     // the name that the client gave
	Receiver string     // the receiver's name, for explanations
	Now      time.Time  // for explanations
}

// The bounds of an evaluation (RFC 7208 section 4.6.4), and those that keep hostile records from
// costing more than they can tell.
const (
	maxLookups = 10 // terms that cost a lookup
	maxVoid    = 2  // terms of whose lookups one found nothing
	maxHosts   = 10 // hosts of one mx, or names of one address
	maxSender  = 1000
	maxTrace   = 300
	maxExpand  = 64 << 10
)

// SPF evaluates RFC 7208's check_host() for the MAIL FROM identity or, where that is empty, for
// postmaster at the HELO name. It asks at most 10 terms' worth of lookups and so always ends; when
// ctx ends before, the result is temperror.
func SPF(ctx context.Context, r Resolver, q SPFQuery) seedtest.SPFCheck {
	sender := q.MailFrom
	if sender == "" {
		sender = "postmaster@" + q.HELO
	}
	local, domain := splitSender(sender)
	c := seedtest.SPFCheck{IP: q.IP.Unmap(), MailFrom: local + "@" + domain, HELO: q.HELO,
		Domain: domain}
	switch {
	case !q.IP.IsValid():
		c.Reason = "the client's address is not known"
		return c
	case len(sender) > maxSender:
		c.MailFrom, c.Domain = "", ""
		c.Result, c.Reason = "none", "MAIL FROM is longer than any address can be"
		return c
	}
	if why := unfit(domain); why != "" {
		c.Result, c.Reason = "none", why
		return c
	}
	e := &spfEval{dns: r, out: &c, local: local, sender: domain, query: q}
	v := e.check(ctx, domain, 0)
	c.Result, c.Reason, c.Domain, c.Mechanism = v.result, v.reason, v.domain, v.mechanism
	if v.result == "fail" && v.exp != "" {
		c.Explanation = e.explain(ctx, v.exp, v.domain)
	}
	return c
}

// splitSender parts an address at its last at sign. Without a local part it is postmaster's
// (RFC 7208 section 4.3). A domain in U-labels is turned into A-labels (RFC 8616 section 4).
func splitSender(s string) (local, domain string) {
	i := strings.LastIndexByte(s, '@')
	if local = s[:max(i, 0)]; local == "" {
		local = "postmaster"
	}
	return local, toASCII(strings.TrimSuffix(s[i+1:], "."))
}

// labels maps domain names to A-labels as programs that look names up do (UTS 46). Underscores may
// stay: names of services have them.
var labels = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// toASCII turns U-labels into A-labels. Names of ASCII, and those that cannot be turned, come back
// as they are.
func toASCII(domain string) string {
	if isASCII(domain) {
		return domain
	}
	if ascii, err := labels.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// unfit says why a name cannot be the domain of a sender (RFC 7208 section 4.3), or nothing.
func unfit(domain string) string {
	switch {
	case domain == "":
		return "there is no domain name"
	case domain[0] == '[':
		return "the domain is an address literal"
	case !isName(domain):
		return "the domain is no valid domain name"
	case !strings.Contains(domain, "."):
		return "the domain is a single label"
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return "the domain is an address"
	}
	return ""
}

// isName reports whether DNS can be asked for a name: printable ASCII in labels of 1 to 63 octets,
// together no more than 253 (RFC 1035 section 2.3.4). A final dot is not expected.
func isName(s string) bool {
	if len(s) > 253 {
		return false
	}
	length := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && length == 0 || c < ' ' || c > '~':
			return false
		case c == '.':
			length = 0
		default:
			length++
		}
		if length > 63 {
			return false
		}
	}
	return length > 0
}
