package verify

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"seedtest"
	"seedtest/header"
)

// Options are what a message does not say of itself, and what to put in place of what it says.
type Options struct {
	Now      time.Time  // when the evaluation takes place
	IP       netip.Addr // the client; if not valid, the origin that the analysis found
	MailFrom string     // the envelope's sender, "<>" for the null one; if empty, as recorded
	HELO     string     // the client's name; if empty, as recorded
	Receiver string     // the name of whoever evaluates
	Cut      bool       // the message is longer than what is given of it
}

// Message evaluates a message of which a is the analysis. It asks DNS as it is now: keys, records
// and addresses may have been others when the message came. What expires is held against the time
// at which the provider received it, where that is known (RFC 6376 section 3.5).
//
// SPF needs an address, a sender and a name that the receiving provider recorded itself, or that o
// gives; without them it is not evaluated, and DMARC is left open where it rests on SPF. So it is
// with DKIM where raw has no body, or not all of it: only a header may have been kept.
//
// The findings are about what is weak, and about where the provider said something else.
func Message(ctx context.Context, raw []byte, a seedtest.Analysis, r Resolver,
	o Options) (*seedtest.Verified, []seedtest.Finding) {
	h := header.Parse(raw)
	at := o.Now
	if t := received(a); !t.IsZero() && t.Before(at) {
		at = t
	}
	v := &seedtest.Verified{
		SPF:  messageSPF(ctx, h, a, r, o),
		DKIM: DKIM(ctx, raw, h, r, at),
		ARC:  ARC(ctx, raw, h, r, at),
	}
	switch {
	case h.Body >= len(raw):
		withoutBody(v, "not evaluated: there is no body here to hold the signature against")
	case o.Cut:
		withoutBody(v, "not evaluated: the message is longer than what is read")
	}
	if authors, why := Authors(h); why != "" {
		v.DMARC.Reason = why
	} else {
		v.DMARC = DMARC(ctx, r, authors, v.SPF, v.DKIM)
	}
	findings := disagreements(v, a, o)
	return v, append(findings, weaknesses(v)...)
}

// received is when the provider's edge took the message, or zero.
func received(a seedtest.Analysis) time.Time {
	for _, hop := range a.Hops { // the oldest first
		if hop.Trusted {
			return hop.Time
		}
	}
	return time.Time{}
}

// withoutBody takes back what cannot be said of a message whose body is not there, or not to its
// end, and tells why.
func withoutBody(v *seedtest.Verified, why string) {
	for i := range v.DKIM {
		c := &v.DKIM[i]
		c.Notes = slices.DeleteFunc(c.Notes, func(note string) bool { return note == noteBody })
		if c.Result == resultFail {
			c.Result, c.Reason = "", why
		}
	}
	if v.ARC.Result != resultFail {
		return
	}
	for i := range v.ARC.Sets {
		if s := &v.ARC.Sets[i]; s.Message == resultFail {
			s.Message, s.Reason = "", why
			v.ARC.Result, v.ARC.Reason = "", why
		}
	}
}

// messageSPF evaluates SPF for a message, as far as its envelope is known.
func messageSPF(ctx context.Context, h header.Header, a seedtest.Analysis, r Resolver,
	o Options) seedtest.SPFCheck {
	q, why := envelope(h, a, o)
	if why != "" {
		return seedtest.SPFCheck{IP: q.IP, MailFrom: q.MailFrom, HELO: q.HELO, Reason: why}
	}
	return SPF(ctx, r, q)
}
