package diagnose

import (
	"strings"
	"testing"

	"seedtest"
)

// TestRelayQuotesTheNextHop: what the provider said decides, whatever the relay puts before it.
func TestRelayQuotesTheNextHop(t *testing.T) {
	for text, want := range map[string]string{
		"<a@gmail.example>: host mx.gmail.example[192.0.2.20] said: 550-5.7.26 Your email has been " +
			"blocked because the sender is unauthenticated. - gsmtp (in reply to end of DATA)": "auth.none",
		"host mx.example.net [192.0.2.20]: 452 4.2.2 The mailbox is full":  "rcpt.full",
		"host mx[2001:db8::1] said: 550 5.1.1 User unknown (RCPT command)": "rcpt.unknown",
	} {
		rule := theBook().reply(seedtest.Reply{Code: 554, Enhanced: "5.0.0", Text: text})
		if rule == nil || rule.Cause != want {
			t.Errorf("reply(%q) = %+v, want %s", text, rule, want)
		}
	}
}

// TestBreaker (rule 22): rate, volume and reputation stop a route at a provider; what concerns one
// recipient, one message or a first visit does not.
func TestBreaker(t *testing.T) {
	for _, c := range []struct {
		reply seedtest.Reply
		want  string
	}{
		{seedtest.Reply{Code: 421, Enhanced: "4.7.0", Text: "Our system has detected an unusual rate " +
			"of unsolicited mail originating from your IP address - gsmtp"}, "rate"},
		{seedtest.Reply{Code: 550, Enhanced: "5.7.1", Text: "Service unavailable; Client host " +
			"[203.0.113.9] blocked using zen.spamhaus.org"}, "reputation"},
		{seedtest.Reply{Code: 451, Enhanced: "4.7.1", Text: "Greylisting in action"}, ""},
		{seedtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "User unknown"}, ""},
		{seedtest.Reply{Code: 550, Enhanced: "5.7.26", Text: "Your email has been blocked because " +
			"the sender is unauthenticated - gsmtp"}, ""},
		{seedtest.Reply{Code: 550, Text: "the moon is full"}, ""},
		{seedtest.Reply{Code: 250, Text: "Ok, rate limited reputation"}, ""},
		{seedtest.Reply{}, ""},
	} {
		got := Breaker(c.reply)
		kind, _, _ := strings.Cut(got, ":")
		if kind != c.want {
			t.Errorf("Breaker(%v) = %q, want %q", c.reply, got, c.want)
		}
	}
}

func TestDiagnostic(t *testing.T) {
	for _, c := range []struct {
		status, text string
		want         seedtest.Reply
	}{
		{"5.7.26", "smtp; 550-5.7.26 Your email has been blocked 550 5.7.26 - gsmtp", seedtest.Reply{
			Code: 550, Enhanced: "5.7.26", Text: "Your email has been blocked 550 5.7.26 - gsmtp"}},
		{"5.0.0", "SMTP;550 5.1.1 User unknown",
			seedtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "User unknown"}},
		{"4.4.1", "connect to mx.example.net: timed out", seedtest.Reply{
			Code: 450, Enhanced: "4.4.1", Text: "connect to mx.example.net: timed out"}},
		{"5.2.2", "smtp; 552", seedtest.Reply{Code: 552, Enhanced: "5.2.2"}},
		{"", "", seedtest.Reply{}},
	} {
		got := diagnostic(seedtest.Bounce{Status: c.status, Diagnostic: c.text})
		if got != c.want {
			t.Errorf("diagnostic(%q, %q) = %+v, want %+v", c.status, c.text, got, c.want)
		}
	}
}

// FuzzReplies: any reply and report is looked up in bounded time, and never by halves.
func FuzzReplies(f *testing.F) {
	for _, r := range theBook().said().rules {
		f.Add(550, "5.7.1", r.Example)
	}
	f.Fuzz(func(t *testing.T, code int, enhanced, text string) {
		r := seedtest.Reply{Code: code, Enhanced: enhanced, Text: text}
		if b := Breaker(r); b != "" && (code < 400 || code > 599) {
			t.Fatalf("Breaker(%v) = %q", r, b)
		}
		d := diagnostic(seedtest.Bounce{Status: enhanced, Diagnostic: text})
		if d.Code != 0 && (d.Code < 200 || d.Code > 599) {
			t.Fatalf("diagnostic(%q, %q) = %+v", enhanced, text, d)
		}
	})
}
