package header

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // name=value
		stray    int
		body     string
	}{
		{"lf", "A: 1\nB:2\n\nbody: no\n", []string{"A=1", "B=2"}, 0, "body: no\n"},
		{"crlf", "A: 1\r\nB: 2\r\n\r\nbody", []string{"A=1", "B=2"}, 0, "body"},
		{"cr", "A: 1\rB: 2\r x\r\rbody\r", []string{"A=1", "B=2 x"}, 0, "body\r"},
		{"crlf, then cr", "A: 1\r\nB: 2\r\rx", []string{"A=1", "B=2\r\rx"}, 0, ""},
		{"cr, then lf in the body", "A: 1\r\rbody\n", []string{"A=1"}, 0, "body\n"},
		{"crcrlf", "A: 1\r\r\nB: 2\r\r\n\r\r\nx", []string{"A=1", "B=2"}, 0, "x"},
		{"smuggled cr", "A: 1\rB: 2\nC: 3\n\n", []string{"A=1\rB: 2", "C=3"}, 0, ""},
		{"fold", "A: 1\n\t 2\n  3\n\n", []string{"A=1 2 3"}, 0, ""},
		{"fold after an empty value", "A:\n 1\n\n", []string{"A=1"}, 0, ""},
		{"fold of blanks only", "A: 1\n \t\n 2\nB: 3\n\n", []string{"A=1 2", "B=3"}, 0, ""},
		{"leading fold", " x: y\nA: 1\n\n", []string{"A=1"}, 1, ""},
		{"envelope", "From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\n", []string{"A=1"}, 0, ""},
		{"quoted envelope", ">From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\n", []string{"A=1"}, 0, ""},
		{"envelope, then an empty line", "From a@b Thu Aug 22 12:36:23 2002\r\n\r\nA: 1\r\n\r\nb",
			[]string{"A=1"}, 0, "b"},
		{"two envelopes", "From a\n\nFrom b\nA: 1\n\n", []string{"A=1"}, 1, ""},
		{"envelope within", "A: 1\nFrom a Thu Aug 22 12:36:23 2002\nB: 2\n\n",
			[]string{"A=1", "B=2"}, 1, ""},
		{"from with a blank", "From : a@b\n\n", []string{"From=a@b"}, 0, ""},
		{"no colon", "A: 1\nnonsense\n more\nB: 2\n\n", []string{"A=1", "B=2"}, 2, ""},
		{"blank before the colon", "Received : x\nA\t: 1\n\n", []string{"Received=x", "A=1"}, 0, ""},
		{"blank in the name", "Dear sir: x\nA: 1\n\n", []string{"A=1"}, 1, ""},
		{"no name", ": x\nA: 1\n\n", []string{"A=1"}, 1, ""},
		{"nul and 8 bit", "A: \x00\xff\nB\xe9: 1\n\n", []string{"A=\x00\xff", "B\xe9=1"}, 0, ""},
		{"no empty line", "A: 1\nB: 2", []string{"A=1", "B=2"}, 0, ""},
		{"empty lines on top", "\n\r\nA: 1\n\nbody", []string{"A=1"}, 0, "body"},
		{"byte order mark", "\xef\xbb\xbfA: 1\n\n", []string{"A=1"}, 0, ""},
		{"empty value", "A:\nB:  \n\n", []string{"A=", "B="}, 0, ""},
		{"nothing", "", nil, 0, ""},
		{"only empty lines", "\n\n\n", nil, 0, ""},
		{"body without an empty line", "A: 1\n" + strings.Repeat("text\n", maxStray+5) + "B: 2\n",
			[]string{"A=1"}, 0, strings.Repeat("text\n", maxStray+5) + "B: 2\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := Parse([]byte(test.in))
			var got []string
			for _, f := range h.Fields {
				got = append(got, f.Name+"="+f.Value)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Parse(%q).Fields = %q, want %q", test.in, got, test.want)
			}
			if len(h.Stray) != test.stray {
				t.Errorf("Parse(%q).Stray = %d, want %d lines", test.in, h.Stray, test.stray)
			}
			if body := test.in[h.Body:]; body != test.body {
				t.Errorf("Parse(%q).Body begins %q, want %q", test.in, body, test.body)
			}
		})
	}
}

func TestParseKeepsTheBytesOfAField(t *testing.T) {
	in := []byte("A: 1\r\nB : x\r\n\t y\r\nC:3\r\n\r\nbody")
	f, ok := Parse(in).Get("b")
	if !ok || f.Value != "x y" {
		t.Fatalf("Get(b) = %+v, %v, want the value %q", f, ok, "x y")
	}
	if got, want := string(in[f.Start:f.End]), "B : x\r\n\t y\r\n"; got != want {
		t.Errorf("bytes of B = %q, want %q", got, want)
	}
}

func TestEnvelopeIsKept(t *testing.T) {
	h := Parse([]byte("From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\n"))
	if want := "From a@b Thu Aug 22 12:36:23 2002"; h.Envelope != want {
		t.Errorf("Envelope = %q, want %q", h.Envelope, want)
	}
}

func TestLookUpIgnoresCase(t *testing.T) {
	h := Parse([]byte("received: 1\nX: no\nRECEIVED: 2\n\nReceived: 3\n"))
	if got := h.Values("Received"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("Values(Received) = %q, want 1 and 2", got)
	}
	if f, ok := h.Get("absent"); ok {
		t.Errorf("Get(absent) = %+v, want none", f)
	}
}

func TestKeyIsTheNameInLowerCase(t *testing.T) {
	h := Parse([]byte("X-Spam-STATUS : a\nreceived: b\n" + strings.Repeat("N", 90) + "\xc4: c\n\n"))
	want := []string{"x-spam-status", "received", strings.Repeat("n", 90) + "\xc4"}
	for i, f := range h.Fields {
		if f.Key != want[i] {
			t.Errorf("Key of %q = %q, want %q", f.Name, f.Key, want[i])
		}
	}
}

// TestParserKnowsNames holds that a parser which has seen other names reads as a new one does, also
// where so many are alike that some share a place.
func TestParserKnowsNames(t *testing.T) {
	var p Parser
	for i := range 200 {
		var raw []byte
		for j := range 20 {
			raw = fmt.Appendf(raw, "X-Name-%d: a\nx-nAME-%d: b\n c\n", i*j, i+j)
		}
		raw = append(raw, strings.Repeat("N", maxName+i%3)+": d\n\n"...)
		if got, want := p.Parse(raw), Parse(raw); !slices.Equal(got.Fields, want.Fields) {
			t.Fatalf("Parse(%q) = %+v, want %+v", raw, got.Fields, want.Fields)
		}
		p.Release()
	}
}

// TestParserPlace holds that each place is that of one name, for as long as the parser lives, and
// that a parser which keeps no names yet says so.
func TestParserPlace(t *testing.T) {
	var p Parser
	names := map[int]string{}
	for i := range 200 {
		raw := strings.Repeat(fmt.Sprintf("X-Name-%d: a\nSubject: %s\nx-name-%d : b\n", i, "b", i/2), 3)
		kept := 0
		for j, f := range p.Parse([]byte(raw + "\n")).Fields {
			place := p.Place(j)
			if place < 0 {
				continue
			}
			kept++
			if name, ok := names[place]; ok && name != f.Name || place >= Places {
				t.Fatalf("round %d: place %d is that of %q, and of %q", i, place, f.Name, name)
			}
			names[place] = f.Name
		}
		if (kept > 0) != (i > 0) {
			t.Fatalf("round %d: %d fields have a place", i, kept)
		}
		p.Release()
	}
}

func TestValuesDoNotAliasTheInput(t *testing.T) {
	in := []byte("A: 1\nB: 2\n 3\n\n")
	h := Parse(in)
	clear(in)
	if got := h.Values("b"); !slices.Equal(got, []string{"2 3"}) || h.Fields[0].Name != "A" {
		t.Errorf("fields after the input has changed = %+v, want them as they were", h.Fields)
	}
}

func TestParseIsBounded(t *testing.T) {
	many := Parse(bytes.Repeat([]byte("A:1\n"), MaxFields+5))
	if len(many.Fields) != MaxFields || !many.Cut {
		t.Errorf("Parse of %d fields = %d fields, cut %v", MaxFields+5, len(many.Fields), many.Cut)
	}
	for _, part := range []string{"x", "x\n ", "xx\n  \n "} {
		long := []byte("A: " + strings.Repeat(part, MaxValue) + "\nB: 2\n\n")
		h := Parse(long)
		if len(h.Fields) != 2 || !h.Cut || h.Fields[1].Value != "2" {
			t.Errorf("Parse of a field of %d bytes = %d fields, cut %v", len(long), len(h.Fields), h.Cut)
		}
		if v := h.Fields[0].Value; len(v) > MaxValue || len(v) < MaxValue-2 || v != strings.TrimSpace(v) {
			t.Errorf("Parse keeps %d bytes of a field of %d", len(v), len(long))
		}
	}
	huge := Parse(bytes.Repeat([]byte("A: "+strings.Repeat("x", 1000)+"\n"), MaxSize/1000))
	if !huge.Cut || huge.Fields[len(huge.Fields)-1].End > MaxSize {
		t.Errorf("Parse of more than %d bytes = %d fields, cut %v", MaxSize, len(huge.Fields), huge.Cut)
	}
	whole := Parse(append([]byte("A: 1\n\n"), make([]byte, MaxSize)...))
	if whole.Cut {
		t.Error("Parse of a small head over a large body says that it was cut")
	}
}

func TestLongLine(t *testing.T) {
	value := strings.Repeat("x", 200<<10)
	h := Parse([]byte("A: " + value + "\nB: 2\n\n"))
	if len(h.Fields) != 2 || h.Fields[0].Value != value {
		t.Errorf("a line of 200 kB was not kept whole beside the next field")
	}
}

func ExampleParse() {
	h := Parse([]byte("Received : from a.example\r\n\tby b.example\r\nnot a field\r\n" +
		"Subject: hello\r\n\r\nbody"))
	for _, f := range h.Fields {
		fmt.Printf("%s = %s\n", f.Name, f.Value)
	}
	fmt.Println(len(h.Stray), "line is no field")
	// Output:
	// Received = from a.example by b.example
	// Subject = hello
	// 1 line is no field
}

// FuzzParse holds that fields stand in order within the input, that their text comes from there,
// and that no look-up misses one.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"A: 1\n B\n\nC: 2", "A: 1\r\rB: 2\r\r", "From a\n:\n x\nA : \x00\n",
		"\n\nA:\n \n", "\xef\xbb\xbfa:b\r\r\n\r\r\n"} {
		f.Add([]byte(s))
	}
	var used Parser
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := Parse(raw)
		if again := used.Parse(raw); !slices.Equal(again.Fields, h.Fields) {
			t.Fatalf("a parser that was used before reads %+v, want %+v", again.Fields, h.Fields)
		}
		used.Release()
		at, text := 0, 0
		for i, field := range h.Fields {
			if field.Start < at || field.End <= field.Start || field.End > len(raw) {
				t.Fatalf("field %d stands at %d to %d, behind %d", i, field.Start, field.End, at)
			}
			at = field.End
			text += len(field.Name) + len(field.Value)
			if !strings.EqualFold(field.Key, field.Name) && utf8.ValidString(field.Name) {
				t.Fatalf("field %d: key %q of name %q", i, field.Key, field.Name)
			}
			if field.Name == "" || !bytes.HasPrefix(raw[field.Start:], []byte(field.Name)) {
				t.Fatalf("field %d: name %q is not what stands at %d", i, field.Name, field.Start)
			}
			if !slices.Contains(h.Values(field.Name), field.Value) {
				t.Fatalf("Values(%q) lacks %q", field.Name, field.Value)
			}
		}
		if text > len(raw) || h.Body < at || h.Body > len(raw) {
			t.Fatalf("%d bytes of text and a body at %d of %d bytes", text, h.Body, len(raw))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	field := "Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n" +
		"\tby mx.example.net (Postfix) with ESMTPS id 4ABC\r\n" +
		"\tfor <anna@example.net>; Mon, 21 Sep 2026 10:00:00 +0000 (UTC)\r\n"
	raw := []byte(strings.Repeat(field, 18) + "\r\n")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw)
	}
}
