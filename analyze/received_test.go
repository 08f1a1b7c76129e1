package analyze

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// sample is an entry of a file of testdata: a value, and the line below it.
type sample struct {
	line        int
	value, want string
}

func samples(t testing.TB, file string) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for i, line := range strings.Split(string(data), "\n") {
		switch want, indented := strings.CutPrefix(line, "\t"); {
		case line == "" || line[0] == '#':
		case indented && len(list) > 0 && list[len(list)-1].want == "":
			list[len(list)-1].want = want
		default:
			list = append(list, sample{line: i + 1, value: line})
		}
	}
	if len(list) < 10 {
		t.Fatalf("testdata/%s: %d samples", file, len(list))
	}
	return list
}

func readHop(value string) (h seedtest.Hop) {
	new(received).readHop(value, &h)
	return h
}

func TestReadHop(t *testing.T) {
	for _, s := range samples(t, "received.txt") {
		if got := describeHop(readHop(s.value)); got != s.want {
			t.Errorf("received.txt:%d: readHop(%q)\n got %s\nwant %s", s.line, s.value, got, s.want)
		}
	}
}

// TestContributingReceived holds the example in CONTRIBUTING.md.
func TestContributingReceived(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### A server's Received field")
	value, want, _ := strings.Cut(strings.TrimSpace(fenced(t, section, "received")), "\n\t")
	if got := describeHop(readHop(value)); got != want {
		t.Errorf("readHop(%q)\n got %s\nwant %s", value, got, want)
	}
}

// describeHop writes what is known of a hop in one line.
func describeHop(h seedtest.Hop) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	add("helo", h.From.HELO)
	add("rdns", h.From.RDNS)
	if h.From.IP.IsValid() {
		add("ip", h.From.IP.String())
	}
	add("user", h.From.User)
	add("by", h.By.Name)
	if h.By.IP.IsValid() {
		add("byip", h.By.IP.String())
	}
	add("via", h.Via)
	add("with", h.With)
	add("id", h.ID)
	add("for", strings.Join(h.For, ","))
	if h.TLS != nil {
		add("tls", fmt.Sprintf("%s/%s/%d", h.TLS.Version, h.TLS.Cipher, h.TLS.Bits))
	}
	if !h.Time.IsZero() {
		add("time", h.Time.Format(time.RFC3339))
	}
	add("problems", strings.Join(h.Problems, "|"))
	return strings.Join(parts, " ")
}

func TestReadDate(t *testing.T) {
	tests := []struct{ in, want, rest string }{
		{"Mon, 21 Sep 2026 10:00:00 +0200", "2026-09-21T08:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 -0700 (PDT)", "2026-09-21T17:00:00Z", ""},
		{"21 Sep 2026 10:00 GMT", "2026-09-21T10:00:00Z", ""},
		{"21 Sep 26 10:00:00 EST", "2026-09-21T15:00:00Z", ""},
		{"21 Sep 99 10:00:00 -0000", "1999-09-21T10:00:00Z", ""},
		{"21 Sep 126 10:00:00 -0000", "2026-09-21T10:00:00Z", ""},
		{"21-Sep-2026 10:00:00 +0000", "2026-09-21T10:00:00Z", ""},
		{"Mon Sep 21 10:00:00 2026", "2026-09-21T10:00:00Z", ""},
		{"Mon Sep 21 10:00:00 EDT 2026", "2026-09-21T14:00:00Z", ""},
		{"Sep, 21 2026 4:46:15 PM -0700", "2026-09-21T23:46:15Z", ""},
		{"Sep, 21 2026 12:05:00 a.m. +0300", "2026-09-20T21:05:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 -400 (EDT)", "2026-09-21T14:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 +01:30", "2026-09-21T08:30:00Z", ""},
		{"Mon, 21 Sep 2026 12:00:00 GMT+02:00", "2026-09-21T10:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 UTC-0000 (Coordinated Universal Time)", "2026-09-21T10:00:00Z", ""},
		{"2026-09-21 10:00:00.5 +0000 UTC m=+12.25", "2026-09-21T10:00:00.5Z", ""},
		{"2026/09/21 10:00:00 +0000", "2026-09-21T10:00:00Z", ""},
		{"21.09.2026 10:00:00 +0000", "2026-09-21T10:00:00Z", ""},
		{"21. Sep 2026 10:00:00 +0000", "2026-09-21T10:00:00Z", ""},
		{"10:00:00 21 Sep 2026 +0000", "2026-09-21T10:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00,25 +0000", "2026-09-21T10:00:00.25Z", ""},
		{"Mon, 21 (or so) Sep 2026 10:00:00 +0000", "2026-09-21T10:00:00Z", ""},
		{"Mon,21Sep2026 10:00:00 +0200 (MET DST)", "2026-09-21T08:00:00Z", ""},
		{"Mon, 21 Sep 2026 18:00:00 +0800 (中国标准时间)", "2026-09-21T10:00:00Z", ""},
		{"Wed, 31 Dec 1969 19:00:00 -0500", "1970-01-01T00:00:00Z", ""},
		{"Thu, 29 Feb 2024 10:00:00 +0000", "2024-02-29T10:00:00Z", ""},
		{"Wed, 29 Feb 2023 10:00:00 +0000", "", ""},
		{"Mon, 21 Sep 2026 10:00:00 JST", "2026-09-21T10:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 Pacific Standard Time", "2026-09-21T10:00:00Z", ""},
		{"2026-09-21T10:00:00.250Z", "2026-09-21T10:00:00.25Z", ""},
		{"21/09/2026 10:00:00", "2026-09-21T10:00:00Z", ""},
		{"09/21/2026 10:00:00", "2026-09-21T10:00:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:60 +0000", "2026-09-21T10:01:00Z", ""},
		{"Mon, 21 Sep 2026 10:00:00 +0000 (envelope-from <a@b>)", "2026-09-21T10:00:00Z",
			"(envelope-from <a@b>)"},
		{"Mon, 21 Sep 2026 10:00:00 +0000 id X1", "2026-09-21T10:00:00Z", "id X1"},
		{"Mon, 31 Sep 2026 10:00:00 +0000", "", ""},
		{"Mon, 21 Sep 0102 10:00:00 +0000", "", ""},
		{"yesterday", "", "yesterday"},
		{"99999999999999999999 Sep 2026", "", "99999999999999999999 Sep 2026"},
		{"", "", ""},
	}
	for _, test := range tests {
		at, rest, ok := readDate(test.in)
		got := ""
		if ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != test.want || rest != test.rest {
			t.Errorf("readDate(%q) = %q, rest %q, want %q, rest %q", test.in, got, rest, test.want,
				test.rest)
		}
	}
}

func TestReadIP(t *testing.T) {
	tests := map[string]string{"192.0.2.1": "192.0.2.1", "[192.0.2.1]": "192.0.2.1",
		"[192.0.2.1]:25": "192.0.2.1", "[192.0.2.1:25]": "192.0.2.1", "192.0.2.1.": "192.0.2.1",
		"[10.0.8.6.13219]": "10.0.8.6", "[IPv6:2001:db8::1]": "2001:db8::1", "::1": "::1",
		"::ffff:192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::1", "[2001:db8::1]:25": "2001:db8::1",
		"": "", "[]": "", "local": "", "1.2.3": "", "300.1.1.1": "", "a.b.c.d": "", "12:30:00": "",
		"[": ""}
	for in, want := range tests {
		got := ""
		if ip, ok := readIP(in); ok {
			got = ip.String()
		}
		if got != want {
			t.Errorf("readIP(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDelays(t *testing.T) {
	hop := func(by, time string) string {
		return "Received: from x by " + by + "; Mon, 21 Sep 2026 " + time + " +0000\n"
	}
	raw := hop("c", "10:00:01") + hop("b", "10:00:05") + "Received: by unknown\n" +
		hop("a", "10:00:02")
	a := Message([]byte(raw+"\n"), "", seedtest.Trust{})
	var got []string
	for _, h := range a.Hops {
		delay := "-"
		if h.Delay != nil {
			delay = h.Delay.String()
		}
		got = append(got, fmt.Sprint(h.By.Name, h.Header, " ", delay, h.Skewed))
	}
	want := "a3 -false, unknown2 -false, b1 -false, c0 -4strue"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("hops in transit order are %s, want %s", s, want)
	}
}

// TestHostileHops holds that the peer and the date are read whatever a client or a forger puts
// around them, and that what is kept of a field is bounded.
func TestHostileHops(t *testing.T) {
	const (
		size = 1 << 20
		peer = "from a.example.org (b.example.org [192.0.2.1]) by mx.example.net with ESMTP id 1"
		date = "; Mon, 21 Sep 2026 10:00:00 +0000"
	)
	nest := strings.Repeat("(", 10_000) + strings.Repeat(")", 10_000)
	tests := map[string]string{
		"nested":         peer + " " + nest + date,
		"nested in from": strings.Replace(peer, " by ", " "+nest+" by ", 1) + date,
		"unclosed":       peer + strings.Repeat(" (", size/2) + date,
		"unopened":       peer + strings.Repeat(" )", size/2) + date,
		"semicolons":     peer + strings.Repeat(";", size) + date,
		"words":          peer + strings.Repeat(" x", size/2) + date,
		"keywords":       peer + strings.Repeat(" for from by", size/12) + date,
		"recipients":     peer + " for " + strings.Repeat("<y@example.net>,", size/16) + date,
		"quoted":         peer + " for " + strings.Repeat(`""x`, size/3) + date,
		"marks":          peer + strings.Repeat(` "`, size/2) + date,
		"one comment":    peer + " (" + strings.Repeat("TLS= ", size/5) + ")" + date,
		"digits":         peer + " (" + strings.Repeat("1", size) + ")" + date,
		"8-bit and NUL":  strings.Replace(peer, "a.example", "a\xff\x00.example", 1) + date,
		"bare CR":        strings.ReplaceAll(peer, " by", "\rby") + date,
	}
	for name, value := range tests {
		var r received
		var h seedtest.Hop
		r.readHop(value, &h)
		if got := h.From.IP.String(); got != "192.0.2.1" || h.From.RDNS != "b.example.org" ||
			h.By.Name != "mx.example.net" || h.Time.Unix() != 1789984800 || h.Raw != value {
			t.Errorf("%s: read %.300s", name, describeHop(h))
		}
		for _, tokens := range r.clause {
			if cap(tokens) > 4*hopTokens {
				t.Errorf("%s: space for %d tokens, want a bound", name, cap(tokens))
			}
		}
		if n := testing.AllocsPerRun(1, func() { r.readHop(value, &h) }); n > 30 {
			t.Errorf("%s: %v allocations, want few", name, n)
		}
	}
}

// FuzzReadHop holds that the raw value is kept, that equal input gives equal output, and that what
// is read stands in the input.
func FuzzReadHop(f *testing.F) {
	for _, s := range samples(f, "received.txt") {
		f.Add(s.value)
	}
	f.Add(`from "" "" [192.0.2.1] by "" "" with "" id "" for "" via ""; ""`)
	f.Add("from a (HELO) (=[) (x@) ([]) (@[1.2.3.4]) by [ ] (KumoMTA) with [ /TLS/ encrypted; m=")
	f.Add(strings.Repeat("(", 1000) + strings.Repeat("from ", 1000) + strings.Repeat(";1 ", 1000))
	f.Fuzz(func(t *testing.T, value string) {
		h := readHop(value)
		if h.Raw != value {
			t.Fatalf("raw is %q, want %q", h.Raw, value)
		}
		if describeHop(h) != describeHop(readHop(value)) {
			t.Fatalf("two readings of %q differ", value)
		}
		text := strings.ReplaceAll(value, "\x00", "")
		for _, part := range []string{h.From.HELO, h.From.RDNS, h.From.User, h.By.Name, h.ID} {
			if !strings.Contains(text, part) && !strings.Contains(text, `\`) {
				t.Fatalf("%q does not stand in %q", part, value)
			}
		}
		if !h.Time.IsZero() && (h.Time.Year() < firstYear-1 || h.Time.Year() > lastYear+1) {
			t.Fatalf("time is %v", h.Time)
		}
	})
}
