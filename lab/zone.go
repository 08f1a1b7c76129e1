package lab

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// ttl of every record, in seconds.
const ttl = 300

// zone is all that the world's DNS knows: records by lower-case name with final dot.
type zone struct {
	records map[string][]dns.RR
}

func newZone() *zone { return &zone{records: map[string][]dns.RR{}} }

func (z *zone) add(rr dns.RR) {
	name := strings.ToLower(rr.Header().Name)
	z.records[name] = append(z.records[name], rr)
}

func head(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: dns.Fqdn(name), Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// host gives a name an address, and the address this reverse name, none if it is empty.
func (z *zone) host(name string, ip netip.Addr, reverse string) {
	if ip.Is4() {
		z.add(&dns.A{Hdr: head(name, dns.TypeA), A: ip.AsSlice()})
	} else {
		z.add(&dns.AAAA{Hdr: head(name, dns.TypeAAAA), AAAA: ip.AsSlice()})
	}
	if reverse == "" {
		return
	}
	arpa, err := dns.ReverseAddr(ip.String())
	if err == nil {
		z.add(&dns.PTR{Hdr: head(arpa, dns.TypePTR), Ptr: dns.Fqdn(reverse)})
	}
}

// text adds a TXT record, in strings of at most 255 octets (RFC 1035 section 3.3.14).
func (z *zone) text(name, value string) {
	var parts []string
	for len(value) > 255 {
		parts, value = append(parts, value[:255]), value[255:]
	}
	z.add(&dns.TXT{Hdr: head(name, dns.TypeTXT), Txt: append(parts, value)})
}

func (z *zone) exchanger(domain, host string) {
	z.add(&dns.MX{Hdr: head(domain, dns.TypeMX), Preference: 10, Mx: dns.Fqdn(host)})
}

// apex gives a domain its name server and start of authority.
func (z *zone) apex(domain string) {
	z.add(&dns.NS{Hdr: head(domain, dns.TypeNS), Ns: "ns.example.net."})
	z.add(&dns.SOA{Hdr: head(domain, dns.TypeSOA), Ns: "ns.example.net.",
		Mbox: "hostmaster.example.net.", Serial: 1, Refresh: 7200, Retry: 900,
		Expire: 1209600, Minttl: ttl})
}

// address returns the address of a name.
func (z *zone) address(name string) (netip.Addr, bool) {
	for _, rr := range z.records[strings.ToLower(dns.Fqdn(name))] {
		if a, ok := rr.(*dns.A); ok {
			return netip.AddrFrom4([4]byte(a.A.To4())), true
		}
	}
	return netip.Addr{}, false
}

// answer answers a query as an authoritative server does: the records, or NODATA, or NXDOMAIN,
// with the start of authority in both of these (RFC 2308 section 2).
func (z *zone) answer(q *dns.Msg) *dns.Msg {
	reply := new(dns.Msg)
	reply.SetReply(q)
	reply.Authoritative = true
	if len(q.Question) != 1 || q.Opcode != dns.OpcodeQuery {
		reply.Rcode = dns.RcodeNotImplemented
		return reply
	}
	name := strings.ToLower(q.Question[0].Name)
	for _, rr := range z.records[name] {
		if rr.Header().Rrtype == q.Question[0].Qtype {
			reply.Answer = append(reply.Answer, rr)
		}
	}
	if len(reply.Answer) == 0 {
		if !z.exists(name) {
			reply.Rcode = dns.RcodeNameError
		}
		reply.Ns = z.authority(name)
	}
	return reply
}

// exists reports whether a name is there, if only because something is below it (RFC 8020).
func (z *zone) exists(name string) bool {
	for have := range z.records {
		if have == name || strings.HasSuffix(have, "."+name) {
			return true
		}
	}
	return false
}

// authority returns the start of authority of the domain that a name is in.
func (z *zone) authority(name string) []dns.RR {
	for name != "" {
		for _, rr := range z.records[name] {
			if rr.Header().Rrtype == dns.TypeSOA {
				return []dns.RR{rr}
			}
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return nil
}
