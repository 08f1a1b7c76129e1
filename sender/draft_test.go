package sender_test

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"seedtest"
	"seedtest/sender"
)

var (
	token = seedtest.MintToken(
		uuid.MustParse("019a8b7c-0000-7000-8000-00000000002a"), []byte("a key of this installation"))
	date = time.Date(2026, 11, 21, 14, 2, 3, 0, time.UTC)
)

func draft() sender.Draft {
	return sender.Draft{
		Message: seedtest.Message{
			Name: "notice", Subject: "Your weekly notice", Text: "Good morning,\nall is well.\n"},
		From:  seedtest.Identity{Name: "main", From: "Ops <ops@example.org>"},
		To:    []string{"anna@example.net"},
		Token: token,
		Date:  date,
	}
}

func TestComposeWritesTheWholeMessage(t *testing.T) {
	got, err := sender.Compose(draft())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`Date: Sat, 21 Nov 2026 14:02:03 +0000
From: "Ops" <ops@example.org>
To: <anna@example.net>
Subject: Your weekly notice (REF)
Message-ID: <TOKEN@example.org>
X-Entity-Ref-ID: TOKEN
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Good morning,
all is well.

Reference: TOKEN
`, "\n", "\r\n")
	want = strings.NewReplacer("TOKEN", string(token), "REF", token.Ref()).Replace(want)
	if diff := cmp.Diff(want, string(got.Data)); diff != "" {
		t.Errorf("Compose (-want +got):\n%s", diff)
	}
	if got.EnvelopeFrom != "ops@example.org" || got.EnvelopeID != string(token) {
		t.Errorf("Compose: envelope from %q, id %q", got.EnvelopeFrom, got.EnvelopeID)
	}
	if diff := cmp.Diff([]string{"anna@example.net"}, got.To); diff != "" {
		t.Errorf("Compose: recipients (-want +got):\n%s", diff)
	}
}

func to(addr string) func(*sender.Draft) {
	return func(d *sender.Draft) { d.To = []string{addr} }
}

func from(mailbox string) func(*sender.Draft) {
	return func(d *sender.Draft) { d.From.From = mailbox }
}

var uncomposable = map[string]struct {
	change func(*sender.Draft)
	want   string
}{
	"subject with a line break": {func(d *sender.Draft) {
		d.Message.Subject = "Hello\r\nBcc: eve@example.com"
	}, "subject: a line break"},
	"subject with a bell": {func(d *sender.Draft) { d.Message.Subject = "a\ab" }, "control"},
	"header value with a line break": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "X-A", Value: "b\nBcc: eve@example.com"}}
	}, `header "X-A": a line break`},
	"header name with a colon": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "Bcc: eve@example.com\r\nX-A", Value: "b"}}
	}, "not allowed in a name"},
	"header of ours": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "message-ID", Value: "<a@b>"}}
	}, "written by the program"},
	"content header": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "Content-Type", Value: "text/html"}}
	}, "written by the program"},
	"empty header": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "X-A", Value: " "}}
	}, "empty"},
	"header without a fold": {func(d *sender.Draft) {
		d.Message.Headers = []seedtest.Header{{Name: "X-A", Value: strings.Repeat("a", 501)}}
	}, "500 octets"},
	"subject with a wide gap": {func(d *sender.Draft) {
		d.Message.Subject = "a" + strings.Repeat(" ", 51) + "b"
	}, "50 spaces"},
	"from with a wide gap": {from("A" + strings.Repeat(" ", 51) + "B <a@b.example>"), "50 spaces"},
	"no recipient":         {func(d *sender.Draft) { d.To = nil }, "no recipient"},
	"recipient with name":  {to("A <a@example.net>"), "before the @"},
	"recipient with a command": {
		to("a@example.net>\r\nRCPT TO:<b@example.net"), "no address"},
	"recipient without @":       {to("anna"), "has no @"},
	"recipient with two dots":   {to("a..b@example.net"), "dot"},
	"recipient in UTF-8":        {to("jörg@example.net"), "before the @"},
	"recipient without local":   {to("@example.net"), "0 octets"},
	"recipient with long local": {to(strings.Repeat("a", 65) + "@example.net"), "65 octets"},
	"recipient without domain":  {to("a@"), "label"},
	"recipient in a bad domain": {to("a@b c.example"), "domain"},
	"recipient in no literal":   {to("a@[2001:db8::1]"), "literal"},
	"from":                      {from("Ops"), "no mailbox"},
	"from with a line break":    {from("Ops\r\n <a@b.example>"), "line break"},
	"envelope from": {
		func(d *sender.Draft) { d.From.EnvelopeFrom = "x" }, "envelope_from"},
	"token": {func(d *sender.Draft) { d.Token = "abc" }, "token"},
	"token's alphabet": {func(d *sender.Draft) {
		d.Token = seedtest.Token(strings.Repeat("A", seedtest.TokenLen))
	}, "alphabet"},
	"message id of another": {
		func(d *sender.Draft) { d.MessageID = "x@example.org" }, "not the token"},
	"date":            {func(d *sender.Draft) { d.Date = time.Time{} }, "date"},
	"text with a NUL": {func(d *sender.Draft) { d.Message.Text = "a\x00" }, "NUL"},
	"text in Latin-1": {func(d *sender.Draft) { d.Message.Text = "\xe4" }, "UTF-8"},
}

func TestComposeSaysWhatItCannotSend(t *testing.T) {
	for name, c := range uncomposable {
		t.Run(name, func(t *testing.T) {
			d := draft()
			c.change(&d)
			got, err := sender.Compose(d)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Compose: error %v, want one with %q", err, c.want)
			}
			if got.Data != nil {
				t.Errorf("Compose: gave %q beside the error", got.Data)
			}
		})
	}
}

func TestComposeKeepsWhatPeopleWrite(t *testing.T) {
	d := draft()
	d.From = seedtest.Identity{
		From: "Jörg Müller <joerg@bücher.example>", EnvelopeFrom: "b@example.org"}
	d.To = []string{"anna@example.net", "b.o'neill+x@EXAMPLE.com", "c@[192.0.2.7]"}
	d.Message.Subject = "Ihre Übersicht"
	d.Message.Text = "Grüße\r\n\r\n.\rFrom here\n" + strings.Repeat("long ", 100) + "\nend \n\n\n"
	d.Message.Headers = []seedtest.Header{
		{Name: "Reply-To", Value: "Jörg <help@example.org>"}, {Name: "X-Campaign", Value: "Frühling"}}
	c, err := sender.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	m := read(t, c.Data)
	dec := new(mime.WordDecoder)
	for _, f := range []struct{ name, want string }{
		{"From", "Jörg Müller <joerg@xn--bcher-kva.example>"},
		{"To", "<anna@example.net>, <b.o'neill+x@example.com>, <c@[192.0.2.7]>"},
		{"Subject", "Ihre Übersicht (" + token.Ref() + ")"},
		{"Reply-To", "Jörg <help@example.org>"},
		{"X-Campaign", "Frühling"},
		{"Message-Id", "<" + string(token) + "@xn--bcher-kva.example>"},
	} {
		got, err := dec.DecodeHeader(m.Header.Get(f.name))
		if err != nil || got != f.want {
			t.Errorf("Compose: %s = %q (%v), want %q", f.name, got, err, f.want)
		}
	}
	want := "Grüße\n\n.\nFrom here\n" + strings.Repeat("long ", 100) + "\nend \n\nReference: " +
		string(token) + "\n"
	if diff := cmp.Diff(want, body(t, c.Data)); diff != "" {
		t.Errorf("Compose: text (-want +got):\n%s", diff)
	}
	if !strings.Contains(string(c.Data), " ("+token.Ref()+")\r\n") {
		t.Errorf("Compose: the reference cannot be read in the raw subject:\n%s", c.Data)
	}
	if c.EnvelopeFrom != "b@example.org" {
		t.Errorf("Compose: envelope from %q", c.EnvelopeFrom)
	}
}

// TestComposeFoldsNames: whatever a sender is called, the lines stay legal and the name is kept.
func TestComposeFoldsNames(t *testing.T) {
	for _, name := range []string{
		strings.Repeat("Very Long Name ", 60) + "Ltd.", strings.Repeat("Übergröße ", 60) + "GmbH",
		`O'Neill "the \\ quoted", and (commented)`, "=?utf-8?q?not_encoded?=", "a@b.example", "日本",
	} {
		d := draft()
		d.From.From = (&mail.Address{Name: name, Address: "ops@example.org"}).String()
		c, err := sender.Compose(d)
		if err != nil {
			t.Errorf("Compose from %q: %v", name, err)
			continue
		}
		checkLines(t, c.Data)
		got, err := mail.ParseAddress(read(t, c.Data).Header.Get("From"))
		if err != nil || strings.TrimSpace(got.Name) != strings.TrimSpace(name) {
			t.Errorf("Compose from %q: the header says %v (%v)", name, got, err)
		}
	}
}

func TestComposePutsTheReferenceWhereAsked(t *testing.T) {
	for subject, want := range map[string]string{
		"":                      "(REF)",
		"Your order":            "Your order (REF)",
		"Order {ref} is packed": "Order REF is packed",
	} {
		d := draft()
		d.Message.Subject = subject
		c, err := sender.Compose(d)
		if err != nil {
			t.Fatal(err)
		}
		want = strings.ReplaceAll(want, "REF", token.Ref())
		if got := read(t, c.Data).Header.Get("Subject"); got != want {
			t.Errorf("Compose: subject %q gave %q, want %q", subject, got, want)
		}
	}
}

func TestComposeSaysNothingOfItself(t *testing.T) {
	c, err := sender.Compose(draft())
	if err != nil {
		t.Fatal(err)
	}
	words := strings.ReplaceAll(strings.ToLower(string(c.Data)), string(token), "")
	for _, w := range []string{"test", "seed", "probe", "go-m", "x-mailer", "auto-submitted"} {
		if strings.Contains(words, w) {
			t.Errorf("Compose: %q stands in\n%s", w, c.Data)
		}
	}
}

func TestMessageIDEndsInTheFromDomain(t *testing.T) {
	got, err := sender.MessageID(token, seedtest.Identity{From: "Ops <o@Mail.Example.org>"})
	if want := string(token) + "@mail.example.org"; err != nil || got != want {
		t.Errorf("MessageID = %q (%v), want %q", got, err, want)
	}
	if got, err := sender.MessageID(token, seedtest.Identity{From: "nobody"}); err == nil {
		t.Errorf("MessageID from nobody = %q, want an error", got)
	}
}

// FuzzCompose holds whatever is composed against what must be true of every message: the same
// bytes again, the fields that were asked for and no other, lines of legal form and length.
func FuzzCompose(f *testing.F) {
	f.Add("Your weekly notice", "all is well", "X-A", "b", "anna@example.net")
	f.Add("{ref}", ".\r\n.", "Reply-To", "a@b\r\nBcc: c@d", "a@b>\r\nDATA")
	f.Add("Übersicht "+strings.Repeat("ü", 300), strings.Repeat("x", 2000), "List-Unsubscribe",
		"<mailto:x@example.org>, <https://example.org/"+strings.Repeat("y", 400)+">", "ö@ü.example")
	f.Add(strings.Repeat(" a", 500), "From x\n", "X-B", strings.Repeat("word ", 400), "a@[192.0.2.1]")
	f.Add("a"+strings.Repeat(" ", 300)+"b", "\t\n ", "X-C", "c"+
		strings.Repeat("\t", 90)+"d", "a@b.example")
	f.Fuzz(func(t *testing.T, subject, text, name, value, to string) {
		d := draft()
		d.Message = seedtest.Message{Name: "f", Subject: subject, Text: text,
			Headers: []seedtest.Header{{Name: name, Value: value}}}
		d.To = []string{to}
		same(t, "Composer", &sender.Composer{}, d)
		c, err := sender.Compose(d)
		if err != nil {
			return
		}
		again, _ := sender.Compose(d)
		if !bytes.Equal(c.Data, again.Data) {
			t.Fatalf("Compose: two results for one draft")
		}
		checkLines(t, c.Data)
		checkFields(t, c.Data, name)
		if !strings.Contains(body(t, c.Data), "Reference: "+string(token)) {
			t.Fatalf("Compose: no token in the text")
		}
		if strings.ContainsAny(c.To[0], "\r\n <>") {
			t.Fatalf("Compose: recipient %q", c.To[0])
		}
	})
}

func checkLines(t *testing.T, data []byte) {
	t.Helper()
	if !bytes.HasSuffix(data, []byte("\r\n")) {
		t.Fatalf("Compose: the last line is open: %q", data)
	}
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.TrimSpace(line) == "" { // RFC 5322 section 3.2.2: no line of white space only
			t.Fatalf("Compose: an empty line in the header:\n%q", head)
		}
	}
	for line := range strings.SplitSeq(string(data), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("Compose: line of %d octets: %q", len(line), line)
		}
		for i := range len(line) {
			if line[i] >= 0x7F || line[i] < ' ' && line[i] != '\t' {
				t.Fatalf("Compose: octet %#x in %q", line[i], line)
			}
		}
	}
}

func checkFields(t *testing.T, data []byte, extra string) {
	t.Helper()
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	var names []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && line[0] != ' ' && line[0] != '\t' {
			names = append(names, strings.ToLower(name))
		}
	}
	want := []string{"date", "from", "to", "subject", "message-id", "x-entity-ref-id",
		"mime-version", strings.ToLower(extra), "content-type", "content-transfer-encoding"}
	less := func(a, b string) bool { return a < b }
	if diff := cmp.Diff(want, names, cmpopts.SortSlices(less)); diff != "" {
		t.Fatalf("Compose: fields (-want +got):\n%s\n%s", diff, head)
	}
}

func read(t *testing.T, data []byte) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the composed message cannot be read: %v\n%s", err, data)
	}
	return m
}

// body returns the decoded text with LF as line end.
func body(t *testing.T, data []byte) string {
	t.Helper()
	e, err := message.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the composed message cannot be read: %v\n%s", err, data)
	}
	text, err := io.ReadAll(e.Body)
	if err != nil {
		t.Fatalf("the composed text cannot be read: %v\n%s", err, data)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
