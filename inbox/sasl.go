package inbox

import (
	"encoding/base64"
	"fmt"

	"github.com/emersion/go-sasl"

	"seedtest"
)

// xoauth2 is Google's and Microsoft's older way to present a token. The library has OAUTHBEARER
// only, which Outlook, Yandex and Mail.ru do not offer.
type xoauth2 struct{ username, token string }

// Start implements sasl.Client.
func (x xoauth2) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", x.username, x.token), nil
}

// Next answers the challenge that carries an error with nothing: then the refusal comes, and the
// connection stays usable.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// bearer is OAUTHBEARER (RFC 7628), which must answer an error with one octet.
type bearer struct{ sasl.Client }

// Next implements sasl.Client.
func (bearer) Next([]byte) ([]byte, error) { return []byte{1}, nil }

// mechanism chooses how to sign in; nil means the LOGIN command.
func mechanism(seed seedtest.Seed, caps map[string]bool, secret seedtest.Secret) sasl.Client {
	user, word := seed.Login.Username, secret.Reveal()
	switch {
	case seed.Login.Token != nil && caps["AUTH=OAUTHBEARER"] && !caps["AUTH=XOAUTH2"]:
		return bearer{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
			Username: user, Token: word, Host: seed.Server.Host, Port: seed.Server.Port,
		})}
	case seed.Login.Token != nil:
		return xoauth2{username: user, token: word}
	case caps["AUTH=PLAIN"] && (caps["LOGINDISABLED"] || !isASCII(user) || !isASCII(word)):
		return sasl.NewPlainClient("", user, word)
	}
	return nil
}

// forms returns the ways in which a secret may appear on the wire.
func forms(user string, secret seedtest.Secret) []string {
	word := secret.Reveal()
	if word == "" {
		return nil
	}
	b64 := base64.StdEncoding.EncodeToString
	x := xoauth2{username: user, token: word}
	_, ir, _ := x.Start()
	return []string{word, b64(ir), b64([]byte("\x00" + user + "\x00" + word)), b64([]byte(word))}
}
