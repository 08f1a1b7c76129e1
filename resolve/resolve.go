package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// The defaults of Options.
const (
	DefaultTimeout = 3 * time.Second
	DefaultSize    = 4096
)

// rounds is how often the servers are asked in turn until one answers, and maxServers how many.
const (
	rounds     = 2
	maxServers = 8
)

// Options say whom to ask and how.
type Options struct {
	Servers []string      // recursive servers, address:port or address; empty for the system's
	Timeout time.Duration // of one server's answer; 0 for DefaultTimeout
	Size    int           // how many answers to keep; 0 for DefaultSize, negative for none

	// Dial connects to a server over "udp" or "tcp"; nil for a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Now is the clock by which answers expire; nil for time.Now.
	Now func() time.Time
}

// Resolver asks recursive servers of DNS.
type Resolver struct {
	servers []string
	first   atomic.Int64 // of servers, the one that answered last
	timeout time.Duration
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	memory  *memory
}

// New returns a resolver. It asks nobody yet. An error says that a server's address is none, or
// that none is given and the system knows none either.
func New(o Options) (*Resolver, error) {
	r := &Resolver{timeout: o.Timeout, dial: o.Dial}
	if r.timeout <= 0 {
		r.timeout = DefaultTimeout
	}
	if r.dial == nil {
		r.dial = (&net.Dialer{}).DialContext
	}
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r.memory = newMemory(o.Size, o.Now)
	if len(o.Servers) == 0 {
		o.Servers = systemServers()
	}
	for _, s := range o.Servers[:min(len(o.Servers), maxServers)] {
		address, err := serverAddress(s)
		if err != nil {
			return nil, err
		}
		r.servers = append(r.servers, address)
	}
	if len(r.servers) == 0 {
		return nil, errors.New("dns: no server is given, and the system names none")
	}
	return r, nil
}

// serverAddress adds the port of DNS where none is given.
func serverAddress(s string) (string, error) {
	if host, port, err := net.SplitHostPort(s); err == nil && host != "" && port != "" {
		return s, nil
	}
	host := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if _, err := netip.ParseAddr(host); host == "" || strings.Contains(host, ":") && err != nil {
		return "", fmt.Errorf("dns: server %q is no address", s)
	}
	return net.JoinHostPort(host, "53"), nil
}

// Query asks for the records of a type, such as "TXT" or "TLSA", at a name. Names with letters
// beyond ASCII are asked for in A-labels. Aliases (CNAME) are followed. The error is an *Error.
func (r *Resolver) Query(ctx context.Context, name, recordType string) (Answer, error) {
	e := &Error{Name: name, Type: strings.ToUpper(recordType)}
	kind, ok := dns.StringToType[e.Type]
	if !ok || isMeta(kind) {
		e.Kind, e.Err = KindType, errors.New("no type of record that can be asked for")
		return Answer{}, e
	}
	asked, err := absolute(name)
	if err != nil {
		e.Kind, e.Err = KindName, err
		return Answer{}, e
	}
	if err := ctx.Err(); err != nil {
		e.Kind, e.Err = KindCanceled, err
		return Answer{}, e
	}
	o := r.memory.get(ctx, question{asked, kind}, func() outcome { return r.ask(ctx, asked, kind) })
	if x := o.failure; x != nil {
		e.Kind, e.Server, e.Err = x.kind, x.server, x.err
		return Answer{}, e
	}
	o.answer.Records = slices.Clone(o.answer.Records) // the caller may change them
	o.answer.Aliases = slices.Clone(o.answer.Aliases)
	return o.answer, nil
}

// isMeta reports whether a type is none of records, but of questions or messages (RFC 6895 section
// 3.1).
func isMeta(kind uint16) bool {
	return kind == dns.TypeNone || kind == dns.TypeOPT || 128 <= kind && kind <= 255
}

// ask asks as often as aliases lead elsewhere without an answer.
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) outcome {
	a := Answer{Authentic: true, TTL: maxKept}
	for range maxQuestions {
		m, server, x := r.fromAny(ctx, name, kind)
		if m == nil {
			return failed(x)
		}
		end, passed, ttl := chain(m, name, kind)
		a.Server, a.Authentic = server, a.Authentic && m.AuthenticatedData
		a.Aliases = append(a.Aliases, relativeAll(passed)...)
		a.TTL = min(a.TTL, time.Duration(ttl)*time.Second)
		a.Name, a.Records = relative(end), recordsAt(m, end, kind)
		for _, record := range a.Records {
			a.TTL = min(a.TTL, record.TTL)
		}
		switch {
		case len(a.Aliases) > maxAliases:
			return failed(endless(server))
		case x == nil && len(a.Records) > 0:
			return outcome{answer: a, ttl: a.TTL}
		case x == nil && end != name && nothingTTL(m) == 0:
			name = end // the server left it to us to follow the alias
		default:
			return nothing(m, server, x, a.TTL)
		}
	}
	return failed(endless(a.Server))
}

// failed is the outcome that nothing was learned. It is kept a little, so that a question that
// fails is not asked again at once (RFC 9520), unless it was the caller who gave up.
func failed(x *failure) outcome {
	if x.kind == KindCanceled {
		return outcome{failure: x}
	}
	return outcome{failure: x, ttl: keptFailure}
}

func endless(server string) *failure {
	return &failure{kind: KindMalformed, server: server, err: errors.New("the aliases do not end")}
}

// nothing is the outcome that there is no such name, or no record of the type.
func nothing(m *dns.Msg, server string, x *failure, ttl time.Duration) outcome {
	if x == nil {
		x = noData()
	}
	x.server = server
	return outcome{failure: x, ttl: min(ttl, nothingTTL(m))}
}

// fromAny asks one server after the other until one answers, and first the one that answered last,
// so that a dead server costs one wait and not one a question. The message is nil if none answered;
// the failure beside a message is that there is no such name.
func (r *Resolver) fromAny(ctx context.Context, name string, kind uint16) (*dns.Msg, string,
	*failure) {
	var last *failure
	first, n := int(r.first.Load()), len(r.servers)
	for i := range rounds * n {
		server := r.servers[(first+i)%n]
		m, x := r.exchange(ctx, server, name, kind)
		if x == nil {
			x = failedCode(m.Rcode)
		}
		if x == nil || x.kind == KindNXDOMAIN {
			r.first.Store(int64((first + i) % n))
			return m, server, x
		}
		x.server = server
		if last = x; x.final() {
			break
		}
	}
	return nil, last.server, last
}

func relativeAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = relative(name)
	}
	return out
}
