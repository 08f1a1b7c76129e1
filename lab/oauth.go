package lab

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// OAuthOptions say what authorization server to build.
type OAuthOptions struct {
	ClientID     string           // of the only client that is registered; empty: "lab-client"
	ClientSecret string           // empty: a public client
	Scopes       []string         // that may be granted, all of which reading mail needs
	Life         time.Duration    // of access tokens; 0: an hour
	Rotate       bool             // a refresh token is good once, and a second use ends the grant
	Interval     time.Duration    // between two questions of a device; 0: 5 s
	Now          func() time.Time // nil: time.Now
}

// OAuth is an authorization server: device and authorization codes with PKCE, refreshing,
// revocation and introspection (RFC 6749, 7009, 7636, 7662 and 8628). It serves HTTP under any
// address. The persons in it consent to what [OAuth.Approve] says, and in a browser to everything
// that is asked in their name.
type OAuth struct {
	options OAuthOptions

	mu      sync.Mutex
	grants  []*oauthGrant
	devices []*oauthDevice
	codes   map[string]*oauthCode
	asked   map[string]int // by path
	errors  []oauthError   // answers in place of the next ones of /token
	denies  bool
	issued  []string
}

// oauthGrant is one consent and the tokens that came of it.
type oauthGrant struct {
	account string
	scopes  []string
	refresh string          // the newest
	old     map[string]bool // refresh tokens that were exchanged for newer ones
	access  map[string]time.Time
	revoked bool
}

// oauthError is an answer of RFC 6749 section 5.2.
type oauthError struct {
	status            int
	code, description string
}

// NewOAuth makes an authorization server.
func NewOAuth(o OAuthOptions) *OAuth {
	if o.ClientID == "" {
		o.ClientID = "lab-client"
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"https://mail.example/"}
	}
	if o.Life == 0 {
		o.Life = time.Hour
	}
	if o.Interval == 0 {
		o.Interval = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &OAuth{options: o, codes: map[string]*oauthCode{}, asked: map[string]int{}}
}

// ServeHTTP implements http.Handler.
func (o *OAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if r.ParseForm() != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked[r.URL.Path]++
	switch r.Method + " " + r.URL.Path {
	case "GET /authorize":
		o.authorize(w, r)
	case "POST /device":
		o.device(w, r)
	case "GET /activate":
		o.activatePage(w, r)
	case "POST /activate":
		o.activate(w, r)
	case "POST /token":
		o.token(w, r)
	case "POST /introspect":
		o.introspect(w, r)
	case "POST /revoke":
		o.revoke(r.PostForm.Get("token"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// Approve lets the person of an account consent to what the device asks that shows a code.
func (o *OAuth) Approve(userCode, account string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.deviceBy(func(d *oauthDevice) bool { return d.userCode == userCode })
	if d == nil {
		return fmt.Errorf("lab: no device shows the code %q", userCode)
	}
	d.account = account
	return nil
}

// Deny lets every person refuse from now on.
func (o *OAuth) Deny() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.denies = true
}

// Revoke withdraws the consent of an account: none of its tokens is good any more.
func (o *OAuth) Revoke(account string) {
	o.eachGrant(account, func(g *oauthGrant) { g.revoked = true })
}

// Expire ends the access tokens of an account, which the server had promised a longer life.
func (o *OAuth) Expire(account string) {
	o.eachGrant(account, func(g *oauthGrant) { clear(g.access) })
}

func (o *OAuth) eachGrant(account string, do func(*oauthGrant)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.grants {
		if g.account == account {
			do(g)
		}
	}
}

// Fail answers the next question for a token with an error of a status, code and description.
func (o *OAuth) Fail(status int, code, description string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.errors = append(o.errors, oauthError{status, code, description})
}

// Asked is how often a path has been asked for, such as "/token".
func (o *OAuth) Asked(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

// Issued returns every secret that the server has given out: codes of devices and browsers, access
// and refresh tokens.
func (o *OAuth) Issued() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.issued)
}

// Opens reports whether an access token opens the mail of an account, and says why not in the JSON
// of RFC 7628 section 3.2.2.
func (o *OAuth) Opens(account, token string) (why string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.grantOf(token)
	needs := strings.Join(o.options.Scopes, " ")
	switch {
	case g == nil || g.account != "" && !strings.EqualFold(g.account, account):
		return fmt.Sprintf(`{"status":"invalid_token","schemes":"bearer","scope":%q}`, needs), false
	case len(g.scopes) < len(o.options.Scopes):
		return fmt.Sprintf(`{"status":"insufficient_scope","schemes":"bearer","scope":%q}`, needs), false
	}
	return "", true
}

// What follows is called with o.mu held.

// grantOf returns the grant of an access token that is good now, or nil.
func (o *OAuth) grantOf(token string) *oauthGrant {
	for _, g := range o.grants {
		if until, ok := g.access[token]; ok && !g.revoked && o.options.Now().Before(until) {
			return g
		}
	}
	return nil
}

func (o *OAuth) deviceBy(is func(*oauthDevice) bool) *oauthDevice {
	if i := slices.IndexFunc(o.devices, is); i >= 0 {
		return o.devices[i]
	}
	return nil
}

// issue makes a secret and notes it.
func (o *OAuth) issue(kind string) string {
	secret := kind + "-" + rand.Text()
	o.issued = append(o.issued, secret)
	return secret
}

func (o *OAuth) revoke(token string) {
	for _, g := range o.grants {
		if _, ok := g.access[token]; ok || g.refresh == token {
			g.revoked = true
		}
	}
}
