package seedtest

import (
	"context"
	"fmt"
)

// OAuthFlow is how a person's consent is had, or that none is needed.
type OAuthFlow string

// The flows. FlowDevice shows a code that is entered in a browser on any machine (RFC 8628),
// FlowBrowser opens a page whose answer comes to a loopback address (RFC 8252), FlowApp signs the
// client in by its own secret (RFC 6749 section 4.4): an administrator has consented before.
const (
	FlowDevice  OAuthFlow = "device"
	FlowBrowser OAuthFlow = "browser"
	FlowApp     OAuthFlow = "app"
)

// OAuth is where the access tokens of a login come from (RFC 6749). The client is one that the
// owner of the mailbox has registered.
type OAuth struct {
	Name         string // under which its tokens are kept, such as "seed-gmail-a"
	Account      string // whose tokens they are: the login's username
	Flow         OAuthFlow
	ClientID     string
	ClientSecret SecretSource // nil: a public client
	AuthURL      string       // of FlowBrowser
	TokenURL     string
	DeviceURL    string // of FlowDevice
	RedirectURL  string // of FlowBrowser; without a port: any that is free
	Scopes       []string
	CA           []byte // PEM, trusted beside the system's roots
}

// Renewer is a source of tokens that can replace one which a server refused, although its time
// had not come. A token that is not the newest is replaced by the newest.
type Renewer interface {
	Renew(ctx context.Context, refused Secret) (Secret, error)
}

// FaultReason tells troubles of one kind apart where somebody said which it is.
type FaultReason string

// The reasons of a sign-in that failed. Only a person can undo ReasonRevoked, ReasonScope and
// ReasonClient; ReasonUnreachable and ReasonExpired may pass.
const (
	ReasonNone        FaultReason = ""
	ReasonNoConsent   FaultReason = "no_consent"  // nobody has signed in yet: seedtest login SEED
	ReasonRevoked     FaultReason = "revoked"     // consent was withdrawn, or has lapsed
	ReasonExpired     FaultReason = "expired"     // the token is too old, and there was no newer one
	ReasonScope       FaultReason = "scope"       // the token does not allow reading mail
	ReasonClient      FaultReason = "client"      // the client id or its secret is refused
	ReasonUnreachable FaultReason = "unreachable" // the token server could not be asked
)

// TokenError is why there is no token. It holds no secret.
type TokenError struct {
	Reason FaultReason
	What   string // in words, clean
	Remedy string // what to do about it; empty: nothing in particular
}

// Error returns what went wrong, and the remedy.
func (e *TokenError) Error() string {
	if e.Remedy == "" {
		return e.What
	}
	return fmt.Sprintf("%s: %s", e.What, e.Remedy)
}
