package lab

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// oauthCode is an authorization code that waits to be exchanged.
type oauthCode struct {
	account, redirect, challenge string
	scopes                       []string
	until                        time.Time
}

// oauthDevice is a device that waits for a person.
type oauthDevice struct {
	code, userCode string
	account        string // who consented; empty: nobody yet
	scopes         []string
	until          time.Time
	asked          time.Time
	interval       time.Duration
}

const (
	oauthCodeLife   = time.Minute
	oauthDeviceLife = 15 * time.Minute
)

// authorize sends a browser back with a code: the person whom it asks for consents at once.
func (o *OAuth) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	ours := err == nil && back.Scheme == "http" && (back.Hostname() == "localhost" ||
		net.ParseIP(back.Hostname()).IsLoopback())
	if !ours || q.Get("client_id") != o.options.ClientID {
		w.WriteHeader(http.StatusBadRequest) // whoever that is, the browser is not sent there
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch scopes, ok := o.scopes(q.Get("scope")); {
	case o.denies:
		answer.Set("error", "access_denied")
	case !ok:
		answer.Set("error", "invalid_scope")
	case q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
	default:
		code := o.issue("code")
		o.codes[code] = &oauthCode{account: q.Get("login_hint"), redirect: q.Get("redirect_uri"),
			challenge: q.Get("code_challenge"), scopes: scopes,
			until: o.options.Now().Add(oauthCodeLife)}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// scopes returns what is asked for of what may be granted. offline_access goes without saying.
func (o *OAuth) scopes(asked string) (scopes []string, ok bool) {
	for s := range strings.FieldsSeq(asked) {
		switch {
		case s == "offline_access" || s == "profile":
		case slices.Contains(o.options.Scopes, s):
			scopes = append(scopes, s)
		default:
			return nil, false
		}
	}
	return scopes, true
}

// device gives a device its codes.
func (o *OAuth) device(w http.ResponseWriter, r *http.Request) {
	scopes, ok := o.scopes(r.PostForm.Get("scope"))
	switch {
	case r.PostForm.Get("client_id") != o.options.ClientID:
		o.refuse(w, oauthError{http.StatusUnauthorized, "invalid_client", ""})
		return
	case !ok:
		o.refuse(w, oauthError{http.StatusBadRequest, "invalid_scope", ""})
		return
	}
	d := &oauthDevice{code: o.issue("device"), userCode: rand.Text()[:8], scopes: scopes,
		until: o.options.Now().Add(oauthDeviceLife), interval: o.options.Interval}
	o.devices = append(o.devices, d)
	o.answer(w, http.StatusOK, map[string]any{"device_code": d.code, "user_code": d.userCode,
		"verification_uri": "https://" + r.Host + "/activate", "interval": d.interval / time.Second,
		"expires_in": oauthDeviceLife / time.Second})
}

// activatePage is where a person enters the code that a device shows.
func (o *OAuth) activatePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!DOCTYPE html><title>Lab</title><form method="post">
<p><label>Code <input name="user_code"></label>
<p><label>Address of the mailbox <input name="account"></label>
<p><button>Let it read my mail</button></form>
`))
}

// activate takes what was entered there.
func (o *OAuth) activate(w http.ResponseWriter, r *http.Request) {
	d := o.deviceBy(func(d *oauthDevice) bool { return d.userCode == r.PostForm.Get("user_code") })
	if d == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	d.account = r.PostForm.Get("account")
	_, _ = w.Write([]byte("Done.\n"))
}

// token exchanges what a client has for an access token.
func (o *OAuth) token(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if len(o.errors) > 0 {
		e := o.errors[0]
		o.errors = o.errors[1:]
		o.refuse(w, e)
		return
	}
	if form.Get("client_id") != o.options.ClientID ||
		form.Get("client_secret") != o.options.ClientSecret {
		o.refuse(w, oauthError{http.StatusUnauthorized, "invalid_client", "unknown client"})
		return
	}
	var g *oauthGrant
	e := oauthError{http.StatusBadRequest, "unsupported_grant_type", ""}
	switch form.Get("grant_type") {
	case "authorization_code":
		g, e = o.byCode(form)
	case "urn:ietf:params:oauth:grant-type:device_code":
		g, e = o.byDevice(form.Get("device_code"))
	case "refresh_token":
		g, e = o.byRefresh(form.Get("refresh_token"))
	case "client_credentials":
		g, e = o.byClient(form.Get("scope"))
	}
	if g == nil {
		o.refuse(w, e)
		return
	}
	o.give(w, g)
}

func (o *OAuth) byCode(form url.Values) (*oauthGrant, oauthError) {
	refused := oauthError{http.StatusBadRequest, "invalid_grant", "code"}
	c := o.codes[form.Get("code")]
	delete(o.codes, form.Get("code")) // it is good once
	if c == nil || o.options.Now().After(c.until) || form.Get("redirect_uri") != c.redirect {
		return nil, refused
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge {
		refused.description = "code_verifier"
		return nil, refused
	}
	return o.newGrant(c.account, c.scopes), oauthError{}
}

// byDevice answers a device that asks whether the person has consented. Who asks too fast is told
// so, and has to wait five seconds longer from then on.
func (o *OAuth) byDevice(code string) (*oauthGrant, oauthError) {
	d := o.deviceBy(func(d *oauthDevice) bool { return d.code == code })
	now := o.options.Now()
	switch {
	case d == nil || now.After(d.until):
		return nil, oauthError{http.StatusBadRequest, "expired_token", ""}
	case o.denies:
		return nil, oauthError{http.StatusBadRequest, "access_denied", ""}
	case !d.asked.IsZero() && now.Sub(d.asked) < d.interval:
		d.interval += 5 * time.Second
		d.asked = now
		return nil, oauthError{http.StatusBadRequest, "slow_down", ""}
	}
	d.asked = now
	if d.account == "" {
		return nil, oauthError{http.StatusBadRequest, "authorization_pending", ""}
	}
	d.until = time.Time{} // it is good once
	return o.newGrant(d.account, d.scopes), oauthError{}
}

// byRefresh renews. Where tokens rotate, one that is used twice was stolen, and ends the grant.
func (o *OAuth) byRefresh(token string) (*oauthGrant, oauthError) {
	revoked := oauthError{http.StatusBadRequest, "invalid_grant",
		"Token has been expired or revoked."}
	for _, g := range o.grants {
		if g.old[token] {
			g.revoked = true
		}
		if g.refresh == token && token != "" && !g.revoked {
			if o.options.Rotate {
				g.old[token] = true
				g.refresh = o.issue("refresh")
			}
			return g, oauthError{}
		}
	}
	return nil, revoked
}

// byClient gives an application its own token, for every account.
func (o *OAuth) byClient(scope string) (*oauthGrant, oauthError) {
	if o.options.ClientSecret == "" {
		return nil, oauthError{http.StatusBadRequest, "unauthorized_client", ""}
	}
	scopes, ok := o.scopes(scope)
	if !ok {
		return nil, oauthError{http.StatusBadRequest, "invalid_scope", ""}
	}
	g := o.newGrant("", scopes)
	g.refresh = ""
	return g, oauthError{}
}

func (o *OAuth) newGrant(account string, scopes []string) *oauthGrant {
	g := &oauthGrant{account: account, scopes: scopes, refresh: o.issue("refresh"),
		old: map[string]bool{}, access: map[string]time.Time{}}
	o.grants = append(o.grants, g)
	return g
}

// give answers with a new access token.
func (o *OAuth) give(w http.ResponseWriter, g *oauthGrant) {
	access := o.issue("access")
	g.access[access] = o.options.Now().Add(o.options.Life)
	answer := map[string]any{"access_token": access, "token_type": "Bearer",
		"expires_in": o.options.Life / time.Second, "scope": strings.Join(g.scopes, " ")}
	if g.refresh != "" {
		answer["refresh_token"] = g.refresh
	}
	o.answer(w, http.StatusOK, answer)
}

// introspect tells a server what a token is good for (RFC 7662).
func (o *OAuth) introspect(w http.ResponseWriter, r *http.Request) {
	token := r.PostForm.Get("token")
	g := o.grantOf(token)
	if g == nil {
		o.answer(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	o.answer(w, http.StatusOK, map[string]any{"active": true, "username": g.account,
		"scope": strings.Join(g.scopes, " "), "client_id": o.options.ClientID,
		"exp": g.access[token].Unix()})
}

func (o *OAuth) refuse(w http.ResponseWriter, e oauthError) {
	o.answer(w, e.status, map[string]any{"error": e.code, "error_description": e.description})
}

func (o *OAuth) answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
