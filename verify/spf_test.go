package verify

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedtest"
)

const spfZone = `
	example.org TXT v=spf1 ip4:192.0.2.1 a:mail.example.org mx include:_spf.example.net -all
	example.org MX mx1.example.org
	example.org MX mx2.example.org
	mail.example.org A 192.0.2.2
	mx1.example.org A 192.0.2.3
	mx2.example.org A 192.0.2.4
	mx2.example.org AAAA 2001:db8::4
	_spf.example.net TXT v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ?exists:%{i}.list.example.net
	203.0.113.9.list.example.net A 127.0.0.2
	moved.example.org TXT v=spf1 a:mail.example.org redirect=example.org
	two.example.org TXT v=spf1 -all
	two.example.org TXT v=spf1 ~all
	typo.example.org TXT v=spf1 ip4:192.0.2.1 ipv4:192.0.2.2 -all
	address.example.org TXT v=spf1 a:192.0.2.2 -all
	slow.example.org TXT v=spf1 a:down.example.org -all
	down.example.org FAIL
	none.example.org TXT some other text
	open.example.org TXT v=spf1 +all
	void.example.org TXT v=spf1 a:x1.example.org a:x2.example.org a:x3.example.org -all
	loop.example.org TXT v=spf1 include:loop.example.org -all
	deep.example.org TXT v=spf1 redirect=deep.example.org
	lost.example.org TXT v=spf1 include:none.example.org -all
	why.example.org TXT v=spf1 -all exp=text.example.org
	text.example.org TXT %{i} is not ours at %{t} to %{r}, %{L} of %{d}
	mx.example.org TXT v=spf1 a -all
	mx.example.org A 192.0.2.9
	xn--bcher-kva.example TXT v=spf1 ip4:192.0.2.1 -all
	local.example.org TXT v=spf1 exists:%{l}.users.example.org ~all
	jane.users.example.org A 127.0.0.2
	named.example.org TXT v=spf1 ptr:hosts.example.org -all
	7.2.0.192.in-addr.arpa PTR a.hosts.example.org
	a.hosts.example.org A 192.0.2.7
	8.2.0.192.in-addr.arpa PTR b.hosts.example.org
	b.hosts.example.org A 192.0.2.99
	v4.example.org TXT v=spf1 mx a:mail.example.org ~all
	v4.example.org MX mx1.example.org
	v4.example.org MX mail.example.org
	v4.example.org MX a.hosts.example.org
	v4.example.org MX b.hosts.example.org
	6.2.0.192.in-addr.arpa PTR evilhosts.example.org
	evilhosts.example.org A 192.0.2.6
	soft.example.org TXT v=spf1 ~all exp=text.example.org
	both.example.org TXT v=spf1 -all exp=texts.example.org
	texts.example.org TXT one
	texts.example.org TXT two
	nul.example.org TXT v=spf1 mx -all
	nul.example.org MX .
`

func TestSPF(t *testing.T) {
	tests := []struct{ ip, from, helo, result, mechanism, reason string }{
		{"192.0.2.1", "a@example.org", "", "pass", "ip4:192.0.2.1", ""},
		{"::ffff:192.0.2.1", "a@example.org", "", "pass", "ip4:192.0.2.1", ""},
		{"192.0.2.2", "a@Example.ORG", "", "pass", "a:mail.example.org", ""},
		{"192.0.2.4", "a@example.org", "", "pass", "mx", ""},
		{"2001:db8::4", "a@example.org", "", "pass", "mx", ""},
		{"198.51.100.77", "a@example.org", "", "pass", "include:_spf.example.net", ""},
		{"2001:db8:1:2::3", "a@example.org.", "", "pass", "include:_spf.example.net", ""},
		{"2001:db8::9", "a@v4.example.org", "", "softfail", "~all", ""},
		{"203.0.113.1", "a@example.org", "", "fail", "-all", ""},
		{"203.0.113.9", "a@_spf.example.net", "", "neutral", "?exists:%{i}.list.example.net", ""},
		{"203.0.113.9", "a@example.org", "", "fail", "-all", ""},
		{"192.0.2.4", "a@moved.example.org", "", "pass", "mx", ""},
		{"192.0.2.1", "a@two.example.org", "", "permerror", "", "2 SPF records"},
		{"192.0.2.1", "a@typo.example.org", "", "permerror", "", `no mechanism "ipv4"`},
		{"192.0.2.1", "a@address.example.org", "", "permerror", "", "written with ip4 or ip6"},
		{"192.0.2.1", "a@slow.example.org", "", "temperror", "a:down.example.org", "no answer"},
		{"192.0.2.1", "a@down.example.org", "", "temperror", "", "no answer in time"},
		{"192.0.2.1", "a@none.example.org", "", "none", "", "has no SPF record"},
		{"192.0.2.1", "a@gone.example.com", "", "none", "", "has no SPF record"},
		{"192.0.2.1", "a@open.example.org", "", "pass", "+all", ""},
		{"192.0.2.1", "a@void.example.org", "", "permerror", "a:x3.example.org", "found nothing"},
		{"192.0.2.1", "a@loop.example.org", "", "permerror", "include:loop.example.org", "more than 10"},
		{"192.0.2.1", "a@deep.example.org", "", "permerror", "", "more than 10 terms"},
		{"192.0.2.1", "a@lost.example.org", "", "permerror", "include:none.example.org", "no SPF record"},
		{"192.0.2.9", "", "mx.example.org", "pass", "a", ""},
		{"192.0.2.8", "", "mx.example.org", "fail", "-all", ""},
		{"192.0.2.1", "", "[192.0.2.1]", "none", "", "address literal"},
		{"192.0.2.1", "", "localhost", "none", "", "single label"},
		{"192.0.2.1", "", "192.0.2.1", "none", "", "an address"},
		{"192.0.2.1", "", "", "none", "", "no domain name"},
		{"192.0.2.1", "a@bücher.example", "", "pass", "ip4:192.0.2.1", ""},
		{"192.0.2.1", "jane@local.example.org", "", "pass", "exists:%{l}.users.example.org", ""},
		{"192.0.2.1", "jané@local.example.org", "", "softfail", "~all", ""},
		{"192.0.2.7", "a@named.example.org", "", "pass", "ptr:hosts.example.org", ""},
		{"192.0.2.8", "a@named.example.org", "", "fail", "-all", ""},
		{"192.0.2.9", "a@named.example.org", "", "fail", "-all", ""},
		{"192.0.2.6", "a@named.example.org", "", "fail", "-all", ""},
		{"192.0.2.9", "a@nul.example.org", "", "fail", "-all", ""},
		{"192.0.2.9", strings.Repeat("a", 2000) + "@example.org", "", "none", "", "longer"},
	}
	z := parseZone(t, spfZone)
	for _, tt := range tests {
		q := SPFQuery{IP: netip.MustParseAddr(tt.ip), MailFrom: tt.from, HELO: tt.helo}
		got := SPF(t.Context(), z, q)
		if got.Result != tt.result || got.Mechanism != tt.mechanism ||
			!strings.Contains(got.Reason, tt.reason) {
			t.Errorf("SPF(%s, %q, %q) = %s by %q (%s), want %s by %q (%s)", tt.ip, shorten(tt.from, 40),
				tt.helo, got.Result, got.Mechanism, got.Reason, tt.result, tt.mechanism, tt.reason)
		}
	}
}

func TestSPFTrace(t *testing.T) {
	z := parseZone(t, spfZone)
	got := SPF(t.Context(), z, SPFQuery{IP: netip.MustParseAddr("203.0.113.9"),
		MailFrom: "a@moved.example.org"})
	want := []seedtest.SPFStep{
		{Domain: "moved.example.org", Term: "record",
			Outcome: "v=spf1 a:mail.example.org redirect=example.org"},
		{Domain: "moved.example.org", Term: "a:mail.example.org", Outcome: "no match"},
		{Domain: "moved.example.org", Term: "redirect=example.org", Outcome: "to example.org"},
		{Depth: 1, Domain: "example.org", Term: "record",
			Outcome: "v=spf1 ip4:192.0.2.1 a:mail.example.org mx include:_spf.example.net -all"},
		{Depth: 1, Domain: "example.org", Term: "ip4:192.0.2.1", Outcome: "no match"},
		{Depth: 1, Domain: "example.org", Term: "a:mail.example.org", Outcome: "no match"},
		{Depth: 1, Domain: "example.org", Term: "mx", Outcome: "no match"},
		{Depth: 1, Domain: "example.org", Term: "include:_spf.example.net",
			Outcome: "no match: neutral there"},
		{Depth: 2, Domain: "_spf.example.net", Term: "record", Outcome: "v=spf1 " +
			"ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ?exists:%{i}.list.example.net"},
		{Depth: 2, Domain: "_spf.example.net", Term: "ip4:198.51.100.0/24", Outcome: "no match"},
		{Depth: 2, Domain: "_spf.example.net", Term: "ip6:2001:db8:1::/48", Outcome: "no match"},
		{Depth: 2, Domain: "_spf.example.net", Term: "?exists:%{i}.list.example.net",
			Outcome: "match"},
		{Depth: 1, Domain: "example.org", Term: "-all", Outcome: "match"},
	}
	if diff := cmp.Diff(want, got.Trace); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	got.Trace = nil
	check := seedtest.SPFCheck{IP: netip.MustParseAddr("203.0.113.9"),
		MailFrom: "a@moved.example.org", Domain: "example.org", Result: "fail", Mechanism: "-all",
		Lookups: 6}
	if diff := cmp.Diff(check, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
}

func TestSPFExplanation(t *testing.T) {
	z := parseZone(t, spfZone)
	got := SPF(t.Context(), z, SPFQuery{IP: netip.MustParseAddr("203.0.113.9"),
		MailFrom: "j+d@why.example.org", Receiver: "mx.example.net", Now: time.Unix(1700000000, 0)})
	want := "203.0.113.9 is not ours at 1700000000 to mx.example.net, j%2Bd of why.example.org"
	if got.Result != "fail" || got.Explanation != want {
		t.Errorf("result %s, explanation %q, want fail, %q", got.Result, got.Explanation, want)
	}
	for _, domain := range []string{"soft.example.org", "both.example.org"} {
		got := SPF(t.Context(), z, SPFQuery{IP: got.IP, MailFrom: "a@" + domain})
		if got.Explanation != "" {
			t.Errorf("%s: %s with explanation %q, want none", domain, got.Result, got.Explanation)
		}
	}
}

// TestSPFSyntax holds what a record may hold (RFC 7208 section 12) and what it may not.
func TestSPFSyntax(t *testing.T) {
	good := []string{"", " ", "all", "+all  -ALL ", "a", "A/24", "a//64", "a/24//64",
		"a:x.example/0//0", "a:%{d}", "a:x_y.example.", "mx:a:b/c.example", "ptr", "ptr:%{p2r.}",
		"ip4:192.0.2.1/32", "ip6:::/0", "ip6:2001:db8::192.0.2.1/128", "exists:%{i}%%.example",
		"include:a.xn--zckzah", "exp=%{o}.example redirect=a.b-c", "x-y.z_1=%{l1r+-}:/", "foo="}
	for _, terms := range good {
		if _, err := parseSPF("v=spf1 " + terms); err != nil {
			t.Errorf("parseSPF(%q): %v", terms, err)
		}
	}
	bad := []string{"all.", "all:x", "-", "--all", "a:", "a/33", "a//129", "a/024", "a/", "a/24/64",
		"a:museum", "a:museum.", "a:x.123", "a:x.-com", "a:x.com-", "a:192.0.2.1", "mx=1.2 mx/x",
		"ptr/24", "ip4", "ip4:192.0.2", "ip4:192.0.2.1/33", "ip4:192.0.2.1/032", "ip4:2001:db8::1",
		"ip6:192.0.2.1", "ip6:2001:db8::1/129", "ip6:fe80::1%eth0", "include", "include:", "exists",
		"exists:x.example/24", "redirect=", "exp=-all", "redirect=a.b redirect=a.b",
		"exp=a.b exp=a.b", "1up=x", "=x", "x=%", "x=%a", "x=%{", "x=%{}", "x=%{a}", "a:%{c}.example",
		"a:%{d0}", "a:%{dr2}", "a:%{d!}", "a:\x00.example", "a:b\tc.example", "a:ä.example", "spf2"}
	for _, terms := range bad {
		if _, err := parseSPF("v=spf1 " + terms); err == nil {
			t.Errorf("parseSPF(%q) finds no error", terms)
		}
	}
	for txt, want := range map[string]bool{"v=spf1": true, "V=SPF1 a": true, "v=spf10": false,
		"v=spf1\ta": false, " v=spf1": false, "": false} {
		if isSPF(txt) != want {
			t.Errorf("isSPF(%q) = %v, want %v", txt, !want, want)
		}
	}
}

// TestSPFLongName holds that a name that grew too long loses labels on the left (RFC 7208 section
// 7.3).
func TestSPFLongName(t *testing.T) {
	e := &spfEval{dns: zone{}, out: &seedtest.SPFCheck{}, local: strings.Repeat("abcdefgh.", 30)}
	got, err := e.expandName(t.Context(), "%{l}.example.org", "example.org")
	if err != nil || len(got) > 253 || len(got) < 253-9 || !strings.HasSuffix(got, ".example.org") ||
		!strings.HasPrefix(got, "abcdefgh.") {
		t.Errorf("expandName = %q of %d octets, %v", got, len(got), err)
	}
}

// TestSPFMacros holds the examples of RFC 7208 section 7.4. It writes the digits of IPv6 in lower
// case, the published suite in upper case; to DNS they are the same.
func TestSPFMacros(t *testing.T) {
	tests := []struct{ spec, ip, want string }{
		{"%{s}", "192.0.2.3", "strong-bad@email.example.com"},
		{"%{o}", "192.0.2.3", "email.example.com"},
		{"%{d}", "192.0.2.3", "email.example.com"},
		{"%{d4}", "192.0.2.3", "email.example.com"},
		{"%{d3}", "192.0.2.3", "email.example.com"},
		{"%{d2}", "192.0.2.3", "example.com"},
		{"%{d1}", "192.0.2.3", "com"},
		{"%{dr}", "192.0.2.3", "com.example.email"},
		{"%{d2r}", "192.0.2.3", "example.email"},
		{"%{l}", "192.0.2.3", "strong-bad"},
		{"%{l-}", "192.0.2.3", "strong.bad"},
		{"%{lr}", "192.0.2.3", "strong-bad"},
		{"%{lr-}", "192.0.2.3", "bad.strong"},
		{"%{l1r-}", "192.0.2.3", "strong"},
		{"%{ir}.%{v}._spf.%{d2}", "192.0.2.3", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp._spf.%{d2}", "192.0.2.3", "bad.strong.lp._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
			"bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "192.0.2.3",
			"3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{"%{d2}.trusted-domains.example.net", "192.0.2.3",
			"example.com.trusted-domains.example.net"},
		{"%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." +
			"0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"},
		{"%%.%_.%-.com", "192.0.2.3", "%. .%20.com"},
		{"%{H}.com", "192.0.2.3", "m%20x.com"},
	}
	for _, tt := range tests {
		out := &seedtest.SPFCheck{IP: netip.MustParseAddr(tt.ip)}
		e := &spfEval{dns: zone{}, out: out, local: "strong-bad", sender: "email.example.com",
			query: SPFQuery{HELO: "m x"}}
		got, err := e.expandName(t.Context(), tt.spec, "email.example.com")
		if !strings.EqualFold(got, tt.want) || err != nil {
			t.Errorf("expandName(%q) for %s = %q, %v, want %q", tt.spec, tt.ip, got, err, tt.want)
		}
	}
}

// TestSPFCancelled holds that time running out never turns into a verdict.
func TestSPFCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	z := parseZone(t, spfZone)
	got := SPF(ctx, stopping{z, cancel}, SPFQuery{IP: netip.MustParseAddr("192.0.2.7"),
		MailFrom: "a@named.example.org"})
	if got.Result != "temperror" {
		t.Errorf("SPF with no time left = %s (%s), want temperror", got.Result, got.Reason)
	}
}

// stopping ends its context at the first question for the names of an address.
type stopping struct {
	zone
	cancel context.CancelFunc
}

func (s stopping) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	s.cancel()
	return s.zone.PTR(ctx, ip)
}

// TestSPFHostile holds evaluations of what a hostile zone can answer to few questions.
func TestSPFHostile(t *testing.T) {
	z := zone{}
	z.add("long.example", "TXT", "v=spf1"+strings.Repeat(" exists:%{p}%{d}.h.example", 2400))
	z.add("huge.example", "TXT", "v=spf1 "+strings.Repeat("ip4:192.0.2.1 ", 1<<20))
	z.add("many.example", "TXT", "v=spf1 a -all")
	z.add("grow.example", "TXT", "v=spf1 exists:"+strings.Repeat("%{l}", 10_000)+"%{d} -all")
	z.add("names.example", "TXT", "v=spf1 mx:h.example -all")
	z.add("ptr.example", "TXT", "v=spf1"+strings.Repeat(" exists:%{p}.%{d}", 9)+" ptr -all")
	for i := range 20 {
		z.add(fmt.Sprintf("deep%d.example", i), "TXT",
			fmt.Sprintf("v=spf1 include:deep%d.example include:deep%d.example -all", i+1, i+2))
	}
	for i := range 10_000 {
		z.add("texts.example", "TXT", strings.Repeat("x", 1000))
		z.add("many.example", "A", fmt.Sprintf("198.51.%d.%d", i/250, i%250))
		z.add("h.example", "MX", fmt.Sprintf("h%d.example", i))
		z.add("1.2.0.192.in-addr.arpa", "PTR", fmt.Sprintf("h%d.example", i))
	}
	for domain, want := range map[string]string{"long.example": "permerror",
		"huge.example": "permerror", "many.example": "fail", "grow.example": "fail",
		"names.example": "permerror", "ptr.example": "permerror", "deep0.example": "permerror",
		"texts.example": "none"} {
		c := &counting{Resolver: z}
		got := SPF(t.Context(), c, SPFQuery{IP: netip.MustParseAddr("192.0.2.1"),
			MailFrom: strings.Repeat("a", 900) + "@" + domain})
		if got.Result != want || c.asked > 150 || len(got.Trace) > maxTrace {
			t.Errorf("SPF of %s = %s (%s) with %d questions and %d steps, want %s with at most 150",
				domain, got.Result, got.Reason, c.asked, len(got.Trace), want)
		}
	}
}

// counting counts questions.
type counting struct {
	Resolver
	asked int
}

func (c *counting) TXT(ctx context.Context, name string) ([]string, error) {
	c.asked++
	return c.Resolver.TXT(ctx, name)
}

func (c *counting) IP4(ctx context.Context, name string) ([]netip.Addr, error) {
	c.asked++
	return c.Resolver.IP4(ctx, name)
}

func (c *counting) MX(ctx context.Context, name string) ([]string, error) {
	c.asked++
	return c.Resolver.MX(ctx, name)
}

func (c *counting) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	c.asked++
	return c.Resolver.PTR(ctx, ip)
}

// FuzzSPFRecord holds that any record is read or refused, and that one which is read can be
// evaluated.
func FuzzSPFRecord(f *testing.F) {
	for line := range strings.Lines(spfZone) {
		if _, txt, ok := strings.Cut(strings.TrimSpace(line), " TXT "); ok {
			f.Add(txt)
		}
	}
	f.Add("v=spf1 a//33 mx/24//64 ptr:%{d2r-} exists:%{ir}.%{v}.x.example ~all exp=%{o}.e.example")
	f.Fuzz(func(t *testing.T, txt string) {
		if !isSPF(txt) {
			txt = "v=spf1 " + txt
		}
		_, err := parseSPF(txt)
		z := zone{}
		z.add("f.example", "TXT", txt)
		c := &counting{Resolver: z}
		got := SPF(t.Context(), c, SPFQuery{IP: netip.MustParseAddr("192.0.2.1"),
			MailFrom: "a-b@f.example", HELO: "h.example"})
		if (err != nil) != (got.Result == "permerror" && got.Lookups == 0 && got.Void == 0) {
			t.Errorf("SPF with %q = %s (%s), parse error %v", txt, got.Result, got.Reason, err)
		}
		if c.asked > 150 {
			t.Errorf("SPF with %q asks %d questions", txt, c.asked)
		}
	})
}

// FuzzMacro holds that what is checked expands, and that what does not pass the check does not.
func FuzzMacro(f *testing.F) {
	f.Add("%{ir}.%{v}._spf.%{d2}", "strong-bad")
	f.Add("%{l1r+-}%%%_%-.example.org", "a+b-c")
	f.Add("%{S}%{p}%{h}.com.", "ä")
	f.Fuzz(func(t *testing.T, spec, local string) {
		out := &seedtest.SPFCheck{IP: netip.MustParseAddr("2001:db8::1")}
		e := &spfEval{dns: zone{}, out: out, local: local, sender: "s.example"}
		got, err := e.expandName(t.Context(), spec, "d.example")
		if len(got) > 253 && strings.Contains(got, ".") {
			t.Errorf("expandName(%q) has %d octets", spec, len(got))
		}
		if !strings.Contains(spec, "%") || !isPlain(local) || len(spec)*(len(local)+200) > maxExpand {
			return // there is nothing to expand, or it may end otherwise
		}
		if bad := checkMacroString(spec); (bad != nil) != (err != nil) {
			t.Errorf("expandName(%q) = %q, %v, but checkMacroString says %v", spec, got, err, bad)
		}
	})
}
