package inbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"seedtest"
)

// method is how to sign in: by the LOGIN command, or by a SASL mechanism.
type method string

// The methods. Passwords go by the first three, tokens by the others.
const (
	methodLogin       method = "LOGIN" // the command
	methodPlain       method = "AUTH=PLAIN"
	methodAuthLogin   method = "AUTH=LOGIN"
	methodXOAuth2     method = "AUTH=XOAUTH2"
	methodOAuthBearer method = "AUTH=OAUTHBEARER"
)

// passwordMethod chooses how a password is told; the error says why it cannot be. The command is
// understood everywhere, where some servers that announce AUTH=PLAIN with SASL-IR fail at it
// (NetEase's, modern-email/defects issue 54). But it has no charset: what is not ASCII goes by
// PLAIN, which is UTF-8 (RFC 4616), wherever that is offered.
func passwordMethod(caps map[string]bool, ascii bool) (method, error) {
	switch disabled := caps["LOGINDISABLED"]; {
	case !disabled && ascii:
		return methodLogin, nil
	case caps[string(methodPlain)]:
		return methodPlain, nil
	case caps[string(methodAuthLogin)]:
		return methodAuthLogin, nil
	case !disabled:
		return methodLogin, nil
	}
	if takesTokens(caps) {
		return "", fmt.Errorf("the server takes no password, but tokens (%s)", offered(caps))
	}
	return "", errors.New("the server offers no way to sign in with a password (LOGINDISABLED)")
}

// tokenMethod chooses how a token is told. Google and Microsoft document XOAUTH2 first, and some
// servers offer nothing else.
func tokenMethod(caps map[string]bool) (method, error) {
	switch {
	case caps[string(methodXOAuth2)]:
		return methodXOAuth2, nil
	case caps[string(methodOAuthBearer)]:
		return methodOAuthBearer, nil
	}
	return "", fmt.Errorf("the server takes no token: it offers %s", offered(caps))
}

func takesTokens(caps map[string]bool) bool {
	_, err := tokenMethod(caps)
	return err == nil
}

// offered lists the ways to sign in that the server announces.
func offered(caps map[string]bool) string {
	var names []string
	for c := range caps {
		if strings.HasPrefix(c, "AUTH=") {
			names = append(names, seedtest.OneLine(c, 40))
		}
	}
	if len(names) == 0 {
		return "no AUTH"
	}
	slices.Sort(names)
	return strings.Join(names[:min(len(names), 10)], " ")
}

// exchange is a SASL client whose answers are known beforehand.
type exchange struct {
	mechanism string
	first     []byte   // the initial response, nil for none
	answers   [][]byte // to the challenges, in order
	said      string   // the server's error about a token, in words
}

// newExchange makes the client of a method; nil means the LOGIN command.
func newExchange(m method, seed seedtest.Seed, secret seedtest.Secret) *exchange {
	user, word := seed.Login.Username, secret.Reveal()
	switch m {
	case methodPlain:
		return &exchange{mechanism: "PLAIN", first: []byte("\x00" + user + "\x00" + word)}
	case methodAuthLogin: // whatever words the questions have (draft-murchison-sasl-login)
		return &exchange{mechanism: "LOGIN", answers: [][]byte{[]byte(user), []byte(word)}}
	case methodXOAuth2: // https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
		return &exchange{mechanism: "XOAUTH2", answers: [][]byte{{}},
			first: fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", user, word)}
	case methodOAuthBearer: // RFC 7628 section 3.1
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) // RFC 5801 section 4
		return &exchange{mechanism: "OAUTHBEARER", answers: [][]byte{{1}},
			first: fmt.Appendf(nil, "n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name,
				seed.Server.Host, seed.Server.Port, word)}
	}
	return nil
}

var _ sasl.Client = (*exchange)(nil)

// Start implements sasl.Client.
func (e *exchange) Start() (mech string, ir []byte, err error) { return e.mechanism, e.first, nil }

// Next implements sasl.Client. A token that is refused is told so in a challenge, which must be
// answered: then the refusal comes, and the connection stays usable. After the last answer the
// library would wait for ever, if it were given an error.
func (e *exchange) Next(challenge []byte) ([]byte, error) {
	if words := challengeWords(challenge); words != "" {
		e.said = words
	}
	if len(e.answers) == 0 {
		return []byte{}, nil
	}
	answer := e.answers[0]
	e.answers = e.answers[1:]
	return answer, nil
}

// challengeWords reads the error that refuses a token (RFC 7628 section 3.2.2).
func challengeWords(challenge []byte) string {
	var says struct{ Status, Scope any }
	if len(challenge) > 8<<10 || json.Unmarshal(challenge, &says) != nil || says.Status == nil {
		return ""
	}
	words := fmt.Sprintf("status %v", says.Status)
	if says.Scope != nil {
		words += fmt.Sprintf(", scope %v", says.Scope)
	}
	return seedtest.OneLine(words, 200)
}

// tokenReason is what the server's words about a token mean.
func tokenReason(said string) seedtest.FaultReason {
	status, _, _ := strings.Cut(strings.TrimPrefix(said, "status "), ",")
	switch status {
	case "insufficient_scope", "403":
		return seedtest.ReasonScope
	case "invalid_token", "400", "401":
		return seedtest.ReasonExpired
	}
	return seedtest.ReasonNone
}

// forms returns the ways in which a secret may appear on the wire.
func forms(seed seedtest.Seed, secret seedtest.Secret) []string {
	word := secret.Reveal()
	if word == "" {
		return nil
	}
	b64 := base64.StdEncoding.EncodeToString
	return []string{word, b64([]byte(word)),
		b64(newExchange(methodPlain, seed, secret).first),
		b64(newExchange(methodXOAuth2, seed, secret).first),
		b64(newExchange(methodOAuthBearer, seed, secret).first)}
}
