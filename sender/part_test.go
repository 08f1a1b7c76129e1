package sender_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"seedtest"
	"seedtest/sender"
)

// tree tells the parts of a message: type, name of a file, and what is in it.
func tree(t *testing.T, data []byte) (lines []string) {
	t.Helper()
	e, err := message.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("message.Read: %v\n%s", err, data)
	}
	err = e.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, _ := e.Header.ContentType()
		_, params, _ := e.Header.ContentDisposition()
		line := strings.TrimSpace(fmt.Sprintf("%s%s %s", strings.Repeat(". ", len(path)), kind,
			params["filename"]))
		if !strings.HasPrefix(kind, "multipart/") {
			body, err := io.ReadAll(e.Body)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", body)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatalf("Walk: %v\n%s", err, data)
	}
	return lines
}

func written(t *testing.T, d sender.Draft) []byte {
	t.Helper()
	c, err := sender.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	return c.Data
}

// TestComposeWritesParts: the token is in the text and in the page, wherever that ends.
func TestComposeWritesParts(t *testing.T) {
	d := draft()
	d.Message.Text = "Hello {{to}}\n"
	d.Message.HTML = "<html><body><p>Hello {{to}}</p></BODY ></html>"
	d.To = []string{"a&b@example.net"}
	d.Message.Attachments = []seedtest.Attachment{
		{Name: "Übersicht.pdf", Type: "application/pdf", Data: []byte("%PDF\x00\r\n\n")}}
	ref := "Reference: " + string(token)
	want := []string{
		"multipart/mixed",
		". multipart/alternative",
		fmt.Sprintf(". . text/plain %q", "Hello a&b@example.net\r\n\r\n"+ref+"\r\n"),
		fmt.Sprintf(". . text/html %q", "<html><body><p>Hello a&amp;b@example.net</p>\r\n<p>"+ref+
			"</p>\r\n</BODY ></html>\r\n"),
		fmt.Sprintf(". application/pdf Übersicht.pdf %q", "%PDF\x00\r\n\n"),
	}
	data := written(t, d)
	if diff := cmp.Diff(want, tree(t, data)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if again := written(t, d); !bytes.Equal(data, again) {
		t.Error("Compose twice gave different bytes")
	}
	if n := bytes.Count(data, []byte("MIME-Version")); n != 1 {
		t.Errorf("MIME-Version %d times", n)
	}
	d.Message.Text = ""
	d.Message.HTML, d.Message.Attachments = "<p>Hi", nil
	want = []string{fmt.Sprintf("text/html %q", "<p>Hi\r\n\r\n<p>"+ref+"</p>\r\n")}
	if diff := cmp.Diff(want, tree(t, written(t, d))); diff != "" {
		t.Errorf("HTML alone (-want +got):\n%s", diff)
	}
}

func TestComposeFillsVariables(t *testing.T) {
	d := draft()
	d.Message.Subject = "Invoice {{ref}} of {{date}} {{other}}"
	d.Message.Text = "{{ref}} {{date}} {{to}} {{from}} {{domain}} {{other}}"
	d.Message.Headers = []seedtest.Header{
		{Name: "List-Unsubscribe", Value: "<https://{{domain}}/u/{{ref}}>"}}
	m := read(t, written(t, d))
	if got, want := m.Header.Get("Subject"), "Invoice "+token.Ref()+" of 2026-11-21 {{other}}"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	if got := m.Header.Get("List-Unsubscribe"); got != "<https://example.org/u/"+token.Ref()+">" {
		t.Errorf("List-Unsubscribe: %q", got)
	}
	body, _ := io.ReadAll(m.Body)
	want := token.Ref() + " 2026-11-21 anna@example.net ops@example.org example.org {{other}}"
	if !strings.Contains(string(body), want) {
		t.Errorf("text %q, want %q in it", body, want)
	}
}

// TestComposeBoundsLines: whatever it says, no line is longer than relays leave alone.
func TestComposeBoundsLines(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := draft()
		words := rapid.StringOfN(rapid.RuneFrom([]rune("ab é日<>&=.\r\n\t ")), 0, 3000, -1)
		d.Message.Text, d.Message.HTML = words.Draw(r, "text"), words.Draw(r, "html")
		d.Message.Attachments = []seedtest.Attachment{{Name: "a.bin",
			Type: "application/octet-stream", Data: rapid.SliceOf(rapid.Byte()).Draw(r, "data")}}
		c, err := sender.Compose(d)
		if err != nil {
			r.Fatal(err)
		}
		for line := range bytes.SplitSeq(c.Data, []byte("\r\n")) {
			if len(line) > 76 && !bytes.HasPrefix(line, []byte("Content-Type")) ||
				bytes.ContainsAny(line, "\r\n") || bytes.IndexFunc(line, func(c rune) bool {
				return c > '~'
			}) >= 0 {
				r.Fatalf("line %q", line)
			}
		}
	})
}

func TestComposeRefusesHazards(t *testing.T) {
	gtube := "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
	for _, c := range []struct {
		name    string
		message seedtest.Message
		hazard  bool
		want    string
	}{
		{"hidden in the text", seedtest.Message{Text: gtube}, true, "does not say gtube"},
		{"hidden in a template", seedtest.Message{
			Template: []byte("Subject: a\n\n" + gtube + "\n")}, true, "does not say gtube"},
		{"hidden by an encoding", seedtest.Message{Template: []byte(
			"Subject: a\nContent-Transfer-Encoding: quoted-printable\n\n" +
				strings.ReplaceAll(gtube, "GTUBE", "=47TUBE") + "\n")}, true, "does not say gtube"},
		{"hidden in a file of a template", seedtest.Message{Template: []byte("Subject: a\n" +
			"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString([]byte(gtube)) + "\n")}, true, "does not say gtube"},
		{"asked for on a common route", seedtest.Message{GTUBE: true}, false, "hazard = true"},
		{"a virus on a common route", seedtest.Message{EICAR: true}, false, "hazard = true"},
	} {
		d := draft()
		c.message.Subject = "a"
		d.Message, d.Hazard = c.message, c.hazard
		if got, err := sender.Compose(d); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q\n%s", c.name, err, c.want, got.Data)
		}
	}
	d := draft()
	d.Message.GTUBE, d.Message.EICAR, d.Hazard = true, true, true
	got := tree(t, written(t, d))
	if !strings.Contains(got[1], gtube) || !strings.Contains(got[2], "EICAR-STANDARD") {
		t.Errorf("asked for: %q", got)
	}
}
