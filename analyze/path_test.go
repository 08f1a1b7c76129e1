package analyze

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

// wayOf makes a header of Received values, which are given in the order of transit.
func wayOf(values ...string) []byte {
	var b strings.Builder
	for i := range values {
		fmt.Fprintf(&b, "Received: %s\n", values[len(values)-1-i])
	}
	return []byte(b.String() + "\n")
}

func TestPathFindings(t *testing.T) {
	const (
		at   = "; Mon, 21 Sep 2026 "
		mail = "from a.example.org (a.example.org [192.0.2.1]) by b.example.net with ESMTPS id b1 " +
			"for <y@example.net>" + at + "10:00:00 +0000"
	)
	from := func(client, ip, server, rest, clock string) string {
		return fmt.Sprintf("from %s (%s [%s]) by %s %s%s%s +0000", client, client, ip, server, rest, at,
			clock)
	}
	c := from("b.example.net", "198.51.100.2", "c.example.com", "with ESMTPS id c1 for <y@example.net>",
		"10:00:01")
	again := from("c.example.com", "198.51.100.3", "b.example.net",
		"with ESMTPS id b2 for <y@example.net>", "10:00:02")
	tests := []struct {
		name string
		way  []string
		want string // codes with severities and titles
	}{
		{"nothing to say", []string{mail, c}, ""},
		{"comes back", []string{mail, c, again},
			"info hop.again: it came back to b.example.net for y@example.net"},
		{"comes back for another", []string{mail, c,
			strings.Replace(again, "<y@", "<z@", 1)}, ""},
		{"circle", []string{mail, c, again, c, strings.Replace(again, "b2", "b3", 1)},
			"warning hop.loop: it came to b.example.net 3 times for y@example.net"},
		{"same id", []string{mail, c, strings.Replace(again, "b2", "b1", 1)},
			"warning hop.loop: b.example.net took it twice under the id b1"},
		{"a field written twice", []string{mail, mail, c}, ""},
		{"filter on the same machine", []string{mail,
			from("b.example.net", "127.0.0.1", "localhost", "with ESMTP id f1 for <y@example.net>",
				"10:00:01"),
			from("localhost", "127.0.0.1", "b.example.net", "with ESMTP id b2 for <y@example.net>",
				"10:00:01")}, ""},
		{"Exchange within itself", []string{
			"from x.example.com (10.0.0.1) by x.example.com (10.0.0.1) with Microsoft SMTP Server id " +
				"15.20.7990.17" + at + "10:00:00 +0000",
			"from x.example.com ([10.0.0.1]) by x.example.com ([10.0.0.1]) with mapi id 15.20.7990.17" +
				at + "10:00:00 +0000"}, ""},
		{"waits", []string{mail, strings.Replace(c, "10:00:01", "10:20:00", 1)},
			"warning hop.slow: it waited 20m0s before c.example.com took it, of 20m0s in all"},
		{"lay in a mailbox until it was fetched", []string{mail, "from mail.example.net [192.0.2.9] by " +
			"localhost with POP3 (fetchmail-6.4.21) for <y@localhost> (single-drop)" + at +
			"18:00:00 +0000"}, ""},
		{"a clock is ahead", []string{mail, strings.Replace(c, "10:00:01", "10:20:00", 1),
			from("c.example.com", "198.51.100.3", "d.example.com", "with ESMTPS id d1", "10:00:03")},
			"warning hop.skew: the clock of d.example.com is at least 19m57s behind that of " +
				"c.example.com"},
		{"a clock is a little behind", []string{mail, strings.Replace(c, "10:00:01", "09:59:45", 1)},
			"info hop.skew: the clock of c.example.com is at least 15s behind that of b.example.net"},
		{"a zone that nobody knows",
			[]string{mail, strings.Replace(c, "10:00:01 +0000", "19:00:01 JST", 1)}, ""},
		{"clocks differ as clocks do", []string{mail, strings.Replace(c, "10:00:01", "09:59:55", 1)}, ""},
		{"no TLS", []string{strings.Replace(mail, "ESMTPS", "ESMTP", 1), c},
			"info hop.plaintext: b.example.net shows no TLS"},
		{"a login without TLS", []string{strings.Replace(mail, "ESMTPS", "ESMTPA", 1),
			strings.Replace(c, "ESMTPS", "ESMTP", 1)},
			"warning hop.plaintext: 2 servers show no TLS, b.example.net first, and a login was given"},
		{"neighbours without TLS", []string{
			from("mx1.mail.example.org", "192.0.2.1", "mx2.mail.example.org", "with ESMTP id b1",
				"10:00:00")}, ""},
		{"strangers in one country without TLS", []string{
			from("example.co.uk", "192.0.2.1", "mx.co.uk", "with ESMTP id b1", "10:00:00")},
			"info hop.plaintext: mx.co.uk shows no TLS"},
		{"a login behind a proxy", []string{from("pc.example.org", "192.0.2.1",
			"mail.messagingengine.com", "with ESMTPA id b1", "10:00:00")}, ""},
		{"a private client without TLS", []string{
			from("pc", "192.168.1.7", "b.example.net", "with ESMTP id b1", "10:00:00")}, ""},
		{"delivery without TLS", []string{
			from("b.example.net", "198.51.100.2", "b.example.net", "with LMTP id b1", "10:00:00")}, ""},
		{"no name, no date", []string{"from x", "by y", "(qmail 1 invoked by uid 1)"}, ""},
	}
	for _, test := range tests {
		a := Message(wayOf(test.way...), "", seedtest.Trust{})
		var got []string
		for _, f := range a.Findings {
			got = append(got, fmt.Sprintf("%s %s: %s", f.Severity, f.Code, f.Title))
			if len(f.Evidence) == 0 || f.Evidence[0].Raw == "" || len(f.Fix) == 0 {
				t.Errorf("%s: %s has evidence %v and fix %v, want both", test.name, f.Code, f.Evidence,
					f.Fix)
			}
		}
		if s := strings.Join(got, "; "); s != test.want {
			t.Errorf("%s:\n got %q\nwant %q", test.name, s, test.want)
		}
	}
}

func TestHiddenClient(t *testing.T) {
	within, outside := netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("192.0.2.1")
	hop := func(ip netip.Addr, trusted bool) seedtest.Hop {
		return seedtest.Hop{From: seedtest.HopFrom{IP: ip}, By: seedtest.HopBy{Name: "mx.example.net"},
			Trusted: trusted}
	}
	tests := []struct {
		name string
		hops []seedtest.Hop
		want bool
	}{
		{"hidden", []seedtest.Hop{hop(outside, false), hop(within, true)}, true},
		{"told", []seedtest.Hop{hop(outside, false), hop(outside, true), hop(within, true)}, false},
		{"its own mail", []seedtest.Hop{hop(within, true), hop(within, true)}, false},
		{"nobody is trusted", []seedtest.Hop{hop(outside, false), hop(within, false)}, false},
		{"no address", []seedtest.Hop{hop(outside, false), hop(netip.Addr{}, true)}, false},
	}
	for _, test := range tests {
		got := slices.ContainsFunc(pathFindings(test.hops), func(f seedtest.Finding) bool {
			return f.Code == "hop.hidden"
		})
		if got != test.want {
			t.Errorf("%s: hop.hidden is found: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestManyHops(t *testing.T) {
	way := make([]string, 5000)
	for i := range way {
		way[i] = fmt.Sprintf("by h%d.example.net with SMTP id %d for <y@example.net>", i%7, i)
	}
	a := Message(wayOf(way...), "", seedtest.Trust{})
	if len(a.Hops) != len(way) || len(a.Findings) != 1 || a.Findings[0].Code != codeLoop {
		t.Errorf("%d hops, findings %v, want %d and one %s", len(a.Hops), a.Findings, len(way), codeLoop)
	}
}

// TestPlaintextIsBounded holds that a finding about thousands of hops counts all and quotes a few.
func TestPlaintextIsBounded(t *testing.T) {
	const many = 5000
	hops := make([]seedtest.Hop, many)
	for i := range hops {
		hops[i] = seedtest.Hop{With: "esmtp", By: seedtest.HopBy{Name: "b.example.net"},
			From: seedtest.HopFrom{HELO: "a.example.org", IP: netip.MustParseAddr("198.51.100.7")}}
	}
	f, ok := plaintext(hops)
	if want := "5000 servers show no TLS, b.example.net first"; !ok || f.Title != want ||
		len(f.Evidence) != maxEvidence {
		t.Errorf("%q with %d fields, want %q with %d", f.Title, len(f.Evidence), want, maxEvidence)
	}
}
