package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"seedtest"
)

// The bounds of reaching a server whose name has several addresses.
const (
	maxAddresses = 8                      // that are tried
	headStart    = 250 * time.Millisecond // of one over the next (RFC 8305 section 8)
)

// overtaken is why an attempt at an address was ended.
const overtaken = "given up: another address answered first"

// reached is what came of reaching a server.
type reached struct {
	conn     net.Conn
	resolved time.Time            // when its addresses were known; zero: a Dial of the caller did it
	others   []seedtest.Unreached // in the order of trying; none where there is one address
}

// unreachedError is that no address of a server gave a connection.
type unreachedError struct {
	others []seedtest.Unreached
	errs   []error // of each
}

// Error implements error.
func (e *unreachedError) Error() string {
	if len(e.errs) == 1 {
		return e.errs[0].Error()
	}
	var said []string
	for _, u := range e.others {
		said = append(said, u.Remote+": "+u.Error)
	}
	return "none of its addresses gave a connection: " + strings.Join(said, "; ")
}

// Unwrap is what happened at the address that comes first, which decides what to do.
func (e *unreachedError) Unwrap() error { return e.errs[0] }

// reach connects to the first address of a server that answers.
func (c *Client) reach(ctx context.Context, network, addr string) (r reached, err error) {
	source, err := c.source()
	if err != nil {
		return r, err
	}
	list, err := c.lookUp(ctx, network, addr)
	if err != nil {
		return r, err
	}
	resolved := c.o.Now()
	d := net.Dialer{LocalAddr: source}
	r, err = race(ctx, list, c.o.Now, func(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", at.String())
	})
	r.resolved = resolved
	return r, err
}

// lookUp returns the addresses of a "host:port" that a network reaches, in the order of trying.
func (c *Client) lookUp(ctx context.Context, network, addr string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, err
	}
	family := strings.TrimPrefix(network, "tcp")
	var all []netip.Addr
	if ip, literal := netip.ParseAddr(host); literal == nil {
		all = []netip.Addr{ip}
	} else if all, err = c.o.Resolver.LookupNetIP(ctx, "ip"+family, host); err != nil {
		return nil, err
	}
	var list []netip.AddrPort
	for _, ip := range all {
		at := netip.AddrPortFrom(ip.Unmap(), uint16(port))
		if family != "" && at.Addr().Is4() != (family == "4") || slices.Contains(list, at) {
			continue
		}
		list = append(list, at)
	}
	if len(list) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	list = alternating(list)
	return list[:min(len(list), maxAddresses)], nil
}

// alternating has the versions of IP take turns, so that one that does not work costs one head start
// only (RFC 8305 section 4).
func alternating(list []netip.AddrPort) []netip.AddrPort {
	var turns [2][]netip.AddrPort
	for _, at := range list {
		i := 0
		if at.Addr().Is4() != list[0].Addr().Is4() {
			i = 1
		}
		turns[i] = append(turns[i], at)
	}
	out := make([]netip.AddrPort, 0, len(list))
	for i := range list {
		for _, turn := range turns {
			if i < len(turn) {
				out = append(out, turn[i])
			}
		}
	}
	return out
}

// race tries addresses one after the other, each a head start after the one before or as soon as that
// has failed, and keeps the first connection (RFC 8305 section 5). It ends when all that it began has.
func race(ctx context.Context, list []netip.AddrPort, now func() time.Time,
	dial func(context.Context, netip.AddrPort) (net.Conn, error)) (reached, error) {
	type result struct {
		i    int
		conn net.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result)
	begun, errs := []time.Time{}, make([]error, len(list))
	begin := func() {
		i := len(begun)
		begun = append(begun, now())
		go func() {
			conn, err := dial(ctx, list[i])
			results <- result{i, conn, err}
		}()
	}
	next := time.NewTicker(headStart)
	defer next.Stop()
	won := result{i: -1}
	begin()
	for ended := 0; ended < len(begun); {
		select {
		case <-next.C:
			if len(begun) < len(list) && won.conn == nil {
				begin()
			}
		case r := <-results:
			ended++
			switch errs[r.i] = r.err; {
			case r.err == nil && won.conn != nil:
				_ = r.conn.Close()
				errs[r.i] = errOvertaken
			case r.err == nil:
				won = r
				cancel()
			case won.conn != nil:
				errs[r.i] = errOvertaken
			case len(begun) < len(list):
				begin()
				next.Reset(headStart)
			}
		}
	}
	return summed(list, begun, errs, won.conn)
}

var errOvertaken = errors.New(overtaken)

// summed says what came of all addresses that were tried.
func summed(list []netip.AddrPort, begun []time.Time, errs []error, conn net.Conn) (reached, error) {
	r := reached{conn: conn}
	var failed []error
	for i, at := range begun {
		if errs[i] == nil {
			continue
		}
		failed = append(failed, errs[i])
		r.others = append(r.others, seedtest.Unreached{Remote: list[i].String(), Begun: at.UTC(),
			Error: addressWords(errs[i])})
	}
	if conn == nil {
		err := &unreachedError{r.others, failed}
		if len(list) == 1 {
			r.others = nil // the error says it all
		}
		return r, err
	}
	return r, nil
}

// addressWords says why an address gave no connection, without naming it again.
func addressWords(err error) string {
	var number syscall.Errno
	switch {
	case isTimeout(err):
		return "no answer"
	case errors.As(err, &number):
		return number.Error()
	}
	return clip(printable(err.Error()), maxDialogLine)
}

// noteUnreached puts the other addresses of a server on record. One that gives no connection while
// another does is a matter for whoever runs it, or for the way there.
func (r *record) noteUnreached(at reached) {
	r.sub.Unreached = at.others
	for _, u := range at.others {
		what := fmt.Sprintf("no connection to %s: %s", u.Remote, u.Error)
		r.dialog.note(what)
		if at.conn != nil && u.Error != overtaken {
			r.remarks = append(r.remarks, what+"; have this way mended, or the address taken out of DNS: "+
				"each message may have to wait for it")
		}
	}
}
