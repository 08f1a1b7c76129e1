package resolve

import (
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"seedtest"
)

// Answer is what DNS has at a name. There is at least one record.
type Answer struct {
	Name      string   // where the records stand, after all aliases
	Aliases   []string // the names that led there, the one asked first; empty if it has the records
	Records   []Record
	Authentic bool          // the server says that it validated everything (AD bit)
	TTL       time.Duration // how long all of it may be kept
	Server    string        // who answered
}

// Record is one record. The fields that its type does not have are zero.
type Record struct {
	Type       string
	TTL        time.Duration
	Addr       netip.Addr // of A and AAAA
	Host       string     // of MX, PTR, NS, CNAME and SRV, without final dot; "." for the root
	Preference int        // of MX, and the priority of SRV
	Port       int        // of SRV
	Text       string     // of TXT: its strings joined
	Data       string     // of every type, as zone files have it
}

// The bounds of aliases: how many may follow each other, and how many questions may be asked until
// they end.
const (
	maxAliases   = 16
	maxQuestions = 8
)

// The bounds of how long something is kept, whatever the answer says.
const (
	maxKept     = 24 * time.Hour
	maxNothing  = time.Hour
	keptFailure = 5 * time.Second
)

// chain follows the aliases of a message from a name on, and returns where they end or become too
// many.
func chain(m *dns.Msg, name string, kind uint16) (end string, passed []string, ttl uint32) {
	ttl = uint32(maxKept / time.Second)
	for kind != dns.TypeCNAME && len(passed) <= maxAliases {
		alias := aliasAt(m, name)
		if alias == nil {
			break
		}
		passed = append(passed, name)
		name, ttl = strings.ToLower(alias.Target), min(ttl, alias.Hdr.Ttl)
	}
	return name, passed, ttl
}

func aliasAt(m *dns.Msg, name string) *dns.CNAME {
	for _, rr := range m.Answer {
		if c, ok := rr.(*dns.CNAME); ok && c.Hdr.Class == dns.ClassINET &&
			strings.EqualFold(c.Hdr.Name, name) {
			return c
		}
	}
	return nil
}

// recordsAt returns the records of a name and type.
func recordsAt(m *dns.Msg, name string, kind uint16) []Record {
	var list []Record
	for _, rr := range m.Answer {
		h := rr.Header()
		if h.Rrtype == kind && h.Class == dns.ClassINET && strings.EqualFold(h.Name, name) {
			list = append(list, newRecord(rr))
		}
	}
	return list
}

func newRecord(rr dns.RR) Record {
	h := rr.Header()
	r := Record{Type: dns.TypeToString[h.Rrtype], TTL: time.Duration(h.Ttl) * time.Second,
		Data: strings.TrimPrefix(rr.String(), h.String())}
	switch d := rr.(type) {
	case *dns.A:
		r.Addr, _ = netip.AddrFromSlice(d.A)
		r.Addr = r.Addr.Unmap()
	case *dns.AAAA:
		r.Addr, _ = netip.AddrFromSlice(d.AAAA)
	case *dns.MX:
		r.Host, r.Preference = relative(d.Mx), int(d.Preference)
	case *dns.PTR:
		r.Host = relative(d.Ptr)
	case *dns.NS:
		r.Host = relative(d.Ns)
	case *dns.CNAME:
		r.Host = relative(d.Target)
	case *dns.SRV:
		r.Host, r.Preference, r.Port = relative(d.Target), int(d.Priority), int(d.Port)
	case *dns.TXT:
		for _, part := range d.Txt {
			r.Text += unescape(part)
		}
	}
	return r
}

// nothingTTL is how long it may be kept that there is nothing: what the SOA record says, and not at
// all without one (RFC 2308 section 5).
func nothingTTL(m *dns.Msg) time.Duration {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(time.Duration(min(soa.Hdr.Ttl, soa.Minttl))*time.Second, maxNothing)
		}
	}
	return 0
}

func noData() *failure { return &failure{kind: KindNODATA, err: seedtest.ErrNODATA} }
