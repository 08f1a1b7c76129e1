package signin

import (
	"encoding/json"
	"fmt"
	"time"

	"seedtest"
)

// Grant is what a person has consented to, and the tokens that came of it.
type Grant struct {
	Account  string // whose mail it opens: the login's username
	ClientID string
	Access   seedtest.Secret
	Refresh  seedtest.Secret // empty: the server gave none
	Expires  time.Time       // of Access; zero: the server did not say
	Granted  time.Time       // when the person consented
	Renewed  time.Time       // when Access came
	Lost     time.Time       // when the server said that consent is gone; zero: it has not
	Why      string          // in the server's words, clean
}

// earliest is how long before its end a token is renewed, or a quarter of its life if that is less.
const earliest = 5 * time.Minute

// fresh reports whether the access token can be used. One whose end is not known is used until it
// is refused.
func (g Grant) fresh(now time.Time) bool {
	if g.Access == "" || !g.Lost.IsZero() {
		return false
	}
	return g.Expires.IsZero() || now.Before(g.renewAt())
}

// renewAt is when the access token should be renewed.
func (g Grant) renewAt() time.Time {
	return g.Expires.Add(-min(earliest, max(g.Expires.Sub(g.Renewed)/4, 0)))
}

// record is a Grant as it is kept: the only place where its tokens are written out.
type record struct {
	Account  string     `json:"account"`
	ClientID string     `json:"client_id"`
	Access   string     `json:"access_token,omitempty"`
	Refresh  string     `json:"refresh_token,omitempty"`
	Expires  *time.Time `json:"expires,omitempty"`
	Granted  time.Time  `json:"granted"`
	Renewed  time.Time  `json:"renewed"`
	Lost     *time.Time `json:"lost,omitempty"`
	Why      string     `json:"why,omitempty"`
}

func (g Grant) encode() ([]byte, error) {
	return json.MarshalIndent(record{Account: g.Account, ClientID: g.ClientID,
		Access: g.Access.Reveal(), Refresh: g.Refresh.Reveal(), Expires: orNil(g.Expires),
		Granted: g.Granted.UTC(), Renewed: g.Renewed.UTC(), Lost: orNil(g.Lost), Why: g.Why}, "", " ")
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func decode(data []byte) (Grant, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return Grant{}, fmt.Errorf("what is kept there is damaged (%T)", err) // and quotes no part of it
	}
	g := Grant{Account: r.Account, ClientID: r.ClientID, Access: seedtest.Secret(r.Access),
		Refresh: seedtest.Secret(r.Refresh), Granted: r.Granted, Renewed: r.Renewed, Why: r.Why}
	if r.Expires != nil {
		g.Expires = *r.Expires
	}
	if r.Lost != nil {
		g.Lost = *r.Lost
	}
	return g, nil
}
