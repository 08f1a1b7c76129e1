package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"seedtest"
)

// Options are what a Client works with. The zero value is of use.
type Options struct {
	// Dial opens connections; nil: net.Dialer, or the proxy that the environment names.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Roots are the certificates that are trusted beside the login's own CA; nil: the system's.
	Roots *x509.CertPool
	// Log receives what is of use to whoever looks into trouble; nil: nothing is logged.
	Log *slog.Logger
}

const (
	answerTimeout = 20 * time.Second // for one question to an authorization server
	maxAnswer     = 256 << 10        // octets of its answer
	maxToken      = 64 << 10         // octets of a token
)

// Client speaks for one login to its authorization server. It is safe for concurrent use.
type Client struct {
	oauth     seedtest.OAuth
	transport http.RoundTripper
	log       *slog.Logger
}

// New makes a Client.
func New(oauth seedtest.OAuth, o Options) *Client {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	roots := o.Roots
	if len(oauth.CA) > 0 {
		if roots == nil {
			roots, _ = x509.SystemCertPool()
		}
		if roots == nil {
			roots = x509.NewCertPool()
		}
		roots = roots.Clone()
		roots.AppendCertsFromPEM(oauth.CA)
	}
	proxy := http.ProxyFromEnvironment
	if o.Dial != nil {
		proxy = nil
	}
	return &Client{oauth: oauth, log: o.Log, transport: &http.Transport{
		Proxy:                  proxy,
		DialContext:            o.Dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    answerTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true, // a question an hour: no connection waits for the next one
		ForceAttemptHTTP2:      true,
	}}
}

// bounded makes every request end with its context, or in time, and every answer end somewhere: the
// library promises none of it.
type bounded struct {
	base http.RoundTripper
	ctx  context.Context
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(b.ctx, answerTimeout)
	answer, err := b.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	answer.Body = &body{io.LimitReader(answer.Body, maxAnswer), answer.Body, cancel}
	return answer, nil
}

// body is a bounded answer.
type body struct {
	io.Reader
	whole io.Closer
	done  context.CancelFunc
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.done()
	return b.whole.Close()
}

// asking returns a context in which the library asks through our bounds.
func (c *Client) asking(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport: bounded{c.transport, ctx},
		CheckRedirect: func(*http.Request, []*http.Request) error { // a token goes where it is meant to
			return http.ErrUseLastResponse
		},
	})
}

// config is the client in the library's words.
func (c *Client) config(ctx context.Context) (*oauth2.Config, error) {
	for _, address := range []string{c.oauth.TokenURL, c.oauth.AuthURL, c.oauth.DeviceURL} {
		if address != "" && !private(address) {
			return nil, &seedtest.TokenError{Reason: seedtest.ReasonClient,
				What: seedtest.OneLine(address, 200) + " is not encrypted, and no token goes there"}
		}
	}
	secret, err := c.secret(ctx)
	return &oauth2.Config{ClientID: c.oauth.ClientID, ClientSecret: secret, Scopes: c.oauth.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: c.oauth.AuthURL, TokenURL: c.oauth.TokenURL,
			DeviceAuthURL: c.oauth.DeviceURL, AuthStyle: oauth2.AuthStyleInParams}}, err
}

// private reports whether nobody on the way can read what is sent to an address.
func private(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "https" {
		return err == nil
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (ip != nil && ip.IsLoopback() || u.Hostname() == "localhost")
}

func (c *Client) secret(ctx context.Context) (string, error) {
	if c.oauth.ClientSecret == nil {
		return "", nil
	}
	secret, err := c.oauth.ClientSecret.Secret(ctx)
	if err != nil {
		return "", &seedtest.TokenError{Reason: seedtest.ReasonClient,
			What: "the client's secret: " + seedtest.OneLine(err.Error(), 300)}
	}
	return secret.Reveal(), nil
}

// App signs the client in by its own secret (RFC 6749 section 4.4). No person need consent.
func (c *Client) App(ctx context.Context) (Grant, error) { return c.renewed(ctx, Grant{}) }

// renewed asks for a new access token: by the refresh token, or by the client's own secret.
func (c *Client) renewed(ctx context.Context, g Grant) (Grant, error) {
	config, err := c.config(ctx)
	if err != nil {
		return Grant{}, err
	}
	var source oauth2.TokenSource
	if c.oauth.Flow == seedtest.FlowApp {
		source = (&clientcredentials.Config{ClientID: config.ClientID,
			ClientSecret: config.ClientSecret, TokenURL: config.Endpoint.TokenURL,
			Scopes: config.Scopes, AuthStyle: oauth2.AuthStyleInParams}).TokenSource(c.asking(ctx))
	} else {
		source = config.TokenSource(c.asking(ctx), &oauth2.Token{RefreshToken: g.Refresh.Reveal()})
	}
	token, err := source.Token()
	return c.granted(token, err, config.ClientSecret, g.Refresh.Reveal())
}

// granted makes a grant of the library's answer. No secret is left in an error.
func (c *Client) granted(token *oauth2.Token, err error, secrets ...string) (Grant, error) {
	if err == nil {
		err = sound(token)
	}
	if err != nil {
		return Grant{}, c.trouble(err, secrets...)
	}
	now := time.Now().Round(0)
	g := Grant{Account: c.oauth.Account, ClientID: c.oauth.ClientID, Granted: now, Renewed: now,
		Access: seedtest.Secret(token.AccessToken), Refresh: seedtest.Secret(token.RefreshToken)}
	if !token.Expiry.IsZero() {
		g.Expires = token.Expiry.Round(0)
	}
	c.log.Debug("token", "login", c.oauth.Name, "expires", g.Expires)
	return g, nil
}

// sound says why a token cannot be used: what stands in it goes into SASL messages, where octets
// of control would mean something (RFC 6750 section 2.1 gives the form).
func sound(token *oauth2.Token) error {
	for _, t := range []string{token.AccessToken, token.RefreshToken} {
		if len(t) > maxToken {
			return fmt.Errorf("a token of more than %d octets", maxToken)
		}
		for i := range len(t) {
			if t[i] <= ' ' || t[i] > '~' {
				return errors.New("a token with octets that no token has")
			}
		}
	}
	if kind := token.Type(); kind != "Bearer" {
		return fmt.Errorf("a token of the kind %q, where Bearer is wanted", seedtest.OneLine(kind, 40))
	}
	return nil
}
