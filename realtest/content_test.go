//go:build real

package realtest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/config"
	"seedtest/content"
	"seedtest/sender"
)

// mostSpam is the score from which a neutral text would be none, in stock SpamAssassin, which calls
// spam what has 5.
const mostSpam = 1.0

// specimen is a message as a server would hand it to its filter.
type specimen struct {
	name string
	data []byte
}

// delivered composes a message, and puts above it what the server that took it writes. The client's
// address is a common one: SpamAssassin holds those of documentation against a message.
func delivered(t *testing.T, m seedtest.Message, keys sender.DKIMKeys) specimen {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	c, err := sender.Compose(sender.Draft{Message: m, To: []string{"anna@seeds.example.net"},
		From:  seedtest.Identity{From: "Ops <ops@example.org>"},
		Token: seedtest.MintToken(id, []byte("a key")), Date: now, Keys: keys, Hazard: true})
	if err != nil {
		t.Fatalf("message %s: %v", m.Name, err)
	}
	trace := fmt.Sprintf("Received: from mail.example.org (mail.example.org [9.9.9.9])\r\n"+
		"\tby mx.seeds.example.net (Postfix) with ESMTPS id 4XyZ\r\n"+
		"\tfor <anna@seeds.example.net>; %s\r\n", now.Format(time.RFC1123Z))
	return specimen{m.Name, append([]byte(trace), c.Data...)}
}

// allContents are all built-in texts, and the message of a configuration without any.
func allContents(t *testing.T) []seedtest.Message {
	t.Helper()
	c, err := config.Parse("seeds.toml", nil, config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	all := c.Messages
	for _, x := range content.All() {
		all = append(all, seedtest.Message{Name: x.Name, Content: x.Name})
	}
	return content.Prepare(all, 1)
}

// scores asks SpamAssassin, with its stock rules and without the network. The answer is by name.
func scores(t *testing.T, all []specimen) map[string]float64 {
	t.Helper()
	var box bytes.Buffer
	for _, s := range all {
		fmt.Fprintf(&box, "From ops@example.org Mon Jan  1 00:00:00 2026\nX-Specimen: %s\n%s\n", s.name,
			strings.ReplaceAll(string(s.data), "\r\n", "\n"))
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "box")
	if err := os.WriteFile(file, box.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "spamassassin", "--local", "--test-mode", "--mbox",
		"--prefspath", filepath.Join(dir, "prefs"), file)
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("spamassassin: %v", err)
	}
	found := map[string]float64{}
	for m := range strings.SplitSeq(string(out), "\nFrom ") {
		name := regexp.MustCompile(`(?m)^X-Specimen: (\S+)`).FindStringSubmatch(m)
		score := regexp.MustCompile(`(?m)^X-Spam-Status: (?:Yes|No), score=(-?[\d.]+)`).FindStringSubmatch(m)
		if name == nil || score == nil {
			continue
		}
		if found[name[1]], err = strconv.ParseFloat(score[1], 64); err != nil {
			t.Fatal(err)
		}
		tests := regexp.MustCompile(`(?s)tests=(.*?)autolearn`).FindStringSubmatch(m)
		t.Logf("%s: %s %s", name[1], score[1], strings.Join(strings.Fields(tests[1]), ""))
	}
	if len(found) != len(all) {
		t.Fatalf("SpamAssassin judged %d of %d messages", len(found), len(all))
	}
	return found
}

// TestContentIsNoSpam: no built-in text, and no variant of one, tells a filter anything.
func TestContentIsNoSpam(t *testing.T) {
	t.Parallel()
	var all []specimen
	for _, m := range allContents(t) {
		all = append(all, delivered(t, m, nil))
	}
	for _, v := range append(content.Variants(), "header:X-Mailer=Example Mailer 1.0") {
		if v == content.VariantHTMLOnly {
			continue // which filters dislike, and which is asked for to see how much
		}
		name, _, _ := strings.Cut(v, ":")
		for _, lang := range []string{"en", "ja"} {
			m := seedtest.Message{Name: "x/" + name + "-" + lang, Matrix: "x", Variant: v,
				Content: "notice-" + lang}
			all = append(all, delivered(t, content.Prepare([]seedtest.Message{m}, 1)[0], nil))
		}
	}
	spam := delivered(t, seedtest.Message{Name: "gtube", Subject: "a", GTUBE: true}, nil)
	got := scores(t, append(all, spam))
	for _, s := range all {
		if got[s.name] >= mostSpam {
			t.Errorf("%s has %.1f, want less than %.1f\n%s", s.name, got[s.name], mostSpam, s.data)
		}
	}
	if got["gtube"] < 5 {
		t.Errorf("GTUBE has %.1f: SpamAssassin did not look at these messages", got["gtube"])
	}
}

// reading is a program that reads messages with the parser of Python, and prints what it found wrong
// and what it understood.
const reading = `
import email, email.policy, json, sys
out = {}
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        m = email.message_from_binary_file(f, policy=email.policy.default)
    wrong = [repr(d) for p in m.walk() for d in p.defects]
    wrong += [repr(d) for p in m.walk() for v in p.values() for d in v.defects]
    kinds = [p.get_content_type() for p in m.walk()]
    text = m.get_body(("plain", "html")).get_content()
    out[path] = dict(wrong=wrong, kinds=kinds, subject=m["subject"], text=text)
print(json.dumps(out))
`

// TestMessagesReadWellElsewhere: a strict parser of another make finds nothing wrong in messages of
// every kind, and reads the words that were meant.
func TestMessagesReadWellElsewhere(t *testing.T) {
	t.Parallel()
	var list []seedtest.Message
	for _, v := range content.Variants() {
		list = append(list, seedtest.Message{Name: v, Matrix: "x", Variant: v, Content: "meeting-ru",
			Subject: strings.TrimSpace(strings.Repeat("Übersicht der Woche ", 8)),
			Headers: []seedtest.Header{{Name: "Reply-To", Value: "Jörg Müller <help@example.org>"}}})
	}
	list = append(allContents(t), content.Prepare(list, 1)...)
	dir := t.TempDir()
	args := []string{"-c", reading}
	for i, m := range list {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(path, delivered(t, m, nil).data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), "python3", args...).Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	var found map[string]struct {
		Wrong, Kinds  []string
		Subject, Text string
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	for i, m := range list {
		got := found[filepath.Join(dir, strconv.Itoa(i))]
		words := strings.ReplaceAll(strings.TrimSpace(m.Text), "{{domain}}", "example.org") + "\n\nReference: "
		if m.Text == "" {
			words = "<p>Reference: "
		}
		if len(got.Wrong) > 0 || !strings.HasPrefix(got.Subject, m.Subject+" (") ||
			!strings.Contains(got.Text, words) {
			t.Errorf("%s: %q is wrong in\n%q\n%q", m.Name, got.Wrong, got.Subject, got.Text)
		}
		if m.Variant == content.VariantAttachment && !slices.Contains(got.Kinds, "application/pdf") {
			t.Errorf("%s: parts %q", m.Name, got.Kinds)
		}
	}
}

// signingKeys makes keys as an administrator would, of both kinds.
func signingKeys(t *testing.T) sender.DKIMKeys {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, e, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	route := seedtest.Route{Name: "mx"}
	for selector, key := range map[string]any{"r2026": r, "e2026": e} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		route.DKIM = append(route.DKIM, seedtest.DKIM{Domain: "example.org", Selector: selector,
			Key: knownKey(text)})
	}
	keys, err := sender.LoadDKIM(t.Context(), route)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// knownKey is a secret that the test made.
type knownKey string

func (k knownKey) Secret(context.Context) (seedtest.Secret, error) { return seedtest.Secret(k), nil }

// TestSignaturesHoldForOpenDKIM: a verifier of another make takes both signatures of messages of
// every kind, and refuses them when a word has changed.
func TestSignaturesHoldForOpenDKIM(t *testing.T) {
	t.Parallel()
	keys := signingKeys(t)
	var records strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&records, "%s %s\n", k.Name(), k.Record())
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	conf := write("opendkim.conf", "Mode v\nSyslog no\nAlwaysAddARHeader yes\nTestPublicKeys "+
		write("keys", records.String())+"\n")
	ask := func(data []byte) string {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, "opendkim", "-x", conf, "-vv", "-t",
			write("message.eml", string(data))).CombinedOutput()
		if err != nil {
			t.Fatalf("opendkim: %v\n%s", err, out)
		}
		return string(out)
	}
	var list []seedtest.Message
	for _, v := range append(content.Variants(), "header:X-Mailer=Example  1.0") {
		list = append(list, seedtest.Message{Name: "x/" + v, Matrix: "x", Variant: v,
			Content: "meeting-ru", Subject: strings.Repeat("Übersicht der Woche ", 8)})
	}
	for _, m := range content.Prepare(list, 1) {
		data := delivered(t, m, keys).data
		if out := ask(data); strings.Count(out, "dkim=pass") != len(keys) {
			t.Errorf("%s: OpenDKIM says\n%s\nof\n%s", m.Name, out, data)
		}
		changed := bytes.Replace(data, []byte("Reference: "), []byte("Referenz: "), 1)
		if out := ask(changed); strings.Contains(out, "dkim=pass") || !strings.Contains(out, "dkim=fail") {
			t.Errorf("%s: OpenDKIM says of a changed text\n%s", m.Name, out)
		}
	}
}
