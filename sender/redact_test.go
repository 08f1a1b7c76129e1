package sender_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// awkward is a secret that looks different in quotes, URLs, HTML and quoted-printable.
const awkward = seedtest.Secret(`Tr0ub"4d\r&3=ä/x%<y>+ z`)

// around is what stands before and after a secret, where it is not alone in base64.
var around = map[string][2]string{"at 1": {"x"}, "at 2": {"xy"}, "as PLAIN": {"\x00ops\x00"},
	"as XOAUTH2": {"user=ops\x01auth=Bearer ", "\x01\x01"}}

// repeated is how a server may repeat a secret, by the name of the form.
func repeated(secret string) map[string]string {
	forms := secretForm(secret)
	for name, x := range around {
		forms["base64 "+name] = b64(x[0] + secret + x[1])
	}
	return forms
}

// hidden is what must not be seen of that.
func hidden(secret string) map[string]string {
	forms := secretForm(secret)
	for name, x := range around {
		from, to := (len(x[0])*8+5)/6, (len(x[0])+len(secret))*8/6
		forms["base64 "+name] = b64(x[0] + secret + x[1])[from:to]
	}
	return forms
}

func secretForm(secret string) map[string]string {
	quoted := fmt.Sprintf("%q", secret)
	inJSON, _ := json.Marshal(secret)
	return map[string]string{
		"plain": secret, "upper": strings.ToUpper(secret), "in quotes": quoted[1 : len(quoted)-1],
		"in JSON": string(inJSON[1 : len(inJSON)-1]), "hex": hex.EncodeToString([]byte(secret)),
		"HEX": fmt.Sprintf("%X", secret), "path": url.PathEscape(secret), "query": url.QueryEscape(secret),
		"HTML":   strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(secret),
		"QP":     strings.NewReplacer("=", "=3D", "ä", "=C3=A4").Replace(secret),
		"base64": b64(secret)[:len(secret)*8/6], "half": secret[:len(secret)/2],
		"base64 for URLs": base64.URLEncoding.EncodeToString([]byte(secret))[:len(secret)*8/6],
	}
}

// betrays returns what of a form stands in a text: more octets in a row than may be shown.
func betrays(text, form string) string {
	const shown = 8
	text, form = strings.ToLower(text), strings.ToLower(form)
	for i := 0; i+shown <= len(form); i++ {
		if part := form[i : i+shown]; strings.Contains(text, part) {
			return part
		}
	}
	return ""
}

// TestRedaction: whatever mechanism signs in, and in whatever way of writing a server repeats the
// secret, at whatever stage, it stands nowhere.
func TestRedaction(t *testing.T) {
	a := newAuthority(t)
	for mechanism, login := range map[string]seedtest.Login{
		"PLAIN": {Username: "ops", Password: awkward}, "LOGIN": {Username: "ops", Password: awkward},
		"XOAUTH2": {Username: "ops", Token: awkward}, "OAUTHBEARER": {Username: "ops", Token: awkward},
	} {
		for name, form := range repeated(awkward.Reveal()) {
			for _, at := range []string{"AUTH", "AUTH refused", "MAIL", "RCPT", "DATA", ".", "RSET", "no reply"} {
				synctest.Test(t, func(t *testing.T) {
					s := offering(t, a, "AUTH "+mechanism)
					s.answers["AUTH"] = "235 welcome"
					if mechanism == "LOGIN" {
						s.answers["AUTH"], s.answers["AUTH+"], s.answers["AUTH++"] = "334 ", "334 ", "235 welcome"
					}
					final := "AUTH"
					if mechanism == "LOGIN" {
						final = "AUTH++"
					}
					switch at {
					case "AUTH":
						s.answers[final] = "235 you are " + form
					case "AUTH refused":
						s.answers[final] = "535-5.7.8 not\r\n535 5.7.8 " + form
					case "no reply":
						s.answers["RCPT"] = "you said " + form
					default:
						s.answers[at] = "550 5.7.1 " + form
					}
					var log strings.Builder
					route := s.tlsRoute(seedtest.TLSStartTLS, a)
					route.Server.Host, route.Login = "mx.example.net", login
					client := s.client(route, sender.Options{
						Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
					for range 2 {
						got := client.Send(t.Context(), composed(t), committed)
						kept, err := json.Marshal(got)
						if err != nil {
							t.Fatal(err)
						}
						all := string(kept) + "\n" + strings.Join(got.Dialog, "\n") + got.Error + log.String()
						if got.Reply != nil {
							all += got.Reply.Text
						}
						for as, form := range hidden(awkward.Reveal()) {
							if part := betrays(all, form); part != "" {
								t.Errorf("%s, repeated %s at %s: %q of it (%s) stands in %s", mechanism, name, at, part,
									as, all)
							}
						}
					}
					check := client.Check(t.Context())
					if part := betrays(fmt.Sprintf("%+v", check), hidden(awkward.Reveal())[name]); part != "" {
						t.Errorf("%s, repeated %s at %s: %q stands in %+v", mechanism, name, at, part, check)
					}
				})
			}
		}
	}
}

// TestSecretIsHiddenOnOtherConnections, which began before it was told, or go on after another took
// its place.
func TestSecretIsHiddenOnOtherConnections(t *testing.T) {
	a := newAuthority(t)
	said := "ops, " + password.Reveal() + ", " + b64(password.Reveal())
	synctest.Test(t, func(t *testing.T) {
		s := offering(t, a, "AUTH PLAIN")
		s.delay = map[string]time.Duration{"EHLO": time.Second} // the second begins before that
		var conns atomic.Int32
		s.acts = map[string]func(net.Conn) bool{"": func(conn net.Conn) bool {
			if conns.Add(1) != 2 {
				return raw(polite[""]+"\r\n", true)(conn)
			}
			time.Sleep(time.Minute) // of the bubble's clock: the first has signed in
			return raw("554 5.7.1 "+said+"\r\n", true)(conn)
		}}
		login := byPassword
		turning := &turningSource{}
		login.Password = turning
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		route.Login = login
		client := s.client(route, sender.Options{Timeouts: sender.Timeouts{Idle: time.Hour}})
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() {
				time.Sleep(time.Duration(i)) // one after the other
				wantNoSecret(t, client.Send(t.Context(), composed(t), committed))
			})
		}
		both.Wait()
		if n := conns.Load(); n != 2 {
			t.Fatalf("%d connections, want 2", n)
		}
		s.set("RCPT", "550 "+said)
		turning.next = "another secret altogether"
		for range 2 { // the first goes by the kept connection
			got := client.Send(t.Context(), composed(t), committed)
			if wantNoSecret(t, got); got.Outcome != refused {
				t.Errorf("Send: %s, %s", got.Outcome, got.Error)
			}
			s.hangUpAll()
		}
	})
}

// turningSource tells the password, and later another secret.
type turningSource struct{ next seedtest.Secret }

// Secret implements seedtest.SecretSource.
func (s *turningSource) Secret(context.Context) (seedtest.Secret, error) {
	if s.next != "" {
		return s.next, nil
	}
	return password, nil
}
