package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

func messagesOf(t *testing.T, suite string) []seedtest.Message {
	t.Helper()
	c, err := Load("testdata/good/messages.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Suite(suite)
	if err != nil {
		t.Fatal(err)
	}
	_, _, messages, err := c.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestMessageTakesFiles(t *testing.T) {
	got := messagesOf(t, "regular")
	if !strings.HasPrefix(string(got[0].Template), "From: Old Sender") {
		t.Errorf("template: %q", got[0].Template)
	}
	want := seedtest.Message{Name: "page", Subject: "Notes for {{date}}",
		HTML: "<p>The notes are attached.</p>",
		Attachments: []seedtest.Attachment{{Name: "notes.txt", Type: "text/plain",
			Data: []byte("Notes of the meeting.\n")}},
		Headers: []seedtest.Header{
			{Name: "List-Unsubscribe",
				Value: "<https://example.org/leave/{{ref}}>, <mailto:leave@example.org>"},
			{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}}
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

// TestMatrixIsOneMessageAVariant: the name of the message stands for all variants, that of one for
// it alone.
func TestMatrixIsOneMessageAVariant(t *testing.T) {
	var got []string
	for _, m := range messagesOf(t, "variants") {
		got = append(got, m.Name+" "+m.Matrix+" "+m.Variant)
	}
	want := []string{"note/plain note plain", "note/html note html",
		"note/html-only note html-only", "note/link note link",
		"note/attachment note attachment", "note/X-Mailer note header:X-Mailer=A 1",
		"note/X-Mailer-2 note header:X-Mailer=B 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variants (-want +got):\n%s", diff)
	}
	if one := messagesOf(t, "one"); len(one) != 1 || one[0].Name != "note/html" {
		t.Errorf("one: %+v", one)
	}
}

// TestKeyFileOfDKIM: a key file's content is read when it is needed, and printed nowhere.
func TestKeyFileOfDKIM(t *testing.T) {
	dir := t.TempDir()
	pem := "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"
	file := filepath.Join(dir, "dkim.pem")
	text := "[sender.main]\nfrom = \"Ops <ops@Example.org>\"\n[route.a]\nhost = \"mx.example.org\"\n" +
		"dkim = { selector = \"s1\", key = { file = \"dkim.pem\" } }\n"
	load := func(mode os.FileMode) (*Config, error) {
		if err := os.WriteFile(file, []byte(pem), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		return Parse(filepath.Join(dir, "seeds.toml"), []byte(text), testEnv())
	}
	c, err := load(0o600)
	if err != nil {
		t.Fatal(err)
	}
	k := c.Routes[0].DKIM[0]
	secret, err := k.Key.Secret(t.Context())
	if err != nil || string(secret) != pem || k.Domain != "example.org" || k.Selector != "s1" {
		t.Errorf("key %s of %s, error %v", k.Selector, k.Domain, err)
	}
	if _, err := load(0o644); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all can read: error %v", err)
	}
	pem = "hunter2\n"
	if _, err := load(0o600); err == nil || !strings.Contains(err.Error(), "PEM form") ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a file without a key: error %v", err)
	}
}
