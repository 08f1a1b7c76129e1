package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"

	"blitiri.com.ar/go/spf"
)

// TestSPFAgainstLibrary holds random zones, whose records have no errors of syntax, against another
// implementation. That one counts void lookups by question, so they are not limited there; what we
// end for them is left out.
func TestSPFAgainstLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(7208, 1))
	compared := map[string]int{}
	for i := range 3000 {
		z := randomZone(rng)
		ip := netip.MustParseAddr(pickOne(rng, "192.0.2.1", "192.0.2.200", "198.51.100.9",
			"2001:db8::1", "2001:db8:1::5"))
		from := "user-name@" + pickOne(rng, randomNames...)
		got := SPF(t.Context(), z, SPFQuery{IP: ip, MailFrom: from, HELO: "d1.example"})
		if got.Void > maxVoid {
			continue
		}
		want, err := spf.CheckHostWithSender(ip.AsSlice(), "d1.example", from,
			spf.WithContext(t.Context()), spf.WithResolver(netResolver{z}),
			spf.OverrideVoidLookupLimit(1000))
		if got.Result != string(want) {
			t.Fatalf("zone %d: SPF(%s, %s) = %s (%s), the library says %s (%v)\n%s\n%+v", i, ip, from,
				got.Result, got.Reason, want, err, printZone(z), got.Trace)
		}
		compared[got.Result]++
	}
	t.Logf("compared: %v", compared)
	for _, result := range []string{"pass", "fail", "softfail", "neutral", "none", "permerror",
		"temperror"} {
		if compared[result] < 10 {
			t.Errorf("%d zones with %s, want more", compared[result], result)
		}
	}
}

var randomNames = []string{"d1.example", "d2.example", "d3.example", "d4.example", "mx.d1.example",
	"gone.example"}

func pickOne[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// randomZone makes a few domains that lead to each other.
func randomZone(rng *rand.Rand) zone {
	z := zone{}
	ips := []string{"192.0.2.1", "192.0.2.200", "198.51.100.9"}
	for _, name := range randomNames[:5] {
		if rng.IntN(8) > 0 {
			z.add(name, "TXT", randomRecord(rng))
		}
		for range rng.IntN(3) {
			z.add(name, "A", pickOne(rng, ips...))
			z.add(name, "AAAA", pickOne(rng, "2001:db8::1", "2001:db8:1::7"))
		}
		for range rng.IntN(3) {
			z.add(name, "MX", pickOne(rng, randomNames...))
		}
		if rng.IntN(12) == 0 {
			z.add(name, "FAIL", "")
		}
	}
	for range rng.IntN(4) {
		z.add(reverseName(netip.MustParseAddr(pickOne(rng, ips...))), "PTR",
			pickOne(rng, randomNames...))
	}
	z.add("name.user.d2.example", "A", "127.0.0.2")
	z.add("1.2.0.192.in-addr.d3.example", "A", "127.0.0.2")
	return z
}

func randomRecord(rng *rand.Rand) string {
	terms := []string{"v=spf1"}
	for range rng.IntN(5) {
		name := pickOne(rng, randomNames...)
		terms = append(terms, pickOne(rng, "", "", "", "-", "~", "?")+pickOne(rng, "a", "mx",
			"a:"+name, "mx:"+name, "a:"+name+"/24", "mx//48", "a:"+name+"/24//32", "ptr:"+name,
			"include:"+name, "exists:%{l1r-}.%{lr-}.d2.example", "exists:%{ir}.%{v}.d3.example",
			"exists:"+name, "ip4:192.0.2.128/25", "ip4:198.51.100.9", "ip6:2001:db8::/48"))
	}
	return strings.Join(append(terms, pickOne(rng, "-all", "~all", "?all", "+all", "",
		"redirect="+pickOne(rng, randomNames...))), " ")
}

func printZone(z zone) string {
	var b strings.Builder
	for name, n := range z {
		fmt.Fprintf(&b, "%s: %+v\n", name, *n)
	}
	return b.String()
}

// netResolver is a zone with the methods and errors of net.Resolver.
type netResolver struct{ zone zone }

func netError(err error) error {
	if err == nil {
		return nil
	}
	return &net.DNSError{Err: err.Error(), IsNotFound: isVoid(err), IsTemporary: !isVoid(err)}
}

func (r netResolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	found, err := r.zone.TXT(ctx, name)
	return found, netError(err)
}

func (r netResolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	found, err := r.zone.MX(ctx, name)
	var list []*net.MX
	for _, host := range found {
		list = append(list, &net.MX{Host: host})
	}
	return list, netError(err)
}

func (r netResolver) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	found4, err := r.zone.IP4(ctx, host)
	found6, _ := r.zone.IP6(ctx, host)
	var list []net.IPAddr
	for _, ip := range append(found4, found6...) {
		list = append(list, net.IPAddr{IP: ip.AsSlice()})
	}
	if len(list) > 0 {
		err = nil
	}
	return list, netError(err)
}

func (r netResolver) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	found, err := r.zone.PTR(ctx, netip.MustParseAddr(addr))
	return found, netError(err)
}
