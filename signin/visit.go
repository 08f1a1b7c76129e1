package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"seedtest"
)

// Visit is a consent under way: a person opens URL in a browser, and the browser is sent back to
// a port of this machine.
type Visit struct {
	URL  string
	Port int // of loopback, where the answer comes

	client   *Client
	config   *oauth2.Config
	path     string
	state    string
	verifier string
	answers  chan url.Values // has room for one
	server   *http.Server
	serving  sync.WaitGroup
}

// Visit opens a loopback port for the answer and makes the address to visit. Close must be called.
func (c *Client) Visit(ctx context.Context) (*Visit, error) {
	config, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	back, err := url.Parse(c.oauth.RedirectURL)
	if err != nil || back.Scheme != "http" || !private(c.oauth.RedirectURL) {
		return nil, &seedtest.TokenError{Reason: seedtest.ReasonClient, What: fmt.Sprintf(
			"redirect_url %q is no http address of loopback", seedtest.OneLine(c.oauth.RedirectURL, 200))}
	}
	listeners, port, err := listen(ctx, back.Port())
	if err != nil {
		return nil, &seedtest.TokenError{What: seedtest.OneLine(err.Error(), 200),
			Remedy: "name a free port in redirect_url"}
	}
	back.Host = net.JoinHostPort(back.Hostname(), strconv.Itoa(port))
	config.RedirectURL = back.String()
	v := &Visit{Port: port, client: c, config: config, path: pathOf(back), state: rand.Text(),
		verifier: oauth2.GenerateVerifier(), answers: make(chan url.Values, 1)}
	v.URL = config.AuthCodeURL(v.state, v.options()...)
	v.serve(listeners)
	return v, nil
}

// options are the parameters beside those of RFC 6749. Google gives a refresh token only to who
// asks for offline access, and the second time only with a new consent; elsewhere it is a scope.
func (v *Visit) options() []oauth2.AuthCodeOption {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(v.verifier),
		oauth2.SetAuthURLParam("login_hint", v.client.oauth.Account)}
	if !slices.Contains(v.client.oauth.Scopes, "offline_access") {
		options = append(options, oauth2.AccessTypeOffline, oauth2.ApprovalForce)
	}
	return options
}

func pathOf(u *url.URL) string {
	if u.Path == "" {
		return "/"
	}
	return u.Path
}

// listen opens a port of loopback, in IPv6 too where that can be had: browsers differ in what they
// take "localhost" for.
func listen(ctx context.Context, port string) ([]net.Listener, int, error) {
	var config net.ListenConfig
	if port == "" {
		port = "0"
	}
	first, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, 0, err
	}
	number := first.Addr().(*net.TCPAddr).Port
	listeners := []net.Listener{first}
	second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(number)))
	if err == nil {
		listeners = append(listeners, second)
	}
	return listeners, number, nil
}

const pageTimeout = 10 * time.Second

func (v *Visit) serve(listeners []net.Listener) {
	v.server = &http.Server{Handler: v, ReadTimeout: pageTimeout, WriteTimeout: pageTimeout,
		IdleTimeout: pageTimeout, MaxHeaderBytes: maxToken}
	for _, l := range listeners {
		v.serving.Go(func() { _ = v.server.Serve(l) })
	}
}

// ServeHTTP takes the browser that comes back.
func (v *Visit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.URL.Path != v.path || r.Method != http.MethodGet:
		w.WriteHeader(http.StatusNotFound)
		return
	case v.take(r.URL.Query()) != nil:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("This is not the answer that seedtest waits for.\n"))
		return
	}
	_, _ = w.Write([]byte("seedtest has the answer: this page can be closed.\n"))
}

// take takes an answer (RFC 6749 section 4.1.2), unless it is to a question of somebody else.
func (v *Visit) take(answer url.Values) error {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(v.state)) != 1 {
		return errors.New("the address is not the answer to this sign-in: its state differs")
	}
	if answer.Get("code") == "" && answer.Get("error") == "" {
		return errors.New("the address holds neither a code nor an error")
	}
	select {
	case v.answers <- answer:
	default: // there is one already
	}
	return nil
}

// Paste takes the address that a browser was sent to and could not open, because it runs on
// another machine.
func (v *Visit) Paste(address string) error {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return errors.New("this is no address")
	}
	return v.take(u.Query())
}

// Wait waits for the answer, and exchanges it for tokens.
func (v *Visit) Wait(ctx context.Context) (Grant, error) {
	var answer url.Values
	select {
	case answer = <-v.answers:
	case <-ctx.Done():
		return Grant{}, ctx.Err()
	}
	if code := answer.Get("error"); code == "access_denied" {
		return Grant{}, v.client.without(seedtest.ReasonNoConsent, "consent was refused")
	} else if code != "" {
		return Grant{}, v.client.trouble(&oauth2.RetrieveError{ErrorCode: code,
			ErrorDescription: answer.Get("error_description")}, v.state)
	}
	token, err := v.config.Exchange(v.client.asking(ctx), answer.Get("code"),
		oauth2.VerifierOption(v.verifier))
	return v.client.granted(token, err, v.config.ClientSecret, answer.Get("code"), v.verifier)
}

// Close closes the port, after whoever is being answered has been.
func (v *Visit) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if v.server.Shutdown(ctx) != nil {
		_ = v.server.Close()
	}
	v.serving.Wait()
}
