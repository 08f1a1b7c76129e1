package config

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	"seedtest"
)

// checkShowing warns where a certificate is never shown.
func (t *table) checkShowing(route seedtest.Route) {
	if route.Shows != nil && route.Server.TLS == seedtest.TLSNone {
		t.r.warn(t.get("certificate"), `is shown to nobody: tls = "none" encrypts nothing`)
	}
}

// showing reads the certificate by which servers may know this machine, with its key.
func (t *table) showing() *seedtest.Showing {
	const example = `certificate = { file = "client.pem", key = { file = "client-key.pem" } }`
	sub := t.sub("certificate", example)
	if sub == nil {
		return nil
	}
	x := &seedtest.Showing{Chain: sub.certificates("file", "client.pem"), Key: sub.pem("key")}
	both := sub.needs("file", "write "+example)
	both = sub.needs("key", "write "+example) && both
	sub.done()
	file, readable := x.Key.(pemFile)
	if !both || !readable || x.Chain == nil || t.r.env.WithoutSecrets {
		return x // a command is run when a server asks
	}
	key, err := file.Secret(context.Background())
	if err != nil {
		return x // a mistake, which is told
	}
	pair, err := tls.X509KeyPair(x.Chain, []byte(key.Reveal()))
	switch {
	case err != nil:
		t.r.fail(sub.get("key"), "does not go with the certificate: "+strings.TrimPrefix(err.Error(), "tls: "),
			"name the private key of the first certificate in the file")
	case time.Now().After(pair.Leaf.NotAfter):
		t.r.fail(sub.get("file"), "the certificate was valid until "+
			pair.Leaf.NotAfter.UTC().Format(time.DateOnly), "renew it, or take certificate out of the route")
	}
	return x
}
