package sender_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest/sender"
)

const invoice = `From root@mail Mon Nov  2 09:00:00 2026
Return-Path: <old@example.com>
Received: from a.example.com by b.example.com; Mon, 2 Nov 2026 09:00:00 +0100
DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; h=from;
	bh=aaaa; b=bbbb
Date: Mon, 2 Nov 2026 09:00:00 +0100
From: Old <old@example.com>
To: Somebody <somebody@example.com>
Cc: boss@example.com
Bcc: archive@example.com
Message-ID: <old@example.com>
Reply-To: =?utf-8?q?J=C3=B6rg?= <help@example.com>
Subject: =?iso-8859-1?q?Ihre_=DCbersicht?= {{date}}
X-Mailer: Billing 3
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

This is a message in several parts.
--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe an {{to}}
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+R3LDvMOfZSBhbiB7e3RvfX08L3A+
--inner--
--outer
Content-Type: application/pdf; name="a.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="a.pdf"

JVBERg==
--outer
Content-Type: text/plain; charset=us-ascii; name=b.txt
Content-Disposition: attachment; filename="b.txt"

{{to}} stays
--outer--
`

func TestComposeTakesATemplate(t *testing.T) {
	d := draft()
	d.Message.Subject, d.Message.Text, d.Message.Template = "", "", []byte(invoice)
	data := written(t, d)
	ref := "Reference: " + string(token)
	want := []string{
		"multipart/mixed",
		". multipart/alternative",
		fmt.Sprintf(". . text/plain %q", "Grüße an anna@example.net\r\n\r\n"+ref+"\r\n"),
		fmt.Sprintf(". . text/html %q", "<p>Grüße an anna@example.net</p>\r\n\r\n<p>"+ref+"</p>\r\n"),
		fmt.Sprintf(". application/pdf a.pdf %q", "%PDF"),
		fmt.Sprintf(". text/plain b.txt %q", "{{to}} stays"),
	}
	if diff := cmp.Diff(want, tree(t, data)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	wantHead := strings.NewReplacer("TOKEN", string(token), "REF", token.Ref(), "\n", "\r\n").Replace(
		`Date: Sat, 21 Nov 2026 14:02:03 +0000
From: "Ops" <ops@example.org>
To: <anna@example.net>
Subject: =?utf-8?q?Ihre_=C3=9Cbersicht_2026-11-21?= (REF)
Message-ID: <TOKEN@example.org>
X-Entity-Ref-ID: TOKEN
MIME-Version: 1.0
Reply-To: =?utf-8?q?J=C3=B6rg?= <help@example.com>
X-Mailer: Billing 3
Content-Type: multipart/mixed; boundary="outer"`)
	if diff := cmp.Diff(wantHead, head); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	dropped, err := sender.CheckTemplate([]byte(invoice))
	if err != nil {
		t.Fatal(err)
	}
	wantDropped := "Return-Path Received Dkim-Signature Date From To Cc Bcc Message-Id"
	if got := strings.Join(dropped, " "); got != wantDropped {
		t.Errorf("dropped %q, want %q", got, wantDropped)
	}
}

func TestComposeSaysWhatATemplateLacks(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no header":   {"Hello\n\nthere\n", "no message"},
		"signed":      {"Content-Type: multipart/signed; boundary=a\n\n--a\n\nx\n--a--\n", "signature"},
		"no boundary": {"Content-Type: multipart/mixed\n\nx\n", "boundary"},
		"no parts":    {"Content-Type: multipart/mixed; boundary=a\n\n--a--\n", "part"},
		"charset":     {"Content-Type: text/plain; charset=klingon\n\nx\n", "UTF-8"},
		"charset of a part": {"Content-Type: multipart/mixed; boundary=a\n\n--a\n" +
			"Content-Type: text/plain; charset=klingon\n\nx\n--a--\n", "part"},
		"encoding":      {"Content-Transfer-Encoding: x-a\n\nx\n", "UTF-8"},
		"8-bit message": {"Content-Type: message/rfc822\n\nSubject: \xc3\xa4\n\nx\n", "8-bit"},
		"bad base64":    {"Content-Transfer-Encoding: base64\n\n!!!!\n", "part of type"},
		"deep":          {nested(20), "levels"},
		"long name":     {"Content-" + strings.Repeat("x", 1000) + ": a\n\nx\n", "64 characters"},
		"long name in a part": {"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-" +
			strings.Repeat("x", 1000) + ": a\n\nx\n--a--\n", "64 characters"},
	} {
		d := draft()
		d.Message.Template = []byte(c.text)
		if got, err := sender.Compose(d); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q\n%s", name, err, c.want, got.Data)
		}
	}
}

// nested is a message with parts within parts.
func nested(depth int) string {
	text := "\nx\n"
	for i := range depth {
		text = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n%s\n--b%d--\n",
			i, i, text, i)
	}
	return text
}

// FuzzTemplate: what a template holds never breaks the lines, and our fields stand once.
func FuzzTemplate(f *testing.F) {
	f.Add([]byte(invoice))
	f.Add([]byte("Subject: a\n\nb"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := draft()
		d.Message.Template = data
		c, err := sender.Compose(d)
		if err != nil {
			return
		}
		m := read(t, c.Data)
		for _, name := range []string{"Message-Id", "Date", "From", "To", "X-Entity-Ref-Id"} {
			if n := len(m.Header[name]); n != 1 {
				t.Fatalf("%s %d times:\n%s", name, n, c.Data)
			}
		}
		if _, err := io.Copy(io.Discard, m.Body); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(c.Data), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("line %q", line)
			}
		}
	})
}
