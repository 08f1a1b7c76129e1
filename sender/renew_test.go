package sender_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
)

// renewable gives the password as a token, and does something when it is refused.
type renewable struct {
	renew func() (seedtest.Secret, error)
}

func (renewable) Secret(context.Context) (seedtest.Secret, error) { return password, nil }

func (r renewable) Renew(_ context.Context, refused seedtest.Secret) (seedtest.Secret, error) {
	if refused != password {
		return "", errors.New("another token was refused")
	}
	return r.renew()
}

const fresh = seedtest.Secret("a newer token altogether")

func xoauth2(token seedtest.Secret) string {
	return "AUTH XOAUTH2 " + b64("user=ops\x01auth=Bearer "+token.Reveal()+"\x01\x01")
}

// TestRefusedTokenIsRenewed once, on the same connection, and the message goes its way.
func TestRefusedTokenIsRenewed(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := offering(t, a, "AUTH XOAUTH2")
		s.answers["AUTH"] = "334 " + b64(`{"status":"400","scope":"https://mail/"}`)
		s.answers["AUTH+"] = "535 5.7.8 no"
		login := seedtest.Login{Username: "ops", Token: renewable{func() (seedtest.Secret, error) {
			s.set("AUTH", "235 2.7.0 welcome")
			return fresh, nil
		}}}
		got := signIn(t, s, login, a)
		wantAccepted(t, got)
		want := []string{xoauth2(password), "", xoauth2(fresh), "MAIL FROM:<ops@example.org>"}
		if said := s.said()[3:]; !slices.Equal(said[:4], want) {
			t.Errorf("said %q, want %q", said[:4], want)
		}
		wantNoSecret(t, got)
		if all := strings.Join(got.Dialog, "\n"); strings.Contains(all, "newer token") ||
			strings.Contains(all, xoauth2(fresh)) {
			t.Errorf("the dialogue holds the new token:\n%s", all)
		}
	})
}

// TestRefusedTokenWithoutAnother: what the source says is what can be done, and a token that is
// refused as well is not renewed for ever.
func TestRefusedTokenWithoutAnother(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		err   error
		asked int
		words string
	}{
		"consent is gone": {&seedtest.TokenError{What: "invalid_grant", Remedy: "seedtest login x"}, 1,
			"with XOAUTH2, and offers XOAUTH2; there is no newer token: invalid_grant: seedtest login x"},
		"refused again": {nil, 2, "with XOAUTH2, and offers XOAUTH2; the token may have expired"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := offering(t, a, "AUTH XOAUTH2")
				s.answers["AUTH"] = "535 5.7.8 no"
				login := seedtest.Login{Username: "ops", Token: renewable{
					func() (seedtest.Secret, error) { return fresh, c.err }}}
				got := signIn(t, s, login, a)
				if got.Outcome != seedtest.OutcomeFailed || !strings.Contains(got.Error, c.words) {
					t.Errorf("Send: %s: %q, want failed: %q", got.Outcome, got.Error, c.words)
				}
				if n := strings.Count(s.verbs(), "AUTH"); n != c.asked {
					t.Errorf("%d sign-ins, want %d: %s", n, c.asked, s.verbs())
				}
				wantNoSecret(t, got)
			})
		})
	}
}
