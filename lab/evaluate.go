package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
)

// maxSignatures bounds how many signatures of a message are verified.
const maxSignatures = 5

// client is who handed a message to an MX, as the MX sees it.
type client struct {
	ip       netip.Addr
	helo     string
	envelope string // the reverse-path
}

// evaluation is what the checks of a message came to.
type evaluation struct {
	client
	reverse   string // the name of the address, confirmed; empty if there is none
	ptr       string // the name that the address claims, confirmed or not
	spf       string
	spfDomain string
	dkim      []signature
	from      string // domain of the From field
	dmarc     string
	policy    string // p= of the DMARC record
}

// signature is what one DKIM-Signature field came to.
type signature struct {
	domain, selector, algorithm string
	begin                       string // the first octets of b=, which tell signatures apart
	result, reason              string
}

// evaluate checks a message as RFC 7208, RFC 6376 and RFC 9989 say, by the world's DNS.
func evaluate(ctx context.Context, r *resolver, c client, raw []byte) evaluation {
	e := evaluation{client: c, from: fromDomain(fields(raw))}
	e.iprev(ctx, r)
	e.spfDomain = domainOf(c.envelope)
	if c.envelope == "" { // RFC 7208 section 2.4
		e.spfDomain = c.helo
	}
	result, _ := spf.CheckHostWithSender(c.ip.AsSlice(), c.helo, c.envelope,
		spf.WithResolver(r), spf.WithContext(ctx))
	e.spf = string(result)
	e.dkim = verify(ctx, r, raw)
	e.judge(ctx, r)
	return e
}

// iprev looks the client's name up and back again (RFC 8601 section 3).
func (e *evaluation) iprev(ctx context.Context, r *resolver) {
	names, err := r.LookupAddr(ctx, e.ip.String())
	if err != nil || len(names) == 0 {
		return
	}
	e.ptr = strings.TrimSuffix(names[0], ".")
	back, err := r.LookupIPAddr(ctx, names[0])
	if err != nil {
		return
	}
	for _, a := range back {
		if ip, ok := netip.AddrFromSlice(a.IP); ok && ip.Unmap() == e.ip {
			e.reverse = e.ptr
		}
	}
}

// iprevResult is the result of the method iprev.
func (e evaluation) iprevResult() string {
	if e.reverse != "" {
		return "pass"
	}
	return "fail"
}

func verify(ctx context.Context, r *resolver, raw []byte) []signature {
	lookup := func(name string) ([]string, error) { return r.LookupTXT(ctx, name) }
	checked, err := dkim.VerifyWithOptions(bytes.NewReader(raw),
		&dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return nil
	}
	var out []signature
	for _, f := range fields(raw) {
		if !strings.EqualFold(f.name, "DKIM-Signature") || len(out) == len(checked) {
			continue
		}
		s := signature{domain: tag(f.value, "d"), selector: tag(f.value, "s"),
			algorithm: tag(f.value, "a"), result: "pass"}
		s.begin = tag(f.value, "b")
		s.begin = s.begin[:min(8, len(s.begin))]
		if err := checked[len(out)].Err; err != nil {
			s.result, s.reason = dkimResult(err), err.Error()
		}
		out = append(out, s)
	}
	return out
}

func dkimResult(err error) string {
	switch {
	case dkim.IsTempFail(err):
		return "temperror"
	case dkim.IsPermFail(err):
		return "permerror"
	}
	return "fail"
}

// dkimResult is the best result of all signatures, or none.
func (e evaluation) dkimResult() string {
	best := "none"
	for _, s := range e.dkim {
		if s.result == "pass" {
			return "pass"
		}
		best = s.result
	}
	return best
}

// judge finds the DMARC policy of the From domain and holds SPF and DKIM against it. Alignment is
// relaxed: the domain that has the record, or one below it (RFC 9989 section 4).
func (e *evaluation) judge(ctx context.Context, r *resolver) {
	e.dmarc = "none"
	record, domain := dmarcRecord(ctx, r, e.from)
	if record == "" {
		return
	}
	e.policy = strings.ToLower(tag(record, "p"))
	aligned := func(d string) bool {
		return strings.EqualFold(d, domain) || strings.HasSuffix(strings.ToLower(d), "."+domain)
	}
	e.dmarc = "fail"
	signed := slices.ContainsFunc(e.dkim, func(s signature) bool {
		return s.result == "pass" && aligned(s.domain)
	})
	if signed || e.spf == "pass" && aligned(e.spfDomain) {
		e.dmarc = "pass"
	}
}

// maxLabels bounds the walk up the DNS tree (RFC 9989 section 4.10).
const maxLabels = 8

// dmarcRecord walks up from a domain to the first DMARC record.
func dmarcRecord(ctx context.Context, r *resolver, domain string) (record, found string) {
	for range maxLabels {
		if !strings.Contains(domain, ".") {
			break
		}
		texts, _ := r.LookupTXT(ctx, "_dmarc."+domain)
		for _, t := range texts {
			if tag(t, "v") == "DMARC1" {
				return t, domain
			}
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return "", ""
}

// authenticated reports whether SPF or DKIM passed, aligned or not.
func (e evaluation) authenticated() bool { return e.spf == "pass" || e.dkimResult() == "pass" }

// String is what the truth says of it.
func (e evaluation) String() string {
	return fmt.Sprintf("spf=%s dkim=%s dmarc=%s iprev=%s", e.spf, e.dkimResult(), e.dmarc,
		e.iprevResult())
}
