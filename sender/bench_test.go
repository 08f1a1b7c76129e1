package sender_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"seedtest"
	"seedtest/sender"
)

// beside times two ways to do the same in turn, so that both see the same machine, and reports
// both and their ratio.
func beside(b *testing.B, ours, plain func()) {
	b.Helper()
	var a, p time.Duration
	for b.Loop() {
		begun := time.Now()
		ours()
		mid := time.Now()
		plain()
		a, p = a+mid.Sub(begun), p+time.Since(mid)
	}
	b.ReportMetric(float64(a.Microseconds())/float64(b.N), "µs/ours")
	b.ReportMetric(float64(p.Microseconds())/float64(b.N), "µs/plain")
	b.ReportMetric(float64(a)/float64(p), "ours/plain")
}

// BenchmarkSend is one message over a kept STARTTLS connection, beside go-smtp's client alone.
func BenchmarkSend(b *testing.B) {
	a := newAuthority(b)
	server := listen(b, a.server(b, "127.0.0.1", distant), false)
	client := sender.New(server.route(seedtest.TLSStartTLS, a), sender.Options{})
	defer client.Close()
	m := composed(b)
	plain := signedIn(b, server, a)
	defer plain.Close()
	beside(b, func() { mustSend(b, client, m) }, func() {
		if err := plain.SendMail(m.EnvelopeFrom, m.To, bytes.NewReader(m.Data)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkFirstSend is from nothing to an accepted message: connecting, TLS and signing in too.
func BenchmarkFirstSend(b *testing.B) {
	a := newAuthority(b)
	server := listen(b, a.server(b, "127.0.0.1", distant), false)
	m := composed(b)
	beside(b, func() {
		client := sender.New(server.route(seedtest.TLSStartTLS, a), sender.Options{})
		mustSend(b, client, m)
		client.Close()
	}, func() {
		plain := signedIn(b, server, a)
		if err := plain.SendMail(m.EnvelopeFrom, m.To, bytes.NewReader(m.Data)); err != nil {
			b.Fatal(err)
		}
		if err := plain.Quit(); err != nil {
			b.Fatal(err)
		}
	})
}

func mustSend(b *testing.B, client *sender.Client, m seedtest.Composed) {
	b.Helper()
	got := client.Send(context.Background(), m, committed)
	if got.Outcome != seedtest.OutcomeAccepted {
		b.Fatal(got.Error)
	}
}

// signedIn is go-smtp's own client, ready to send.
func signedIn(b *testing.B, server *backend, a *authority) *smtp.Client {
	b.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.pem)
	c, err := smtp.DialStartTLS(server.addr.String(), &tls.Config{RootCAs: roots})
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Auth(sasl.NewPlainClient("", "ops", password.Reveal())); err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkCompose is the writing of one message.
func BenchmarkCompose(b *testing.B) {
	d := draft()
	for b.Loop() {
		if _, err := sender.Compose(d); err != nil {
			b.Fatal(err)
		}
	}
}
