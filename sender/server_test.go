package sender_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"seedtest"
	"seedtest/sender"
)

// backend is a go-smtp server on loopback that keeps what it takes.
type backend struct {
	addr *net.TCPAddr

	mu    sync.Mutex
	mails []string
}

// NewSession implements smtp.Backend.
func (b *backend) NewSession(*smtp.Conn) (smtp.Session, error) { return &visit{b: b}, nil }

func (b *backend) taken() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.mails...)
}

// visit is one connection to a backend.
type visit struct{ b *backend }

func (*visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (*visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, secret string) error {
		if username != "ops" || secret != password.Reveal() {
			return errors.New("wrong")
		}
		return nil
	}), nil
}

func (*visit) Mail(string, *smtp.MailOptions) error { return nil }
func (*visit) Reset()                               {}
func (*visit) Logout() error                        { return nil }

func (*visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1},
			Message: "no such user\nsee https://example.net/"}
	}
	return nil
}

func (v *visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.b.mu.Lock()
	v.b.mails = append(v.b.mails, string(text))
	v.b.mu.Unlock()
	return nil
}

// listen starts a backend: with config it offers STARTTLS, or speaks TLS at once.
func listen(t testing.TB, config *tls.Config, atOnce bool) *backend {
	t.Helper()
	b, stop, err := start(config, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return b
}

func start(config *tls.Config, atOnce bool) (*backend, func(), error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	b := &backend{addr: ln.Addr().(*net.TCPAddr)}
	server := smtp.NewServer(b)
	server.Domain, server.TLSConfig = "mx.example.net", config
	server.ErrorLog = log.New(io.Discard, "", 0)
	if atOnce {
		ln = tls.NewListener(ln, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln)
	}()
	return b, func() {
		server.Close()
		<-done
	}, nil
}

// route leads to the backend. Its certificate is for 127.0.0.1.
func (b *backend) route(mode seedtest.TLSMode, a *authority) seedtest.Route {
	return seedtest.Route{Name: "old", Type: seedtest.RouteSMTP, CA: a.pem, HELO: "mail1.example.org",
		Server: seedtest.Endpoint{Host: b.addr.IP.String(), Port: b.addr.Port, TLS: mode},
		Login:  seedtest.Login{Username: "ops", Password: password}}
}

// TestRealServer sends over loopback with each way of TLS, and what arrives is what was composed.
func TestRealServer(t *testing.T) {
	a := newAuthority(t)
	config := a.server(t, "127.0.0.1", distant)
	config.SessionTicketsDisabled = false
	for _, mode := range []seedtest.TLSMode{
		seedtest.TLSStartTLS, seedtest.TLSImplicit, seedtest.TLSOpportunistic,
	} {
		t.Run(string(mode), func(t *testing.T) {
			b := listen(t, config, mode == seedtest.TLSImplicit)
			client := sender.New(b.route(mode, a), sender.Options{})
			defer client.Close()
			m := composed(t)
			m.Data = append(m.Data, ".\r\n..dots\r\n"...)
			for range 2 {
				got := client.Send(t.Context(), m, committed)
				if wantAccepted(t, got); !got.TLS.Verified ||
					got.Remote != b.addr.String() || got.Local == "" {
					t.Errorf("Send: TLS %+v from %q to %q", got.TLS, got.Local, got.Remote)
				}
				wantNoSecret(t, got)
			}
			refused := m
			refused.To = []string{"nobody@example.net"}
			got := client.Send(t.Context(), refused, notCommitted)
			if got.Outcome != seedtest.OutcomeRefused || got.Reply.Enhanced != "5.1.1" || !got.Reused {
				t.Errorf("Send to nobody: %s, %+v", got.Outcome, got.Reply)
			}
			wantAccepted(t, client.Send(t.Context(), m, committed))
			if mails := b.taken(); len(mails) != 3 || mails[2] != string(m.Data) {
				t.Errorf("the server took %d messages: %q", len(mails), mails)
			}
		})
	}
}

// TestRealServerTakesNothingWithoutCommit: a connection that ends in the middle of content.
func TestRealServerTakesNothingWithoutCommit(t *testing.T) {
	a := newAuthority(t)
	b := listen(t, a.server(t, "127.0.0.1", distant), false)
	client := sender.New(b.route(seedtest.TLSStartTLS, a), sender.Options{})
	defer client.Close()
	wantUnsent(t, client.Send(t.Context(), composed(t), notCommitted), "disk full")
	wantAccepted(t, client.Send(t.Context(), composed(t), committed))
	if n := len(b.taken()); n != 1 {
		t.Errorf("the server took %d messages, want 1", n)
	}
}

// TestRule05NoConnectionIsTheRoutes, with what to look at.
func TestRule05NoConnectionIsTheRoutes(t *testing.T) {
	a := newAuthority(t)
	b := listen(t, nil, false)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	port := func(addr net.Addr) func(*seedtest.Route) {
		return func(r *seedtest.Route) { r.Server.Port = addr.(*net.TCPAddr).Port }
	}
	noDNS := &net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errDisk }}
	for name, c := range map[string]struct {
		mode   seedtest.TLSMode
		change func(*seedtest.Route)
		stage  seedtest.Stage
		error  string
	}{
		"nobody listens": {seedtest.TLSStartTLS, port(closed.Addr()), "connect",
			"nothing listens on port " + strconv.Itoa(closed.Addr().(*net.TCPAddr).Port)},
		"no STARTTLS":           {seedtest.TLSStartTLS, nil, "starttls", "does not offer STARTTLS"},
		"TLS to a plain server": {seedtest.TLSImplicit, nil, "tls", "does not begin with TLS"},
		"no DNS": {seedtest.TLSStartTLS, func(r *seedtest.Route) {
			r.Server.Host = "mx.example.net"
		}, "resolve", "DNS servers answer"},
	} {
		t.Run(name, func(t *testing.T) {
			route := b.route(c.mode, a)
			if c.change != nil {
				c.change(&route)
			}
			client := sender.New(route, sender.Options{Resolver: noDNS})
			defer client.Close()
			got := client.Send(t.Context(), composed(t), notCommitted)
			if got.Outcome != seedtest.OutcomeFailed || got.Stage != c.stage ||
				!strings.Contains(got.Error, c.error) {
				t.Errorf("Send: %s at %s: %q, want failed at %s: %q",
					got.Outcome, got.Stage, got.Error, c.stage, c.error)
			}
		})
	}
}

// TestConnectionsAreSharedSafely sends from many goroutines at once.
func TestConnectionsAreSharedSafely(t *testing.T) {
	a := newAuthority(t)
	b := listen(t, a.server(t, "127.0.0.1", distant), false)
	client := sender.New(b.route(seedtest.TLSStartTLS, a), sender.Options{MaxConns: 3})
	defer client.Close()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { wantAccepted(t, client.Send(t.Context(), composed(t), committed)) })
	}
	all.Wait()
	if n := len(b.taken()); n != 20 {
		t.Errorf("the server took %d messages, want 20", n)
	}
}
