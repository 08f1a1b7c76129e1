package diagnose

import (
	"testing"
	"time"

	"seedtest"
)

// TestClient holds what the name and the greeting of a client say, as providers note them.
func TestClient(t *testing.T) {
	tests := []struct {
		helo, rdns, raw string
		ptr, greeting   string // the words that are observed
		name            string // what templates have for the reverse name
	}{
		{"mx.example.org", "mx.example.org", "from mx.example.org (mx.example.org [192.0.2.1])",
			"named", "ok", "mx.example.org"},
		{"mx.example.org", "out.example.net.", "from mx.example.org (out.example.net. [192.0.2.1])",
			"named", "other", "out.example.net"},
		{"mx.example.org", "unknown", "from mx.example.org (unknown [192.0.2.1])", "none", "ok", ""},
		{"mx.example.org", "Unknown", "from Unknown (HELO mx.example.org) (192.0.2.1)", "none", "ok",
			""},
		{"mx.example.org", "", "from mx.example.org (unknown [192.0.2.1])", "none", "ok", ""},
		{"mx.example.org", "", "from mx.example.org ([192.0.2.1])", "", "ok", ""},
		{"mx.example.org", "a.example.org", "from mx.example.org (a.example.org [192.0.2.1] (may be " +
			"forged))", "unconfirmed", "other", "a.example.org"},
		{"mx.example.org", "unverified", "from mx.example.org (unverified [192.0.2.1])", "", "ok", ""},
		{"mx.example.org", "127.0.0.1", "from 127.0.0.1 (EHLO mx.example.org) (192.0.2.1)", "", "ok",
			""},
		{"mx.example.org", "2001:db8::1", "from mx.example.org (2001:db8::1 [2001:db8::1])", "", "ok",
			""},
		{"cafe.de", "cafe.de", "from cafe.de (cafe.de [192.0.2.1])", "named", "ok", "cafe.de"},
		{"mail", "", "from mail ([192.0.2.1])", "", "invalid", ""},
		{"192.0.2.1", "", "from 192.0.2.1 ([192.0.2.1])", "", "invalid", ""},
		{"[192.0.2.1]", "", "from [192.0.2.1] ([192.0.2.1])", "", "invalid", ""},
	}
	for _, tt := range tests {
		o := observed{Probe: &seedtest.Probe{}, seen: map[string]observation{},
			fill: map[string]string{}}
		o.client(seedtest.Hop{From: seedtest.HopFrom{HELO: tt.helo, RDNS: tt.rdns}, Raw: tt.raw})
		if got := o.seen["egress.ptr"].value; got != tt.ptr {
			t.Errorf("%s: reverse name %q, want %q", tt.raw, got, tt.ptr)
		}
		if got := o.seen["egress.helo"].value; got != tt.greeting {
			t.Errorf("%s: greeting %q, want %q", tt.raw, got, tt.greeting)
		}
		if got := o.fill["rdns"]; got != tt.name {
			t.Errorf("%s: templates call it %q, want %q", tt.raw, got, tt.name)
		}
	}
}

// TestSlowestHop holds that a wrong clock is not taken for a wait.
func TestSlowestHop(t *testing.T) {
	hop := func(by string, delay time.Duration) seedtest.Hop {
		return seedtest.Hop{By: seedtest.HopBy{Name: by}, Delay: &delay}
	}
	for _, tt := range []struct {
		hops []seedtest.Hop
		want string
	}{
		{nil, ""},
		{[]seedtest.Hop{{}, hop("a", time.Minute), hop("b", time.Second)}, "a"},
		{[]seedtest.Hop{{}, hop("ahead", time.Hour), hop("b", -time.Hour), hop("c", time.Minute)}, "c"},
		{[]seedtest.Hop{{}, hop("a", time.Hour), hop("b", -time.Minute)}, "a"},
		{[]seedtest.Hop{{}, hop("a", -time.Hour)}, ""},
	} {
		o := observed{Probe: &seedtest.Probe{}, fill: map[string]string{}}
		o.slowest(&seedtest.Analysis{Hops: tt.hops})
		if got := o.fill["slow_hop"]; got != tt.want {
			t.Errorf("the slowest hop is %q, want %q", got, tt.want)
		}
	}
}
