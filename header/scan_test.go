package header

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tokens shows what a scanner yields: w for words, q quoted, c comments, s specials.
func tokens(value, specials string) []string {
	var list []string
	s := NewScanner(value, NewSpecials(specials))
	for t := s.Next(); t.Kind != KindEnd; t = s.Next() {
		list = append(list, string("?wqcs"[t.Kind])+t.Text)
	}
	return list
}

func TestScanner(t *testing.T) {
	tests := []struct{ value, specials, want string }{
		{"from a (b [1.2.3.4]) by c;x", ";", "wfrom|wa|cb [1.2.3.4]|wby|wc|s;|wx"},
		{"a (b (c) d) e", "", "wa|cb (c) d|we"},
		{`a (b \) c) d`, "", `wa|cb \) c|wd`},
		{"a(b)c", "", "wa|cb|wc"},
		{`k="a;b\"c" d`, "=;", `wk|s=|qa;b"c|wd`},
		{`for <"a b"@c> x`, ";", `wfor|w<"a b"@c>|wx`},
		{`"a b"@c`, "", "qa b|w@c"},
		{`5"disk and more`, "", `w5"disk|wand|wmore`},
		{`a " b`, "", "wa|wb"},
		{"a (b c", "", "wa|wb|wc"},
		{"a (b (c) d", "", "wa|cb (c|wd"},
		{"a ) b", "", "wa|wb"},
		{"a ((((", "", "wa"},
		{"", ";", ""},
		{"a\x00b \xff", "", "wa\x00b|w\xff"},
	}
	for _, test := range tests {
		if got := strings.Join(tokens(test.value, test.specials), "|"); got != test.want {
			t.Errorf("tokens(%q, %q) = %q, want %q", test.value, test.specials, got, test.want)
		}
	}
}

func TestUnbalanced(t *testing.T) {
	for value, want := range map[string]bool{"a (b (c)) d": false, "a (b (c) d": true, "a": false} {
		s := NewScanner(value, NewSpecials(""))
		for s.Next().Kind != KindEnd {
		}
		if got := s.Unbalanced(); got != want {
			t.Errorf("scanner of %q: unbalanced = %v, want %v", value, got, want)
		}
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{`"a b"`: "a b", `"a\"b"`: `a"b`, `a`: "a", `"`: `"`,
		`""`: "", `"a\"`: `a\`} {
		if got := Unquote(in); got != want {
			t.Errorf("Unquote(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestScannerIsLinear would take minutes if a mark that nothing closes were sought more than once.
func TestScannerIsLinear(t *testing.T) {
	for _, part := range []string{"(", `"`, "(a ", `="`, ")(", `a"(`, `\(`, "(()"} {
		value := strings.Repeat(part, 1<<20)
		s := NewScanner(value, NewSpecials("="))
		for s.Next().Kind != KindEnd {
		}
		if s.Rest() != "" {
			t.Errorf("scanner of %q stopped early", part)
		}
	}
}

func ExampleScanner() {
	s := NewScanner(`mx.example; spf=pass (1.2.3.4 is fine; really) reason="as is"`, NewSpecials(";="))
	for t := s.Next(); t.Kind != KindEnd; t = s.Next() {
		fmt.Println(t.Kind, t.Text)
	}
	// Output:
	// 1 mx.example
	// 4 ;
	// 1 spf
	// 4 =
	// 1 pass
	// 3 1.2.3.4 is fine; really
	// 1 reason
	// 4 =
	// 2 as is
}

// FuzzScanner holds that tokens stand in order, and that words hold nothing that separates.
func FuzzScanner(f *testing.F) {
	f.Add(`from a (b (c) [1.2.3.4]) by "d e";`, ";")
	f.Add(`a=b; c="d\"`, ";=")
	f.Add("((()", "")
	f.Fuzz(func(t *testing.T, value, specials string) {
		if strings.ContainsAny(specials, "()\" \t\n\v\f\r") {
			return
		}
		s := NewScanner(value, NewSpecials(specials))
		at := int32(0)
		for tok := s.Next(); tok.Kind != KindEnd; tok = s.Next() {
			if tok.Start < at || tok.End <= tok.Start || int(tok.End) > len(value) {
				t.Fatalf("token %+v stands behind %d", tok, at)
			}
			at = tok.End
			if tok.Kind == KindWord && strings.ContainsAny(tok.Text, "()") &&
				!strings.Contains(tok.Text, `"`) {
				t.Fatalf("word %q holds a parenthesis", tok.Text)
			}
			if !slices.Contains([]Kind{KindWord, KindQuoted, KindComment, KindSpecial}, tok.Kind) {
				t.Fatalf("token of kind %d", tok.Kind)
			}
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	value := "mx.example.net; dkim=pass header.i=@example.org header.s=k1 header.b=AbCd+/12; " +
		"spf=pass (mx.example.net: domain of a@example.org designates 192.0.2.1 as permitted) " +
		"smtp.mailfrom=a@example.org; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=example.org"
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewScanner(value, NewSpecials(";="))
		for s.Next().Kind != KindEnd {
		}
	}
}
