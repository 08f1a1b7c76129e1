package sender

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed" // alerts.toml
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"seedtest"
)

// identifying shows the route's certificate to a server that asks for one (RFC 8446 section 4.3.2).
type identifying struct {
	route seedtest.Route
	ctx   context.Context
	wait  time.Duration // for the key

	asked bool
	shown string
}

// show is a GetClientCertificate of crypto/tls. Where the route has none, none is sent: it is the
// server's to say what that means.
func (id *identifying) show(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	id.asked = true
	if id.route.Shows == nil {
		return &tls.Certificate{}, nil
	}
	ctx, cancel := context.WithTimeout(id.ctx, id.wait)
	defer cancel()
	cert, err := LoadShowing(ctx, *id.route.Shows)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errShowing, err)
	}
	id.shown = seedtest.OneLine(cert.Leaf.Subject.String(), 200)
	return cert, nil
}

// errShowing says that a handshake ended because there was nothing to show.
var errShowing = errors.New("the certificate to show is of no use")

// LoadShowing reads a certificate with its key, and says why the two are of no use.
func LoadShowing(ctx context.Context, x seedtest.Showing) (*tls.Certificate, error) {
	key, err := x.Key.Secret(ctx)
	if err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(x.Chain, []byte(key.Reveal()))
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "tls: "))
	}
	now := time.Now()
	switch leaf := cert.Leaf; {
	case now.After(leaf.NotAfter):
		return nil, fmt.Errorf("it was valid until %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return nil, fmt.Errorf("it is valid from %s only", leaf.NotBefore.UTC().Format(time.DateOnly))
	case !identifies(leaf):
		return nil, errors.New("it is for servers only (extended key usage): no client may show it")
	}
	return &cert, nil
}

// identifies reports whether a certificate may be shown by a client (RFC 5280 section 4.2.1.12).
func identifies(cert *x509.Certificate) bool {
	for _, usage := range cert.ExtKeyUsage {
		if usage == x509.ExtKeyUsageClientAuth || usage == x509.ExtKeyUsageAny {
			return true
		}
	}
	return len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0
}

//go:embed alerts.toml
var alertData string

// alert says what an alert of TLS means, and what to do.
type alert struct {
	Text   string `toml:"text"`
	Shown  string `toml:"shown"`
	What   string `toml:"what"`
	Do     string `toml:"do"`
	Source string `toml:"source"`
	Status string `toml:"status"`
}

// alertFile is all of alerts.toml.
type alertFile struct{ Alert []alert }

// alerts are read at the first alert. A test reads them too.
var alerts = sync.OnceValue(func() []alert {
	var file alertFile
	if _, err := toml.Decode(alertData, &file); err != nil {
		return nil
	}
	return file.Alert
})

// alerted says in words what the alert means by which a server ended a connection. By TLS 1.3 one
// about our certificate comes when the handshake is over for us, in place of the server's next word.
func (s *session) alerted(t *trouble) *trouble {
	if t == nil || t.reply != nil || t.outcome == seedtest.OutcomeUnsent {
		return t
	}
	_, text, told := strings.Cut(t.what, "remote error: tls: ")
	if !told {
		return t
	}
	shown := "no"
	switch {
	case s.shown != "":
		shown = "yes"
	case s.asked:
		shown = "asked"
	}
	for _, a := range alerts() {
		if a.Text == text && (a.Shown == "" || a.Shown == shown) {
			t.what += ": " + strings.ReplaceAll(a.What, "{name}", s.c.route.Server.Host)
			if s.shown != "" && a.Shown != "" {
				t.what += " (" + s.shown + ")"
			}
			t.hint = or(a.Do, t.hint)
			return t
		}
	}
	return t
}
