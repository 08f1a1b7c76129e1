package inbox

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"seedtest"
)

func TestTokens(t *testing.T) {
	b := newBook(1)
	mine, other := b.tokens[0], b.tokens[1]
	foreign := seedtest.Token(strings.Repeat("b", seedtest.TokenLen))
	known := func(x seedtest.Token) bool { return x == mine || x == other }
	for _, x := range []struct {
		what, header, want string
	}{
		{"all", "Message-ID: <%s@x>\nX-Entity-Ref-ID: %s\nSubject: Hi [%r]\n",
			"message-id x-entity-ref-id subject"},
		{"Message-ID in capitals", "message-id: <%S@x>\n", "message-id"},
		{"folded", "Message-ID:\n <%s@x>\n", "message-id"},
		{"rewritten Message-ID", "Message-ID: <other@gateway>\nX-Entity-Ref-ID: <%s>\n",
			"x-entity-ref-id"},
		{"subject alone", "Subject: [EXTERN] Hi (%r)\n", "subject"},
		{"encoded subject", "Subject: =?utf-8?q?=5BSPAM=5D_%r?=\n", "subject"},
		{"subject in another charset", "Subject: =?x-unknown?q?x?= %r\n", "subject"},
		{"reply", "Subject: Re: Hi %r\nIn-Reply-To: <%s@x>\n", ""},
		{"automatic answer", "Subject: Re: %r\nAuto-Submitted: auto-replied\n", ""},
		{"not automatic", "Subject: %r\nAuto-Submitted: no\n", "subject"},
		{"report", "Subject: %r\nContent-Type: multipart/report; boundary=x\n", ""},
		{"another installation", "Message-ID: <" + string(foreign) + "@x>\n", ""},
		{"no token", "Message-ID: <%sx@x>\nX-Entity-Ref-ID: 17\n", ""},
		{"a broken line before", "no field at all\nMessage-ID: <%s@x>\n", "message-id"},
	} {
		h := strings.NewReplacer("%s", string(mine), "%S", strings.ToUpper(string(mine)), "%r",
			mine.Ref(), "\n", "\r\n").Replace(x.header)
		got := ""
		for _, m := range Tokens(readFields([]byte(h)), []seedtest.Token{mine}, known) {
			if m.Token != mine {
				t.Errorf("%s: token %s, want %s", x.what, m.Token, mine)
			}
			got += strings.Trim(fmt.Sprint(m.Carriers), "[]")
		}
		if got != x.want {
			t.Errorf("%s: carriers %q, want %q", x.what, got, x.want)
		}
	}
}

// The subject's reference of a message that is not awaited here is too short to be believed.
func TestTokensTakeReferencesOfAwaitedOnly(t *testing.T) {
	b := newBook(1)
	h := readFields([]byte("Subject: " + b.tokens[1].Ref() + "\r\n"))
	if got := Tokens(h, b.tokens[:1], func(seedtest.Token) bool { return true }); len(got) != 0 {
		t.Errorf("Tokens = %v, want none", got)
	}
}

func TestBodyTokens(t *testing.T) {
	mine := newBook(1).tokens[0]
	word := string(mine)
	coded := base64.StdEncoding.EncodeToString([]byte("Hello\r\nReference: " + word + "\r\n"))
	for _, x := range []struct {
		what, header, body string
		want               int
	}{
		{"plain", "", "Hello\r\n" + word + "\r\n", 1},
		{"reference", "", "Reference: " + mine.Ref() + ".", 1},
		{"broken by quoted-printable", "", word[:20] + "=\r\n" + word[20:], 1},
		{"base64", "", coded[:60] + "\r\n" + coded[60:], 1},
		{"quoted", "", "> " + word + "\r\n >" + word, 0},
		{"report", "Content-Type: multipart/report\r\n", word, 0},
		{"part of a word", "", "x" + word, 0},
	} {
		got := bodyTokens(readFields([]byte(x.header)), []byte(x.body), []seedtest.Token{mine})
		if len(got) != x.want {
			t.Errorf("%s: bodyTokens = %v, want %d", x.what, got, x.want)
		}
	}
}

func TestReadFieldsIsLinear(t *testing.T) {
	raw := "Subject: x\r\n" + strings.Repeat(" y\r\n", 60_000) + "Message-ID: <z>\r\n"
	h := readFields([]byte(raw))
	if len(h.Values("subject")) != 1 || len(h.Values("message-id")) != 1 {
		t.Errorf("readFields lost a field beside one of %d lines", 60_000)
	}
	many := readFields([]byte(strings.Repeat("A: b\r\n", 2*maxFields)))
	if n := len(many.Values("A")); n != maxFields {
		t.Errorf("readFields kept %d fields, want %d", n, maxFields)
	}
}
