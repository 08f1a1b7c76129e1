package sender

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// closing counts how often a connection was closed.
type closing struct {
	net.Conn
	closed *int
}

// Close implements net.Conn.
func (c closing) Close() error { *c.closed++; return nil }

func addressesOf(list ...string) (all []netip.AddrPort) {
	for _, s := range list {
		all = append(all, netip.MustParseAddrPort(s))
	}
	return all
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// TestRace: the first address that answers has the connection, no other is left open, and why the
// rest had none is known of each.
func TestRace(t *testing.T) {
	const a, b, c = "[2001:db8::1]:25", "192.0.2.1:25", "192.0.2.2:25"
	answers := func(after time.Duration, err error) func(context.Context) error {
		return func(ctx context.Context) error {
			select {
			case <-time.After(after):
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	stubborn := func(ctx context.Context) error { <-ctx.Done(); return nil } // connects when it is too late
	for name, x := range map[string]struct {
		does   map[string]func(context.Context) error
		remote string // "": none
		others string
		took   time.Duration
		closed int
	}{
		"first": {map[string]func(context.Context) error{a: answers(0, nil)}, a, "", 0, 0},
		"second at once after a refusal": {map[string]func(context.Context) error{
			a: answers(0, errRefused), b: answers(0, nil)}, b, a + " connection refused", 0, 0},
		"second after a head start": {map[string]func(context.Context) error{
			a: answers(time.Hour, nil), b: answers(0, nil)}, b, a + " " + overtaken, headStart, 0},
		"the slow first one all the same": {map[string]func(context.Context) error{
			a: answers(2*headStart+1, nil), b: answers(time.Hour, nil), c: answers(time.Hour, nil)}, a,
			b + " " + overtaken + "|" + c + " " + overtaken, 2*headStart + 1, 0},
		"two connect": {map[string]func(context.Context) error{a: stubborn, b: answers(0, nil)}, b,
			a + " " + overtaken, headStart, 1},
		"a later refusal": {map[string]func(context.Context) error{a: answers(3*headStart/2, errRefused),
			b: answers(time.Hour, nil), c: answers(0, nil)}, c,
			a + " connection refused|" + b + " " + overtaken, 3 * headStart / 2, 0},
		"none": {map[string]func(context.Context) error{a: answers(0, errRefused), b: answers(time.Hour, nil),
			c: answers(0, errRefused)}, "",
			a + " connection refused|" + b + " no answer|" + c + " connection refused", 10 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				begun, remote, closed := time.Now(), map[net.Conn]string{}, 0
				got, err := race(ctx, addressesOf(a, b, c), time.Now,
					func(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
						if err := x.does[at.String()](ctx); err != nil {
							return nil, err
						}
						conn := &closing{closed: &closed}
						remote[conn] = at.String()
						return conn, nil
					})
				if took := time.Since(begun); took != x.took || remote[got.conn] != x.remote || closed != x.closed {
					t.Errorf("%q after %v with %d closed, want %q after %v with %d", remote[got.conn], took, closed,
						x.remote, x.took, x.closed)
				}
				var others []string
				for _, u := range got.others {
					others = append(others, u.Remote+" "+u.Error)
				}
				if strings.Join(others, "|") != x.others {
					t.Errorf("others %q, want %q", others, x.others)
				}
				if (err == nil) != (x.remote != "") || err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// TestRaceOfOne: where there is one address its own error says it all.
func TestRaceOfOne(t *testing.T) {
	got, err := race(t.Context(), addressesOf("192.0.2.1:25"), time.Now,
		func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, errRefused })
	if err == nil || err.Error() != errRefused.Error() || len(got.others) != 0 {
		t.Errorf("%v, others %v", err, got.others)
	}
}

// TestAlternating has the versions of IP take turns, in the order of the resolver otherwise.
func TestAlternating(t *testing.T) {
	got := alternating(addressesOf("[2001:db8::1]:25", "[2001:db8::2]:25", "[2001:db8::3]:25", "192.0.2.1:25"))
	want := addressesOf("[2001:db8::1]:25", "192.0.2.1:25", "[2001:db8::2]:25", "[2001:db8::3]:25")
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

// TestLookUpIsBounded: DNS of others does not decide how many addresses are tried.
func TestLookUpIsBounded(t *testing.T) {
	c := &Client{}
	list, err := c.lookUp(t.Context(), "tcp", "192.0.2.1:25")
	if err != nil || len(list) != 1 || list[0].String() != "192.0.2.1:25" {
		t.Errorf("an address: %v, %v", list, err)
	}
	if _, err := c.lookUp(t.Context(), "tcp6", "192.0.2.1:25"); err == nil {
		t.Error("an address of IPv4 where IPv6 is wanted: no error")
	}
	c.o.Resolver = twenty()
	list, err = c.lookUp(t.Context(), "tcp", "mx.example.net:25")
	if err != nil || len(list) != maxAddresses {
		t.Errorf("a name with twenty addresses: %v, %v", list, err)
	}
}
