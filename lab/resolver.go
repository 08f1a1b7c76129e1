package lab

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// dnsTimeout bounds one question of an MX.
const dnsTimeout = 5 * time.Second

// resolver asks the world's DNS, as every MX does for each message.
type resolver struct {
	exchange func(ctx context.Context, q *dns.Msg) (*dns.Msg, error)
}

// overNetwork asks a server over UDP, and over TCP where the answer was cut short.
func overNetwork(server string) *resolver {
	return &resolver{func(ctx context.Context, q *dns.Msg) (*dns.Msg, error) {
		client := dns.Client{Timeout: dnsTimeout}
		reply, _, err := client.ExchangeContext(ctx, q, server)
		if err == nil && reply.Truncated {
			client.Net = "tcp"
			reply, _, err = client.ExchangeContext(ctx, q, server)
		}
		return reply, err
	}}
}

// inProcess asks the zone itself, by messages as they would stand on the wire.
func inProcess(z *zone) *resolver {
	return &resolver{func(_ context.Context, q *dns.Msg) (*dns.Msg, error) {
		wire, err := z.answer(q).Pack()
		if err != nil {
			return nil, err
		}
		reply := new(dns.Msg)
		return reply, reply.Unpack(wire)
	}}
}

// ask returns the records of a kind; the error is a net.DNSError, as the evaluators expect it.
func (r *resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.SetEdns0(1232, false)
	reply, err := r.exchange(ctx, q)
	if err != nil {
		return nil, &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
	}
	switch {
	case reply.Rcode == dns.RcodeNameError, reply.Rcode == 0 && len(reply.Answer) == 0:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case reply.Rcode != dns.RcodeSuccess:
		return nil, &net.DNSError{Err: dns.RcodeToString[reply.Rcode], Name: name,
			IsTemporary: true}
	}
	return reply.Answer, nil
}

// LookupTXT returns the TXT records of a name, each joined from its strings.
func (r *resolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	records, err := r.ask(ctx, name, dns.TypeTXT)
	var out []string
	for _, rr := range records {
		if t, ok := rr.(*dns.TXT); ok {
			out = append(out, strings.Join(t.Txt, ""))
		}
	}
	return out, err
}

// LookupMX returns the mail exchangers of a domain.
func (r *resolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	records, err := r.ask(ctx, name, dns.TypeMX)
	var out []*net.MX
	for _, rr := range records {
		if mx, ok := rr.(*dns.MX); ok {
			out = append(out, &net.MX{Host: mx.Mx, Pref: mx.Preference})
		}
	}
	return out, err
}

// LookupIPAddr returns the addresses of a host.
func (r *resolver) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	var out []net.IPAddr
	var first error
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := r.ask(ctx, host, kind)
		if err != nil && first == nil {
			first = err
		}
		for _, rr := range records {
			switch a := rr.(type) {
			case *dns.A:
				out = append(out, net.IPAddr{IP: a.A})
			case *dns.AAAA:
				out = append(out, net.IPAddr{IP: a.AAAA})
			}
		}
	}
	if len(out) > 0 {
		first = nil
	}
	return out, first
}

// LookupAddr returns the reverse names of an address.
func (r *resolver) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	arpa, err := dns.ReverseAddr(addr)
	if err != nil {
		return nil, err
	}
	records, err := r.ask(ctx, arpa, dns.TypePTR)
	var out []string
	for _, rr := range records {
		if ptr, ok := rr.(*dns.PTR); ok {
			out = append(out, ptr.Ptr)
		}
	}
	return out, err
}
