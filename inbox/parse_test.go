package inbox

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"seedtest"
)

// responses are what servers send, good and bad; they seed the fuzz tests.
var responses = []string{
	"* OK [CAPABILITY IMAP4rev1 SASL-IR] ready\r\n",
	"* LIST (\\HasNoChildren \\Junk) \"/\" \"Junk &AOk-\"\r\n",
	"* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 1)\r\n",
	"* 1 FETCH (UID 7 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[HEADER]<0> {6}\r\nA: b\r\n)\r\n",
	"* 1 FETCH (BODY[HEADER.FIELDS (\"SUBJECT\")] {3}\r\na)b UID 7)\r\n",
	"* 2 FETCH (UID 1 BODY[TEXT] NIL BODY[HEADER] ~{2+}\r\n\r\n)\r\n",
	"* SEARCH 1 2 3\r\n", "* ID (\"name\" NIL)\r\n", "* ESEARCH (TAG \"A\") UID ALL 1:3\r\n",
	"T1 NO [THROTTLED] x\r\n", "* LIST () NIL {4294967295}\r\n", "* ((((((((((((((((((((\r\n",
	"+ \r\n", "* LIST (\\x \"\\\"\" \"a\r\n", "* OK [UIDNEXT 18446744073709551616]\r\n",
}

func FuzzReadResponse(f *testing.F) {
	for _, r := range responses {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		br := bufio.NewReaderSize(bytes.NewReader(raw), 64)
		for range 100 {
			got, err := readResponse(br)
			if err != nil {
				return
			}
			if !bytes.HasSuffix(got, []byte("\n")) {
				t.Fatalf("readResponse(%q) = %q, want a whole response", raw, got)
			}
			if len(got) > maxLines+maxKept+1000 {
				t.Fatalf("readResponse kept %d bytes", len(got))
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, r := range responses {
		f.Add([]byte(strings.TrimPrefix(r, "* ")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var a answer
		if _, err := a.add(raw); err != nil {
			t.Fatalf("add(%q) = %v", raw, err)
		}
		for _, x := range a.fetched {
			if x.uid == 0 || len(x.header) > len(raw) || len(x.text) > len(raw) {
				t.Fatalf("add(%q) fetched %+v", raw, x)
			}
		}
		for _, l := range a.listed {
			if !utf8.ValidString(l.Name) {
				t.Fatalf("add(%q) lists %q", raw, l.Name)
			}
		}
	})
}

func FuzzStatusLine(f *testing.F) {
	for _, r := range responses {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		status, code, text := statusLine(raw)
		if len(status)+len(code)+len(text) > 3*len(raw) {
			t.Fatalf("statusLine(%q) = %q, %q, %q: more than there was", raw, status, code, text)
		}
	})
}

func FuzzDecodeMailbox(f *testing.F) {
	for _, name := range []string{"INBOX", "inbox", "Entw&APw-rfe", "&", "&-", "&AAA", "&2D3eAA-",
		"&zzz-", "\xff", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, how := decodeMailbox(raw)
		if !utf8.ValidString(name) {
			t.Fatalf("decodeMailbox(%q) = %q, which is no UTF-8", raw, name)
		}
		if how == spelledPlain && !strings.EqualFold(name, raw) || how == spelledUTF8 && name != raw ||
			how == spelledUTF7 && !isASCII(raw) {
			t.Fatalf("decodeMailbox(%q) = %q, %v: not what was sent", raw, name, how)
		}
	})
}

func FuzzTokens(f *testing.F) {
	b := newBook(1)
	f.Add([]byte(b.header(0)), []byte("x"))
	f.Add([]byte("Subject: =?utf-8?b?"), []byte(b.tokens[0]+"=\r\n"))
	f.Add([]byte("Message-ID:"), []byte("aGVsbG8gd29ybGQ=\r\n"))
	f.Fuzz(func(t *testing.T, header, body []byte) {
		h := readFields(header)
		ours := func(x seedtest.Token) bool { return slices.Contains(b.tokens, x) }
		found := append(Tokens(h, b.tokens[:1], ours), bodyTokens(h, body, b.tokens[:1])...)
		for _, m := range found {
			if !ours(m.Token) || len(m.Carriers) == 0 {
				t.Fatalf("Tokens(%q, %q) = %+v, which is none of ours", header, body, m)
			}
		}
	})
}

func TestDecodeMailbox(t *testing.T) {
	for _, x := range []struct {
		raw, want string
		how       spelling
	}{
		{"inbox", "INBOX", spelledPlain}, {"Junk E-mail", "Junk E-mail", spelledPlain},
		{"Entw&APw-rfe", "Entwürfe", spelledUTF7}, {"a&-b", "a&b", spelledUTF7},
		{"&2D3eAA-", "😀", spelledUTF7}, {"&V4NXPpCuTvY-", "垃圾邮件", spelledUTF7},
		{"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語", spelledUTF7},
		{"Entwürfe", "Entwürfe", spelledUTF8}, {"垃圾邮件", "垃圾邮件", spelledUTF8},
		{"&AAA", "&AAA", spelledBroken}, {"&zz-", "&zz-", spelledBroken},
		{"ü & &-", "ü & &-", spelledBroken}, {"\xff", "\uFFFD", spelledBroken},
	} {
		if got, how := decodeMailbox(x.raw); got != x.want || how != x.how {
			t.Errorf("decodeMailbox(%q) = %q, %v; want %q, %v", x.raw, got, how, x.want, x.how)
		}
	}
}

func TestReadResponseCutsLiterals(t *testing.T) {
	long := strings.Repeat("x", maxLiteral+10)
	raw := "* 1 FETCH (UID 1 BODY[HEADER] {" + size(long) + "}\r\n" + long + " UID 9)\r\n* OK next\r\n"
	br := bufio.NewReader(strings.NewReader(raw))
	got, err := readResponse(br)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if _, err := a.add(bytes.TrimPrefix(got, []byte("* "))); err != nil || len(a.fetched) != 1 {
		t.Fatalf("add = %v with %d messages, want one", err, len(a.fetched))
	}
	if f := a.fetched[0]; len(f.header) != maxLiteral || f.uid != 9 {
		t.Errorf("header of %d bytes, UID %d; want %d and what stands after it", len(f.header), f.uid,
			maxLiteral)
	}
	if next, err := readResponse(br); err != nil || string(next) != "* OK next\r\n" {
		t.Errorf("then readResponse = %q, %v", next, err)
	}
}
