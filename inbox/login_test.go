package inbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
	for _, x := range []struct {
		challenge, words string
		reason           seedtest.FaultReason
	}{
		{`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`,
			"status 400, scope https://mail.google.com/", seedtest.ReasonExpired},
		{`{"status":"invalid_token"}`, "status invalid_token", seedtest.ReasonExpired},
		{`{"status":401}`, "status 401", seedtest.ReasonExpired},
		{`{"status":"insufficient_scope","scope":"m"}`, "status insufficient_scope, scope m",
			seedtest.ReasonScope},
		{`{"status":"x\u001b[2J","scope":["a","b"]}`, "status x [2J, scope [a b]",
			seedtest.ReasonNone},
		{`{"status":"` + strings.Repeat("a", 9000) + `"}`, "", seedtest.ReasonNone},
		{`{"error":"x"}`, "", seedtest.ReasonNone},
		{`Password:`, "", seedtest.ReasonNone},
		{``, "", seedtest.ReasonNone},
		{`{`, "", seedtest.ReasonNone},
	} {
		words := challengeWords([]byte(x.challenge))
		if words != x.words || tokenReason(words) != x.reason {
			t.Errorf("challengeWords(%.60q) = %q, %q, want %q, %q", x.challenge, words,
				tokenReason(words), x.words, x.reason)
		}
	}
}

// FuzzChallengeWords: whatever a challenge holds, its words are few and drive no terminal.
func FuzzChallengeWords(f *testing.F) {
	f.Add([]byte(expired))
	f.Add([]byte(`{"status":{"a":[1,null]},"scope":1e99}`))
	f.Add([]byte("{\"status\":\"\xff\u202e\"}"))
	f.Fuzz(func(t *testing.T, challenge []byte) {
		words := challengeWords(challenge)
		if words != seedtest.OneLine(words, 204) || len([]rune(words)) > 203 {
			t.Errorf("challengeWords(%q) = %q, want it short and clean", challenge, words)
		}
		tokenReason(words)
	})
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
	echoing  = `{"status":"400 for old-token-1","scope":"x"}`
)

// tokenStory is a token that a server refuses, and what becomes of it.
type tokenStory struct {
	name      string
	mechanism string
	tokens    tokens
	challenge string
	asked     int                // sign-ins
	renewals  int                // of the token
	kind      seedtest.FaultKind // empty: it works
	reason    seedtest.FaultReason
	words     string
}

// TestRefusedToken: a refused token is renewed once, on the same connection, and what cannot be
// mended by that is said with its reason.
func TestRefusedToken(t *testing.T) {
	const login, connect = seedtest.FaultLogin, seedtest.FaultConnect
	revoked := &seedtest.TokenError{Reason: seedtest.ReasonRevoked, What: "invalid_grant",
		Remedy: "seedtest login a"}
	away := &seedtest.TokenError{Reason: seedtest.ReasonUnreachable, What: "no answer"}
	good := tokens{old: "old-token-1", fresh: "new-token-2"}
	for _, x := range []tokenStory{
		{"renewed", "XOAUTH2", good, expired, 2, 1, "", "", ""},
		{"renewed", "OAUTHBEARER", good, expired, 2, 1, "", "", ""},
		{"renewed in vain", "XOAUTH2", tokens{old: "old-token-1", fresh: "bad-token-3"}, expired, 2, 1,
			login, "", "(status 400, scope https://mail.example/); a new token"},
		{"too small a scope", "XOAUTH2", good, tooSmall, 1, 0, login, seedtest.ReasonScope,
			"insufficient_scope"},
		{"consent is gone", "XOAUTH2", tokens{old: "old-token-1", err: revoked}, expired, 1, 1, login,
			seedtest.ReasonRevoked, "seedtest login a"},
		{"there is no token", "XOAUTH2", tokens{err: revoked}, expired, 0, 0, login,
			seedtest.ReasonRevoked, "seedtest login a"},
		{"the token server is away", "XOAUTH2", tokens{err: away}, expired, 0, 0, connect,
			seedtest.ReasonUnreachable, "no answer"},
		{"the token is echoed", "XOAUTH2", tokens{old: "old-token-1", fresh: "bad-token-3"}, echoing, 2,
			1, login, "", "(status 400 for (secret), scope x)"},
		{"no mechanism", "PLAIN", good, expired, 0, 0, login, "", "it offers AUTH=PLAIN"},
	} {
		t.Run(x.name+" "+x.mechanism, func(t *testing.T) { x.run(t) })
	}
}

func (x *tokenStory) run(t *testing.T) {
	var said []string
	s, seed := newServer(t), newBook(0).seed
	seed.Login.Token = &x.tokens
	s.caps = "IMAP4rev1 SASL-IR AUTH=" + x.mechanism
	good := func(first string, _ []string) bool { return strings.Contains(first, "new-token-2") }
	refuse := dialogue(&said, good, x.challenge)
	s.answer = func(c *client, tag, line string) bool {
		_, coded, _ := strings.Cut(strings.TrimPrefix(line, "AUTHENTICATE "), " ")
		if first, _ := base64.StdEncoding.DecodeString(coded); good(string(first), nil) {
			return false // the server takes it
		}
		return refuse(c, tag, line)
	}
	c, err := check(t, seed, s)
	switch f := c.Trouble; {
	case x.kind == "" && err != nil:
		t.Fatalf("Check = %v", err)
	case x.kind != "" && (f == nil || f.Kind != x.kind || f.Reason != x.reason ||
		!strings.Contains(f.What, x.words)):
		t.Errorf("trouble %+v, want %s, %q, %q", f, x.kind, x.reason, x.words)
	}
	if n := s.asked("AUTHENTICATE"); n != x.asked || x.tokens.renewals != x.renewals {
		t.Errorf("%d sign-ins and %d renewals, want %d and %d", n, x.tokens.renewals, x.asked,
			x.renewals)
	}
	wanted := map[string]string{"XOAUTH2": "", "OAUTHBEARER": "\x01"}[x.mechanism]
	for _, answer := range said {
		if answer != wanted {
			t.Errorf("the challenge was answered with %q, want %q", answer, wanted)
		}
	}
	all := strings.Join(c.Dialog, "\n")
	for _, secret := range []string{"old-token", "new-token", "bad-token",
		base64.StdEncoding.EncodeToString([]byte(echoing))} {
		if strings.Contains(all, secret) {
			t.Errorf("the transcript holds a token:\n%s", all)
		}
	}
}

// changing gives another token each time that it is asked, as a helper program does.
type changing struct {
	asked int
	err   error
}

func (c *changing) Secret(context.Context) (seedtest.Secret, error) {
	c.asked++
	return seedtest.Secret("token-number-" + strconv.Itoa(c.asked)), c.err
}

// TestEveryConnectionAsksForAToken: none is kept for the next connection, when its time may be
// over.
func TestEveryConnectionAsksForAToken(t *testing.T) {
	b := newBook(1)
	b.seed.Login.Token = &changing{}
	watch(t, b, func(s *server) { s.caps += " AUTH=XOAUTH2" }, func(w *watching) {
		w.accept(0)
		for i := range 3 {
			name := "user=a\x01auth=Bearer token-number-" + strconv.Itoa(i+1) + "\x01\x01"
			want := "AUTHENTICATE XOAUTH2 " + base64.StdEncoding.EncodeToString([]byte(name))
			if w.asked(want) != 1 {
				t.Errorf("connection %d did not sign in with a token of its own", i+1)
			}
			w.hangUp()
			time.Sleep(4 * time.Minute)
		}
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
	})
}

// TestLostConsentIsAFault with its reason, recorded once, and asked about at a pace that grows.
func TestLostConsentIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		source := &changing{err: &seedtest.TokenError{Reason: seedtest.ReasonRevoked,
			What: "consent is gone", Remedy: "seedtest login a"}}
		b.seed.Own, b.seed.Login.Token = false, source
		w := begin(t, b, s, b.awaiting())
		time.Sleep(15 * time.Minute)
		w.refused(0)
		w.ended()
		faults := factsOf[seedtest.Fault](b)
		if len(faults) != 1 || faults[0].Kind != seedtest.FaultLogin ||
			faults[0].Reason != seedtest.ReasonRevoked {
			t.Errorf("faults %+v, want one of a consent that is gone", faults)
		}
		if source.asked < 2 || source.asked > 60 || s.asked("AUTHENTICATE") != 0 {
			t.Errorf("the source was asked %d times in a quarter of an hour, the server %d times",
				source.asked, s.asked("AUTHENTICATE"))
		}
	})
}

// TestServerCannotSay: a token is not renewed because the server is in trouble.
func TestServerCannotSay(t *testing.T) {
	s, seed := newServer(t), newBook(0).seed
	source := &tokens{old: "old-token-1", fresh: "new-token-2"}
	seed.Login.Token = source
	s.caps = "IMAP4rev1 SASL-IR AUTH=XOAUTH2"
	s.answer = answering("AUTHENTICATE", "% NO [UNAVAILABLE] the database is down")
	c, _ := check(t, seed, s)
	if c.Trouble == nil || c.Trouble.Kind != seedtest.FaultLogin || c.Trouble.Reason != "" {
		t.Errorf("trouble %+v, want a refused login without a reason", c.Trouble)
	}
	if source.renewals != 0 || s.asked("AUTHENTICATE") != 1 {
		t.Errorf("%d renewals, %d sign-ins, want none and one", source.renewals,
			s.asked("AUTHENTICATE"))
	}
}

// TestServerHangsUpOnAToken: the new token is there for the next connection.
func TestServerHangsUpOnAToken(t *testing.T) {
	s, seed := newServer(t), newBook(0).seed
	source := &tokens{old: "old-token-1", fresh: "new-token-2"}
	seed.Login.Token = source
	s.caps = "IMAP4rev1 SASL-IR AUTH=XOAUTH2"
	s.answer = func(c *client, _, line string) bool {
		if !strings.HasPrefix(line, "AUTHENTICATE") {
			return false
		}
		c.say("+ %s", base64.StdEncoding.EncodeToString([]byte(expired)))
		_, _ = bufio.NewReader(c.Conn).ReadString('\n')
		c.say("* BYE go away")
		_ = c.Conn.Close()
		return true
	}
	c, _ := check(t, seed, s)
	if c.Trouble == nil || c.Trouble.Kind != seedtest.FaultLogin ||
		c.Trouble.Reason != seedtest.ReasonExpired || !strings.Contains(c.Trouble.What, "go away") {
		t.Errorf("trouble %+v, want a refused login of an expired token", c.Trouble)
	}
	if source.renewals != 1 || s.asked("AUTHENTICATE") != 1 {
		t.Errorf("%d renewals, %d sign-ins, want one of each", source.renewals, s.asked("AUTHENTICATE"))
	}
}

// TestBearerNames: a name with the characters of GS2 is told in its coding (RFC 5801 section 4).
func TestBearerNames(t *testing.T) {
	seed := seedtest.Seed{Login: seedtest.Login{Username: "a=b,c@example.org"},
		Server: seedtest.Endpoint{Host: "imap.example.org", Port: 993}}
	got := string(newExchange(methodOAuthBearer, seed, "tok").first)
	want := "n,a=a=3Db=2Cc@example.org,\x01host=imap.example.org\x01port=993\x01" +
		"auth=Bearer tok\x01\x01"
	if got != want {
		t.Errorf("OAUTHBEARER begins with %q, want %q", got, want)
	}
}
