package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// asker asks an authorization server whose clock it holds.
type asker struct {
	t      *testing.T
	server *OAuth
	now    time.Time
}

func newAsker(t *testing.T, o OAuthOptions) *asker {
	a := &asker{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	o.Now = func() time.Time { return a.now }
	a.server = NewOAuth(o)
	return a
}

// post asks with a form, given as keys and values, and returns the answer's fields.
func (a *asker) post(path string, pairs ...string) map[string]any {
	a.t.Helper()
	form := url.Values{"client_id": {"lab-client"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.server.ServeHTTP(w, r)
	var answer map[string]any
	if w.Body.Len() > 0 && json.Unmarshal(w.Body.Bytes(), &answer) != nil {
		a.t.Fatalf("POST %s: no JSON: %q", path, w.Body)
	}
	return answer
}

// refused fails the test unless an answer is that error.
func (a *asker) refused(answer map[string]any, want string) {
	a.t.Helper()
	if answer["error"] != want || answer["access_token"] != nil {
		a.t.Errorf("answer %v, want the error %s", answer, want)
	}
}

const verifier = "a-verifier-that-is-long-enough-for-the-standard"

// authorize lets a browser ask for consent, and returns where it is sent.
func (a *asker) authorize(changes ...string) *url.URL {
	a.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {"lab-client"}, "state": {"s"},
		"redirect_uri": {"http://localhost:8400/"}, "scope": {"https://mail.example/"},
		"login_hint": {"a@example.org"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	w := httptest.NewRecorder()
	a.server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/authorize?"+q.Encode(), nil))
	if w.Code != http.StatusFound {
		return nil
	}
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		a.t.Fatal(err)
	}
	return to
}

func (a *asker) exchange(code string, changes ...string) map[string]any {
	return a.post("/token", append([]string{"grant_type", "authorization_code", "code", code,
		"redirect_uri", "http://localhost:8400/", "code_verifier", verifier}, changes...)...)
}

// TestOAuthCode: a code is good once, for who can prove to have asked for it, and for a minute.
func TestOAuthCode(t *testing.T) {
	a := newAsker(t, OAuthOptions{})
	code := func() string { return a.authorize().Query().Get("code") }
	once := code()
	if answer := a.exchange(once); answer["access_token"] == nil || answer["refresh_token"] == nil {
		t.Fatalf("answer %v, want tokens", answer)
	}
	a.refused(a.exchange(once), "invalid_grant")
	a.refused(a.exchange(code(), "code_verifier", "another"), "invalid_grant")
	a.refused(a.exchange(code(), "redirect_uri", "http://localhost:9/"), "invalid_grant")
	a.refused(a.exchange(code(), "client_id", "another"), "invalid_client")
	late := code()
	a.now = a.now.Add(2 * time.Minute)
	a.refused(a.exchange(late), "invalid_grant")
}

// TestOAuthAuthorize sends a browser to loopback only, and nowhere for a client it does not know.
func TestOAuthAuthorize(t *testing.T) {
	a := newAsker(t, OAuthOptions{})
	for _, changes := range [][]string{{"client_id", "another"}, {"redirect_uri", ""},
		{"redirect_uri", "https://example.org/"}, {"redirect_uri", "http://192.0.2.1/"}} {
		if to := a.authorize(changes...); to != nil {
			t.Errorf("with %q the browser is sent to %s", changes, to)
		}
	}
	for want, changes := range map[string][]string{"invalid_scope": {"scope", "everything"},
		"invalid_request": {"code_challenge", ""}} {
		if q := a.authorize(changes...).Query(); q.Get("error") != want || q.Get("state") != "s" {
			t.Errorf("with %q the answer is %v, want %s", changes, q, want)
		}
	}
}

// TestOAuthDevice: who asks too fast waits longer, and a code is good once.
func TestOAuthDevice(t *testing.T) {
	a := newAsker(t, OAuthOptions{})
	d := a.post("/device", "scope", "https://mail.example/")
	code, _ := d["device_code"].(string)
	user, _ := d["user_code"].(string)
	ask := func(after time.Duration) map[string]any {
		a.now = a.now.Add(after)
		return a.post("/token", "grant_type", "urn:ietf:params:oauth:grant-type:device_code",
			"device_code", code)
	}
	a.refused(ask(0), "authorization_pending")
	a.refused(ask(4*time.Second), "slow_down")
	a.refused(ask(6*time.Second), "slow_down") // the pause is ten seconds now
	a.refused(ask(15*time.Second), "authorization_pending")
	if err := a.server.Approve("nonsense", "a@example.org"); err == nil {
		t.Error("a code that no device shows was approved")
	}
	page := httptest.NewRecorder()
	a.server.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/activate", nil))
	for _, field := range []string{`name="user_code"`, `name="account"`} {
		if !strings.Contains(page.Body.String(), field) {
			t.Errorf("the page has no field %s: %s", field, page.Body)
		}
	}
	enter := url.Values{"user_code": {user}, "account": {"a@example.org"}}
	r := httptest.NewRequest(http.MethodPost, "/activate", strings.NewReader(enter.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a.server.ServeHTTP(httptest.NewRecorder(), r)
	if answer := ask(15 * time.Second); answer["access_token"] == nil {
		t.Errorf("answer %v, want tokens", answer)
	}
	a.refused(ask(15*time.Second), "expired_token")
}

// TestOAuthTokens: what opens a mailbox, for how long, and what ends it.
func TestOAuthTokens(t *testing.T) {
	a := newAsker(t, OAuthOptions{Rotate: true})
	first := a.exchange(a.authorize().Query().Get("code"))
	opens := func(account string, answer map[string]any) bool {
		token, _ := answer["access_token"].(string)
		_, ok := a.server.Opens(account, token)
		active := a.post("/introspect", "token", token)["active"] == true
		return ok && active
	}
	refresh := func(answer map[string]any) map[string]any {
		token, _ := answer["refresh_token"].(string)
		return a.post("/token", "grant_type", "refresh_token", "refresh_token", token)
	}
	if !opens("a@example.org", first) || opens("b@example.org", first) {
		t.Error("the token opens another mailbox than that of who consented")
	}
	a.now = a.now.Add(61 * time.Minute)
	if opens("a@example.org", first) {
		t.Error("the token opens the mailbox after its end")
	}
	second := refresh(first)
	if !opens("a@example.org", second) || second["refresh_token"] == first["refresh_token"] {
		t.Errorf("the second answer %v is no renewal", second)
	}
	a.refused(refresh(first), "invalid_grant") // used twice: stolen
	if opens("a@example.org", second) {
		t.Error("a refresh token was used twice, and the consent still holds")
	}
	a.refused(refresh(second), "invalid_grant")

	third := a.exchange(a.authorize().Query().Get("code"))
	token, _ := third["access_token"].(string)
	a.post("/revoke", "token", token)
	if opens("a@example.org", third) {
		t.Error("a revoked token opens the mailbox")
	}
	small := a.exchange(a.authorize("scope", "").Query().Get("code"))
	token, _ = small["access_token"].(string)
	if why, ok := a.server.Opens("a@example.org", token); ok ||
		!strings.Contains(why, "insufficient_scope") {
		t.Errorf("a token without scope: %t, %s", ok, why)
	}
	a.refused(a.post("/token", "grant_type", "client_credentials", "scope", ""), "unauthorized_client")
}
