package verify

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"seedtest/header"
)

func bodyIn(raw []byte, f form) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	newMessage(raw, header.Parse(raw)).writeBody(w, f)
	_ = w.Flush()
	return b.String()
}

// TestFormsRFC6376 is the example of RFC 6376 section 3.4.5.
func TestFormsRFC6376(t *testing.T) {
	raw := []byte("A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n")
	m := newMessage(raw, header.Parse(raw))
	for f, want := range map[form][2]string{
		formSimple:  {"A: X\r\nB : Y\t\r\n\tZ  \r\n", " C \r\nD \t E\r\n"},
		formRelaxed: {"a:X\r\nb:Y Z\r\n", " C\r\nD E\r\n"},
	} {
		got := string(appendField(appendField(nil, m.field(0), f), m.field(1), f))
		if got != want[0] {
			t.Errorf("header in the %s form: got %q, want %q", f, got, want[0])
		}
		if got := bodyIn(raw, f); got != want[1] {
			t.Errorf("body in the %s form: got %q, want %q", f, got, want[1])
		}
	}
}

func TestBodyForms(t *testing.T) {
	for _, c := range []struct{ body, simple, relaxed string }{
		{"", "\r\n", ""}, // RFC 6376 sections 3.4.3 and 3.4.4
		{"\r\n\r\n", "\r\n", ""},
		{" \r\n", " \r\n", ""},
		{" \r\n\r\nx", " \r\n\r\nx\r\n", "\r\n\r\nx\r\n"},
		{"x", "x\r\n", "x\r\n"},
		{"x\n\ny\n\n", "x\r\n\r\ny\r\n", "x\r\n\r\ny\r\n"},
		{"x\r\ry\r\n", "x\r\ry\r\n", "x\r\ry\r\n"},
		{"\t x\t \ty \r\n", "\t x\t \ty \r\n", " x y\r\n"},
	} {
		raw := []byte("A: b\r\n\r\n" + c.body)
		if got := bodyIn(raw, formSimple); got != c.simple {
			t.Errorf("body %q in the simple form: got %q, want %q", c.body, got, c.simple)
		}
		if got := bodyIn(raw, formRelaxed); got != c.relaxed {
			t.Errorf("body %q in the relaxed form: got %q, want %q", c.body, got, c.relaxed)
		}
	}
}

func TestUnsignedField(t *testing.T) {
	for field, want := range map[string]string{
		"S: a=1; b=x\r\n y; bh=z\r\n": "S: a=1; b=; bh=z",
		"S: bh=b=; b = x y \r\n":      "S: bh=b=; b =",
		"S:b=x;\r\n":                  "S:b=;",
		"S: B=x; xb=y\r\n":            "S: B=x; xb=y",
	} {
		if got := string(appendUnsigned(nil, []byte(field), formSimple)); got != want {
			t.Errorf("field %q without its signature: got %q, want %q", field, got, want)
		}
	}
}

// FuzzForms holds that a message in a form stays as it is when it is brought into that form again,
// and that lines end with CRLF.
func FuzzForms(f *testing.F) {
	f.Add([]byte("A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"))
	f.Add([]byte("A: X\n \n\n\n \n"))
	f.Add([]byte("A:\r\r\n\rB"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := newMessage(raw, header.Parse(raw))
		for _, form := range []form{formSimple, formRelaxed} {
			once := bodyIn(raw, form)
			if again := bodyIn([]byte("A: b\r\n\r\n"+once), form); again != once {
				t.Errorf("body of %q in the %s form: %q, and then %q", raw, form, once, again)
			}
			if m.end == '\n' && strings.Count(once, "\n") != strings.Count(once, "\r\n") {
				t.Errorf("body of %q in the %s form: %q has a bare LF", raw, form, once)
			}
			for i := range m.head.Fields {
				once := appendField(nil, m.field(i), form)
				if again := appendField(nil, once, form); !bytes.Equal(again, once) {
					t.Errorf("field %q in the %s form: %q, and then %q", m.field(i), form, once, again)
				}
			}
		}
	})
}

func FuzzTagList(f *testing.F) {
	f.Add("v=1; a=rsa-sha256; b=x\r\n y;")
	f.Add("v=1;; ==")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseTagList(text)
		seen := map[string]bool{}
		for _, tag := range list {
			if seen[tag.name] || !strings.Contains(text, tag.value) || tag.name == "" {
				t.Errorf("parseTagList(%q): tag %q=%q", text, tag.name, tag.value)
			}
			seen[tag.name] = true
		}
		if err == nil && strings.Count(text, ";") > len(list) {
			t.Errorf("parseTagList(%q): %d tags and no error", text, len(list))
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add(rfc6376Key)
	f.Add(rfc8463Ed25519Key)
	f.Add("v=DKIM1; k=rsa; p=; s=*; t=y:s; h=sha256")
	f.Fuzz(func(t *testing.T, record string) {
		k, x := parseKey(record)
		if x == nil && (k.key == nil || k.bits <= 0) {
			t.Errorf("parseKey(%q): neither a key nor a reason", record)
		}
		if x != nil && (x.reason == "" || x.result != resultPermError) {
			t.Errorf("parseKey(%q): %+v", record, x)
		}
	})
}
