package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"seedtest"
)

// trouble makes words of what went wrong at an authorization server, without the secrets, which it
// may echo.
func (c *Client) trouble(err error, secrets ...string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	t := &seedtest.TokenError{Reason: seedtest.ReasonUnreachable}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		t.Reason = reasonOf(refused)
		t.What = refusedWords(refused)
	} else {
		t.What = plainWords(err)
	}
	for _, s := range secrets {
		if len(s) > 5 { // what is shorter is no secret, and part of many a word
			t.What = strings.ReplaceAll(t.What, s, "(secret)")
			t.What = strings.ReplaceAll(t.What, url.QueryEscape(s), "(secret)")
		}
	}
	t.What = seedtest.OneLine(hostOf(c.oauth.TokenURL)+": "+t.What, 400)
	t.Remedy = c.remedy(t.Reason)
	return t
}

// plainWords are those of an error without the "Post URL" before it.
func plainWords(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return strings.TrimPrefix(err.Error(), "oauth2: ")
}

// refusedWords are the server's code and text (RFC 6749 section 5.2), or the status if it has none
// of its own. A page that some proxy made in its stead is not quoted.
func refusedWords(r *oauth2.RetrieveError) string {
	switch {
	case r.ErrorCode == "" && r.Response != nil:
		return "HTTP status " + r.Response.Status
	case r.ErrorDescription == "":
		return r.ErrorCode
	}
	return r.ErrorCode + ": " + r.ErrorDescription
}

// reasonOf says what an error code means for whoever waits for a token (RFC 6749 sections 4.1.2.1
// and 5.2, RFC 8628 section 3.5, OpenID Connect Core section 3.1.2.6).
func reasonOf(r *oauth2.RetrieveError) seedtest.FaultReason {
	switch r.ErrorCode {
	case "invalid_grant", "interaction_required", "consent_required", "login_required",
		"access_denied", "expired_token":
		return seedtest.ReasonRevoked
	case "invalid_client", "unauthorized_client", "unsupported_grant_type":
		return seedtest.ReasonClient
	case "invalid_scope":
		return seedtest.ReasonScope
	case "server_error", "temporarily_unavailable", "slow_down":
		return seedtest.ReasonUnreachable
	}
	if r.Response != nil && (r.Response.StatusCode >= 500 ||
		r.Response.StatusCode == http.StatusTooManyRequests) {
		return seedtest.ReasonUnreachable
	}
	return seedtest.ReasonNone
}

// remedy says what to do about it.
func (c *Client) remedy(reason seedtest.FaultReason) string {
	switch reason {
	case seedtest.ReasonNoConsent:
		return "sign in with: seedtest login " + loginName(c.oauth.Name)
	case seedtest.ReasonRevoked, seedtest.ReasonExpired:
		if c.oauth.Flow == seedtest.FlowApp {
			return "let an administrator look at the application's permissions"
		}
		return "sign in again with: seedtest login " + loginName(c.oauth.Name)
	case seedtest.ReasonClient:
		return "hold client_id, client_secret, tenant and flow against the application's registration"
	case seedtest.ReasonScope:
		return "add the scope for IMAP to the application's registration, then: seedtest login " +
			loginName(c.oauth.Name)
	}
	return ""
}

// loginName is what "seedtest login" calls a login: names of seeds stand alone.
func loginName(name string) string { return strings.TrimPrefix(name, "seed-") }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "the token server"
	}
	return u.Hostname()
}
