package sender

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

func TestParseReplyLine(t *testing.T) {
	for line, want := range map[string]replyLine{
		"250 Ok":         {code: 250, text: "Ok"},
		"250-mx.example": {code: 250, more: true, text: "mx.example"},
		"250":            {code: 250},
		"250-":           {code: 250, more: true},
		"599  two ":      {code: 599, text: " two "},
	} {
		if got, err := parseReplyLine(line); err != nil || got != want {
			t.Errorf("parseReplyLine(%q) = %+v, %v, want %+v", line, got, err, want)
		}
	}
	for _, line := range []string{"", "2", "25", "25O Ok", "150 x", "650 x", "250x", "2500 Ok",
		"250\tOk", " 250 Ok", "٢٥٠ Ok", "HTTP/1.1 200 OK", "\xff\xfe"} {
		if got, err := parseReplyLine(line); !errors.Is(err, errMalformed) {
			t.Errorf("parseReplyLine(%q) = %+v, %v, want an error", line, got, err)
		}
	}
}

func TestReplyOf(t *testing.T) {
	for _, c := range []struct {
		code  int
		lines []string
		want  seedtest.Reply
	}{
		{250, []string{"Ok"}, seedtest.Reply{Code: 250, Text: "Ok"}},
		{550, []string{"5.7.26 no", "5.7.26 SPF"},
			seedtest.Reply{Code: 550, Enhanced: "5.7.26", Text: "no\nSPF"}},
		{550, []string{"no", "5.1.1"}, seedtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "no"}},
		{450, []string{"5.1.1 odd"}, seedtest.Reply{Code: 450, Text: "5.1.1 odd"}},
		{550, []string{"5.1.1.1 odd"}, seedtest.Reply{Code: 550, Text: "5.1.1.1 odd"}},
		{550, []string{"5.7.1234 odd"}, seedtest.Reply{Code: 550, Text: "5.7.1234 odd"}},
	} {
		if diff := cmp.Diff(c.want, replyOf(c.code, c.lines)); diff != "" {
			t.Errorf("replyOf(%d, %q) (-want +got):\n%s", c.code, c.lines, diff)
		}
	}
}

// FuzzReply: whatever a server writes is read or refused, and what is kept of it can be shown.
func FuzzReply(f *testing.F) {
	f.Add("250-2.0.0 a\n250 2.0.0 Ok: queued as 4XyZ")
	f.Add("550-5.7.26 \x1b[2J\n550 5.7.26 \u202e")
	f.Add("354")
	f.Fuzz(func(t *testing.T, text string) {
		var lines []string
		code := 0
		for line := range strings.SplitSeq(text, "\n") {
			l, err := parseReplyLine(line)
			if err != nil {
				if !utf8.ValidString(err.Error()) || len(err.Error()) > 1000 {
					t.Fatalf("parseReplyLine(%q): error %q", line, err)
				}
				return
			}
			code, lines = l.code, append(lines, printable(l.text))
		}
		r := replyOf(code, lines)
		if !utf8.ValidString(r.Text) || strings.ContainsFunc(r.Text, unsafe) ||
			r.Code < 200 || r.Code > 599 {
			t.Fatalf("replyOf(%q) = %+v", text, r)
		}
	})
}

func unsafe(r rune) bool {
	return r != '\n' && r != '\t' && !unicode.IsPrint(r)
}

func TestRedactorHidesEveryForm(t *testing.T) {
	r := newRedactor("Tr0ub4dor&3-Tr0ub4dor&3")
	for text, want := range map[string]string{
		"":                                 "",
		"nothing of it":                    "nothing of it",
		"is Tr0ub4dor&3-Tr0ub4dor&3.":      "is (secret).",
		"is TR0UB4DOR&3-tr0ub4dor&3.":      "is (secret).",
		"a half: ub4dor&3-T, more":         "a half: (secret), more",
		"VHIwdWI0ZG9yJjMtVHIwdWI0ZG9yJjM=": "(secret)=",
		"Tr0ub4d is too little to know":    "Tr0ub4d is too little to know",
	} {
		if got := r.hide(text); got != want {
			t.Errorf("hide(%q) = %q, want %q", text, got, want)
		}
	}
	if got := newRedactor("pin").hide("the PIN is pin, cGlu in base64"); got !=
		"the (secret) is (secret), (secret) in base64" {
		t.Errorf("hide of a short secret: %q", got)
	}
	if got := newRedactor("").hide("abc"); got != "abc" {
		t.Errorf("hide of no secret: %q", got)
	}
}

// FuzzRedactor: neither the secret nor its base64 form at any place survives.
func FuzzRedactor(f *testing.F) {
	f.Add("correct horse", "you said ", " and more")
	f.Add("ü\xff\x00;/secret-of-many-words", "\xfe", "Ü")
	f.Add(")0000000", "0", "0000000") // the end of what stands in its place, and what comes next
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < gramLen || len(secret) > 500 {
			return
		}
		r := newRedactor(secret)
		got := r.hide(before + secret + after)
		for part := range strings.SplitSeq(got, "(secret)") {
			if strings.Contains(part, secret) {
				t.Fatalf("hide: %q stands in %q", secret, got)
			}
		}
		if len(got) > (len(before)+len(secret)+len(after))*2+len("(secret)") {
			t.Fatalf("hide: %d octets", len(got))
		}
	})
}
