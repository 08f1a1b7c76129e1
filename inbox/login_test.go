package inbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"seedtest"
)

func capsOf(list string) map[string]bool {
	caps := map[string]bool{}
	for c := range strings.FieldsSeq(list) {
		caps[c] = true
	}
	return caps
}

// TestMethods: how a password or token is told follows from what the server offers.
func TestMethods(t *testing.T) {
	for _, x := range []struct {
		caps     string
		ascii    bool
		password method // empty: it cannot be told
		token    method
	}{
		{"IMAP4rev1", true, methodLogin, ""},
		{"IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR", true, methodLogin, ""},
		{"IMAP4rev1 AUTH=PLAIN", false, methodPlain, ""},
		{"IMAP4rev1 AUTH=LOGIN", false, methodAuthLogin, ""},
		{"IMAP4rev1", false, methodLogin, ""},
		{"LOGINDISABLED AUTH=PLAIN AUTH=LOGIN", true, methodPlain, ""},
		{"LOGINDISABLED AUTH=LOGIN", true, methodAuthLogin, ""},
		{"LOGINDISABLED AUTH=LOGIN", false, methodAuthLogin, ""},
		{"LOGINDISABLED", true, "", ""},
		{"LOGINDISABLED AUTH=XOAUTH2", true, "", methodXOAuth2},
		{"AUTH=PLAIN AUTH=OAUTHBEARER", true, methodLogin, methodOAuthBearer},
		{"AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN", false, methodPlain, methodXOAuth2},
	} {
		if got, err := passwordMethod(capsOf(x.caps), x.ascii); got != x.password ||
			(err == nil) != (got != "") {
			t.Errorf("passwordMethod(%s, %t) = %q, %v, want %q", x.caps, x.ascii, got, err, x.password)
		}
		if got, err := tokenMethod(capsOf(x.caps)); got != x.token || (err == nil) != (got != "") {
			t.Errorf("tokenMethod(%s) = %q, %v, want %q", x.caps, got, err, x.token)
		}
	}
	_, err := passwordMethod(capsOf("LOGINDISABLED AUTH=XOAUTH2"), true)
	if err == nil || !strings.Contains(err.Error(), "but tokens (AUTH=XOAUTH2)") {
		t.Errorf("passwordMethod = %v, want that the server takes tokens", err)
	}
}

func TestChallengeWords(t *testing.T) {
	for challenge, want := range map[string]struct {
		words  string
		reason seedtest.FaultReason
	}{
		`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`: {
			"status 400, scope https://mail.google.com/", seedtest.ReasonExpired},
		`{"status":"invalid_token"}`:                     {"status invalid_token", seedtest.ReasonExpired},
		`{"status":401}`:                                 {"status 401", seedtest.ReasonExpired},
		`{"status":"insufficient_scope","scope":"m"}`:    {"status insufficient_scope, scope m", seedtest.ReasonScope},
		`{"status":"x\u001b[2J","scope":["a","b"]}`:      {"status x [2J, scope [a b]", seedtest.ReasonNone},
		`{"status":"` + strings.Repeat("a", 9000) + `"}`: {},
		`{"error":"x"}`:                                  {}, `Password:`: {}, ``: {}, `{`: {},
	} {
		words := challengeWords([]byte(challenge))
		if words != want.words || tokenReason(words) != want.reason {
			t.Errorf("challengeWords(%.60q) = %q, %q, want %q, %q", challenge, words,
				tokenReason(words), want.words, want.reason)
		}
	}
}

// dialogue answers AUTHENTICATE with challenges, and keeps what the client says to each. The last
// answer decides whether it is let in.
func dialogue(said *[]string, ok func(first string, answers []string) bool,
	challenges ...string) func(*client, string, string) bool {
	return func(c *client, tag, line string) bool {
		rest, is := strings.CutPrefix(line, "AUTHENTICATE ")
		if !is {
			return false
		}
		br := bufio.NewReader(c.Conn)
		var answers []string
		for _, challenge := range challenges {
			c.say("+ %s", base64.StdEncoding.EncodeToString([]byte(challenge)))
			line, _ := br.ReadString('\n')
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
			answers = append(answers, string(raw))
		}
		*said = append(*said, answers...)
		_, coded, _ := strings.Cut(rest, " ")
		first, _ := base64.StdEncoding.DecodeString(coded)
		if ok(string(first), answers) {
			c.say("%s OK welcome", tag)
		} else {
			c.say("%s NO [AUTHENTICATIONFAILED] no", tag)
		}
		return true
	}
}

// TestPasswordBySASL: a password reaches the server whole, whatever words its questions have, and
// in UTF-8.
func TestPasswordBySASL(t *testing.T) {
	const word = "pässwört-1"
	for _, x := range []struct {
		caps       string
		challenges []string
		want       []string
	}{
		{"IMAP4rev1 AUTH=PLAIN", []string{""}, []string{"\x00a\x00" + word}},
		{"IMAP4rev1 LOGINDISABLED AUTH=LOGIN SASL-IR", []string{"Benutzername?", "Kennwort?"},
			[]string{"a", word}},
	} {
		var said []string
		s, seed := newServer(t), newBook(0).seed
		seed.Login.Password = seedtest.Secret(word)
		s.caps = x.caps
		s.answer = dialogue(&said, func(first string, _ []string) bool { return first == "" },
			x.challenges...)
		c, err := check(t, seed, s)
		if err != nil {
			t.Errorf("%s: Check = %v", x.caps, err)
		}
		if got, want := strings.Join(said, "|"), strings.Join(x.want, "|"); got != want {
			t.Errorf("%s: the client said %q, want %q", x.caps, got, want)
		}
		if all := strings.Join(c.Dialog, "\n"); strings.Contains(all, word) ||
			strings.Contains(all, base64.StdEncoding.EncodeToString([]byte(word))) {
			t.Errorf("the transcript holds the password:\n%s", all)
		}
	}
}

// tokens gives an old token, and a new one for it.
type tokens struct {
	old, fresh seedtest.Secret
	renewals   int
	err        error
}

func (s *tokens) Secret(context.Context) (seedtest.Secret, error) {
	if s.old == "" {
		return "", s.err
	}
	return s.old, nil
}

func (s *tokens) Renew(_ context.Context, refused seedtest.Secret) (seedtest.Secret, error) {
	if s.renewals++; refused != s.old {
		return "", errors.New("another token was refused")
	}
	return s.fresh, s.err
}

const (
	expired  = `{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`
	tooSmall = `{"status":"insufficient_scope","scope":"https://mail.example/"}`
)

// TestRefusedToken: a refused token is renewed once, on the same connection, and what cannot be
// mended by that is said with its reason.
func TestRefusedToken(t *testing.T) {
	revoked := &seedtest.TokenError{Reason: seedtest.ReasonRevoked, What: "invalid_grant",
		Remedy: "seedtest login a"}
	away := &seedtest.TokenError{Reason: seedtest.ReasonUnreachable, What: "no answer"}
	for _, x := range []struct {
		name      string
		mechanism string
		tokens    tokens
		challenge string
		asked     int // sign-ins
		renewals  int
		kind      seedtest.FaultKind // empty: it works
		reason    seedtest.FaultReason
		words     string
	}{
		{"renewed", "XOAUTH2", tokens{old: "old-token-1", fresh: "new-token-2"}, expired, 2, 1, "", "", ""},
		{"renewed", "OAUTHBEARER", tokens{old: "old-token-1", fresh: "new-token-2"}, expired, 2, 1, "", "", ""},
		{"renewed in vain", "XOAUTH2", tokens{old: "old-token-1", fresh: "bad-token-3"}, expired, 2, 1,
			seedtest.FaultLogin, "", "(status 400, scope https://mail.example/); a new token"},
		{"too small a scope", "XOAUTH2", tokens{old: "old-token-1", fresh: "new-token-2"}, tooSmall, 1, 0,
			seedtest.FaultLogin, seedtest.ReasonScope, "insufficient_scope"},
		{"consent is gone", "XOAUTH2", tokens{old: "old-token-1", err: revoked}, expired, 1, 1,
			seedtest.FaultLogin, seedtest.ReasonRevoked, "seedtest login a"},
		{"there is no token", "XOAUTH2", tokens{err: revoked}, expired, 0, 0,
			seedtest.FaultLogin, seedtest.ReasonRevoked, "seedtest login a"},
		{"the token server is away", "XOAUTH2", tokens{err: away}, expired, 0, 0,
			seedtest.FaultConnect, seedtest.ReasonUnreachable, "no answer"},
		{"no mechanism", "PLAIN", tokens{old: "new-token-2"}, expired, 0, 0,
			seedtest.FaultLogin, "", "it offers AUTH=PLAIN"},
	} {
		t.Run(x.name+" "+x.mechanism, func(t *testing.T) {
			var said []string
			s, seed := newServer(t), newBook(0).seed
			seed.Login.Token = &x.tokens
			s.caps = "IMAP4rev1 SASL-IR AUTH=" + x.mechanism
			good := func(first string, _ []string) bool { return strings.Contains(first, "new-token-2") }
			s.answer = dialogue(&said, good)
			refuse := dialogue(&said, good, x.challenge)
			s.answer = func(c *client, tag, line string) bool {
				_, coded, _ := strings.Cut(strings.TrimPrefix(line, "AUTHENTICATE "), " ")
				if first, _ := base64.StdEncoding.DecodeString(coded); good(string(first), nil) {
					return false // the server takes it
				}
				return refuse(c, tag, line)
			}
			c, err := check(t, seed, s)
			if x.kind == "" && err != nil {
				t.Fatalf("Check = %v", err)
			}
			if x.kind != "" {
				if c.Trouble == nil || c.Trouble.Kind != x.kind || c.Trouble.Reason != x.reason ||
					!strings.Contains(c.Trouble.What, x.words) {
					t.Errorf("trouble %+v, want %s, %q, %q", c.Trouble, x.kind, x.reason, x.words)
				}
			}
			if n := s.asked("AUTHENTICATE"); n != x.asked || x.tokens.renewals != x.renewals {
				t.Errorf("%d sign-ins and %d renewals, want %d and %d", n, x.tokens.renewals, x.asked,
					x.renewals)
			}
			for _, answer := range said {
				if want := map[string]string{"XOAUTH2": "", "OAUTHBEARER": "\x01"}[x.mechanism]; answer != want {
					t.Errorf("the challenge was answered with %q, want %q", answer, want)
				}
			}
			all := strings.Join(c.Dialog, "\n")
			for _, secret := range []string{"old-token", "new-token", "bad-token"} {
				if strings.Contains(all, secret) {
					t.Errorf("the transcript holds a token:\n%s", all)
				}
			}
		})
	}
}

// TestBearerNames: a name with the characters of GS2 is told in its coding (RFC 5801 section 4).
func TestBearerNames(t *testing.T) {
	seed := seedtest.Seed{Login: seedtest.Login{Username: "a=b,c@example.org"},
		Server: seedtest.Endpoint{Host: "imap.example.org", Port: 993}}
	got := string(newExchange(methodOAuthBearer, seed, "tok").first)
	want := "n,a=a=3Db=2Cc@example.org,\x01host=imap.example.org\x01port=993\x01auth=Bearer tok\x01\x01"
	if got != want {
		t.Errorf("OAUTHBEARER begins with %q, want %q", got, want)
	}
}
