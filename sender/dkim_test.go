package sender_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/rand"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"seedtest"
	"seedtest/sender"
)

// fixedKey is a secret that a test knows.
type fixedKey string

func (k fixedKey) Secret(context.Context) (seedtest.Secret, error) { return seedtest.Secret(k), nil }

// pemOf writes a key as openssl does.
func pemOf(t *testing.T, key any) fixedKey {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return fixedKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// newKeys makes an RSA and an Ed25519 key.
func newKeys(t *testing.T) sender.DKIMKeys {
	t.Helper()
	draw := rand.New(rand.NewSource(1)) //nolint:gosec // a test
	r, err := rsa.GenerateKey(draw, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, e, err := ed25519.GenerateKey(draw)
	if err != nil {
		t.Fatal(err)
	}
	old := fixedKey(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
		Bytes: x509.MarshalPKCS1PrivateKey(r)}))
	keys, err := sender.LoadDKIM(t.Context(), seedtest.Route{Name: "mx", DKIM: []seedtest.DKIM{
		{Domain: "example.org", Selector: "r", Key: old},
		{Domain: "example.org", Selector: "e", Key: pemOf(t, e)}}})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// verified says of each signature of a message whether another implementation takes it.
func verified(t *testing.T, data []byte, keys sender.DKIMKeys) []error {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(data), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) {
			for _, k := range keys {
				if k.Name() == name {
					return []string{k.Record()}, nil
				}
			}
			return nil, io.EOF
		}})
	if err != nil {
		t.Fatal(err)
	}
	var errs []error
	for _, v := range found {
		errs = append(errs, v.Err)
	}
	return errs
}

func TestDKIMSignaturesVerify(t *testing.T) {
	keys := newKeys(t)
	for name, change := range map[string]func(*sender.Draft){
		"text":  func(*sender.Draft) {},
		"empty": func(d *sender.Draft) { d.Message.Text = "" },
		"spaces": func(d *sender.Draft) {
			d.Message.Text = "a  \t b \n\n c\n\n\n"
			d.Message.Headers = []seedtest.Header{{Name: "Reply-To", Value: "A   B \t <a@example.org>"}}
		},
		"list": func(d *sender.Draft) {
			d.Message.Headers = []seedtest.Header{
				{Name: "List-Unsubscribe", Value: "<https://example.org/" + strings.Repeat("a", 90) + ">"},
				{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
		},
		"template": func(d *sender.Draft) { d.Message.Template = []byte(invoice) },
		"parts": func(d *sender.Draft) {
			d.Message.HTML = "<p>Grüße</p>"
			d.Message.Subject = strings.Repeat("Übersicht ", 20)
		},
	} {
		d := draft()
		change(&d)
		plain := written(t, d)
		d.Keys = keys
		data := written(t, d)
		if !bytes.HasSuffix(data, plain) || !bytes.Equal(data, written(t, d)) {
			t.Fatalf("%s: a signature changed the message, or not twice the same", name)
		}
		errs := verified(t, data, keys)
		if len(errs) != 2 || errs[0] != nil || errs[1] != nil {
			t.Errorf("%s: signatures %v\n%s", name, errs, data)
		}
		if !bytes.Contains(data, []byte("t=1795269723;")) {
			t.Errorf("%s: not signed at the date of the message\n%s", name, data)
		}
		// Each of these must be noticed.
		for _, tamper := range []string{"Subject: ", "List-Unsubscribe-Post: ", "\r\n\r\n"} {
			bad := bytes.Replace(data, []byte(tamper), []byte(tamper+"x"), 1)
			if bytes.Equal(bad, data) {
				continue
			}
			for i, err := range verified(t, bad, keys) {
				if err == nil {
					t.Errorf("%s: signature %d holds with %q changed", name, i, tamper)
				}
			}
		}
		added := append([]byte("From: <eve@example.com>\r\n"), data...)
		for i, err := range verified(t, added, keys) {
			if err == nil {
				t.Errorf("%s: signature %d holds with a second From", name, i)
			}
		}
		for line := range strings.SplitSeq(string(data), "\r\n") {
			if len(line) > 78 && !strings.Contains(line, "example.org/aaa") {
				t.Errorf("%s: line %q", name, line)
			}
		}
	}
}

func TestLoadDKIMSaysWhatIsWrongWithAKey(t *testing.T) {
	small, err := rsa.GenerateKey(rand.New(rand.NewSource(1)), 1024) //nolint:gosec // a test
	if err != nil {
		t.Fatal(err)
	}
	encoded := func(kind string, data string) fixedKey {
		return fixedKey(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(data)}))
	}
	for name, c := range map[string]struct {
		key  seedtest.SecretSource
		want string
	}{
		"no PEM":    {fixedKey("hunter2"), "PEM form"},
		"broken":    {encoded("PRIVATE KEY", "hunter2"), "broken private key"},
		"encrypted": {encoded("ENCRYPTED PRIVATE KEY", "hunter2"), "not encrypted"},
		"public":    {encoded("PUBLIC KEY", "hunter2"), "want PRIVATE KEY"},
		"none":      {nil, "no key"},
	} {
		_, err := sender.LoadDKIM(t.Context(), seedtest.Route{Name: "mx",
			DKIM: []seedtest.DKIM{{Domain: "example.org", Selector: "s", Key: c.key}}})
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "route mx") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	keys, err := sender.LoadDKIM(t.Context(), seedtest.Route{DKIM: []seedtest.DKIM{
		{Domain: "example.org", Selector: "s", Key: pemOf(t, small)}}})
	if err != nil || keys[0].Bits() != 1024 || keys[0].Algorithm() != "rsa" {
		t.Errorf("1024 bits: %v, %v", keys, err)
	}
}
