package config

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"strings"

	"seedtest"
)

// dkim reads by what the mail of a route is signed: one key, or several, as for RSA and Ed25519 at
// once. The domain is that of the sender unless it says another.
func (t *table) dkim(sender seedtest.Identity) []seedtest.DKIM {
	const example = `dkim = { selector = "s2026", key = { file = "dkim.pem" } }`
	n := t.value("dkim")
	if n == nil {
		return nil
	}
	nodes := []*node{n}
	if n.kind == kindArray && !n.tables {
		nodes = t.list("dkim", kindTable, example)
	} else if t.r.typed(n, kindTable, example) == nil {
		return nil
	}
	var all []seedtest.DKIM
	for _, x := range nodes {
		sub := &table{node: x, r: t.r}
		k := seedtest.DKIM{Domain: sub.host("domain"), Selector: sub.host("selector"),
			Key: sub.pem("key")}
		sub.needs("selector", "write "+example)
		sub.needs("key", "write "+example)
		if k.Domain == "" {
			k.Domain = fromDomain(sender)
		}
		sub.done()
		for _, other := range all {
			if other.Domain == k.Domain && other.Selector == k.Selector {
				t.r.fail(x, fmt.Sprintf("there are two keys for selector %s", k.Selector),
					"give each key a selector of its own")
			}
		}
		all = append(all, k)
	}
	return all
}

func fromDomain(s seedtest.Identity) string {
	a, err := mail.ParseAddress(s.From)
	if err != nil {
		return ""
	}
	return strings.ToLower(a.Address[strings.LastIndexByte(a.Address, '@')+1:])
}

// pem reads where a secret of several lines is: a private key in PEM form.
func (t *table) pem(key string) seedtest.SecretSource {
	const forms = `{ file = "PATH" } or { command = ["prog", "arg"] }`
	n := t.value(key)
	if n == nil {
		return nil
	}
	if n.kind != kindTable {
		t.r.fail(n, "a secret must not stand in this file",
			"say where it is: "+key+" = "+forms)
		return nil
	}
	sub := &table{node: n, r: t.r}
	file := sub.line("file", "dkim.pem")
	command := sub.texts("command", `command = ["prog", "arg"]`)
	sub.done()
	switch {
	case len(n.entries) != 1 || file == "" && len(command) == 0:
		t.r.fail(n, "wants one place of the secret", "write "+key+" = "+forms)
		return nil
	case file == "":
		return pemCommand{commandSecret{command, t.r.dir, t.r.env}}
	}
	s := pemFile{fileSecret{t.r.path(file), t.r.env}}
	if _, err := s.Secret(context.Background()); err != nil && !t.r.env.WithoutSecrets {
		hint := "name a private key in PEM form, with mode 0600"
		if _, mode, e := t.r.env.read(s.path, maxSecret); e == nil && exposed(mode) {
			hint = "run chmod 600 " + s.path
		}
		t.r.fail(n, err.Error(), hint)
	}
	return s
}

// pemFile and pemCommand are secrets of several lines.
type (
	pemFile    struct{ fileSecret }
	pemCommand struct{ commandSecret }
)

// Secret returns the whole file.
func (s pemFile) Secret(context.Context) (seedtest.Secret, error) {
	data, err := s.content()
	if err != nil {
		return "", err
	}
	return pemText(data, s.source())
}

// Secret runs the program, for a minute at most, and returns all that it printed.
func (s pemCommand) Secret(ctx context.Context) (seedtest.Secret, error) {
	out, err := s.output(ctx)
	if err != nil {
		return "", err
	}
	return pemText(out, s.source())
}

func pemText(data []byte, source string) (seedtest.Secret, error) {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return "", fmt.Errorf("%s: holds nothing in PEM form (-----BEGIN ...)", source)
	}
	return seedtest.Secret(data), nil
}
