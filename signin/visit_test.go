package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"seedtest"
	"seedtest/lab"
	"seedtest/signin"
)

// visiting starts an authorization server on loopback, and returns a client of it.
func visiting(t *testing.T, o lab.OAuthOptions) (*lab.OAuth, seedtest.OAuth) {
	t.Helper()
	server := lab.NewOAuth(o)
	page := httptest.NewServer(server)
	t.Cleanup(page.Close)
	return server, loopbackOAuth(page.URL)
}

func get(t *testing.T, client *http.Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}

// open opens an address as a browser does, redirections followed.
func open(t *testing.T, address string) int {
	t.Helper()
	answer, err := get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, address)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// TestVisit: the browser comes back by itself.
func TestVisit(t *testing.T) {
	server, oauth := visiting(t, lab.OAuthOptions{})
	v, err := signin.New(oauth, signin.Options{}).Visit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if status := open(t, v.URL); status != http.StatusOK {
		t.Errorf("the page says %d, want 200", status)
	}
	g, err := v.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if why, ok := server.Opens(account, g.Access.Reveal()); !ok || g.Refresh == "" {
		t.Errorf("the grant does not open the mailbox, or cannot be renewed: %s", why)
	}
	q, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"access_type": "offline", "login_hint": account,
		"code_challenge_method": "S256", "scope": "https://mail.example/"} {
		if got := q.Query().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// TestVisitElsewhere: a browser on another machine cannot come back; the person pastes the address
// that it shows.
func TestVisitElsewhere(t *testing.T) {
	server, oauth := visiting(t, lab.OAuthOptions{})
	v, err := signin.New(oauth, signin.Options{}).Visit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	stay := &http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := get(t, stay, v.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "nonsense", "http://localhost/back?code=x",
		"http://localhost/back?code=x&state=y", "http://localhost/back?state=" + stateOf(t, v.URL)} {
		if v.Paste(wrong) == nil {
			t.Errorf("Paste(%q) took it, want an error", wrong)
		}
	}
	if err := v.Paste(" " + answer.Header.Get("Location") + "\n"); err != nil {
		t.Fatal(err)
	}
	g, err := v.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := server.Opens(account, g.Access.Reveal()); !ok {
		t.Error("the grant does not open the mailbox")
	}
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("state")
}

// TestVisitRefusesStrangers: what others send to the port is no answer, and ends nothing.
func TestVisitRefusesStrangers(t *testing.T) {
	_, oauth := visiting(t, lab.OAuthOptions{})
	v, err := signin.New(oauth, signin.Options{}).Visit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	back, err := url.Parse(mustQuery(t, v.URL).Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/": 404, "/favicon.ico": 404, "/back": 400,
		"/back?code=stolen&state=guessed": 400, "/back?error=access_denied&state=": 400} {
		if got := open(t, "http://"+back.Host+path); got != want {
			t.Errorf("GET %s: status %d, want %d", path, got, want)
		}
	}
	if status := open(t, v.URL); status != http.StatusOK {
		t.Errorf("the true answer after all that: status %d, want 200", status)
	}
	if _, err := v.Wait(t.Context()); err != nil {
		t.Errorf("Wait: %v", err)
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// TestVisitRefused says in words why there is no consent.
func TestVisitRefused(t *testing.T) {
	server, oauth := visiting(t, lab.OAuthOptions{})
	oauth.Scopes = append(oauth.Scopes, "everything")
	for _, want := range []struct {
		reason seedtest.FaultReason
		words  string
	}{{seedtest.ReasonScope, "invalid_scope"}, {seedtest.ReasonNoConsent, "consent was refused"}} {
		v, err := signin.New(oauth, signin.Options{}).Visit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open(t, v.URL)
		_, err = v.Wait(t.Context())
		if got := reason(t, err, want.words); got != want.reason {
			t.Errorf("reason %q, want %q", got, want.reason)
		}
		v.Close()
		server.Deny()
	}
}

// TestVisitOnLoopbackOnly: an answer is never sent to another machine.
func TestVisitOnLoopbackOnly(t *testing.T) {
	_, oauth := visiting(t, lab.OAuthOptions{})
	for _, address := range []string{"", "http://192.0.2.1/", "https://localhost/", "ftp://localhost/",
		"http://example.org/"} {
		oauth.RedirectURL = address
		if v, err := signin.New(oauth, signin.Options{}).Visit(t.Context()); err == nil {
			v.Close()
			t.Errorf("Visit with redirect_url %q went on, want an error", address)
		}
	}
}

// TestHostileServer: no answer of a token server is trusted, quoted whole or read without end.
func TestHostileServer(t *testing.T) {
	refresh := strings.Repeat("r", 40)
	for name, c := range map[string]struct {
		status       int
		kind, answer string
		words        string
	}{
		"echoes the secret": {400, "application/json",
			`{"error":"server_error","error_description":"bad ` + refresh + `\u001b[2J\nforged"}`,
			"server_error: bad (secret) [2J forged"},
		"a page": {502, "text/html", "<html>secret page</html>", "HTTP status 502"},
		"control": {200, "application/json", `{"access_token":"a\u0001b","token_type":"bearer"}`,
			"octets"},
		"line break": {200, "application/json", `{"access_token":"a\nb","token_type":"bearer"}`,
			"octets"},
		"wrong kind":    {200, "application/json", `{"access_token":"ab","token_type":"mac"}`, "MAC"},
		"no token":      {200, "application/json", `{}`, "access_token"},
		"a redirection": {302, "text/plain", "", "HTTP status 302"},
		"no JSON":       {200, "application/json", `{"access_token":`, ""},
		"endless":       {200, "application/json", `{"x":"` + strings.Repeat("a", 1<<20), ""},
		"enormous": {200, "application/json",
			`{"access_token":"` + strings.Repeat("a", 70<<10) + `","token_type":"bearer"}`, "65536"},
	} {
		t.Run(name, func(t *testing.T) {
			page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("the redirection was followed")
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
			}))
			defer page.Close()
			keep := signin.Files(t.TempDir())
			oauth := seedtest.OAuth{Name: "seed-a", ClientID: "c", TokenURL: page.URL + "/token"}
			err := keep.Save("seed-a", signin.Grant{ClientID: "c", Refresh: seedtest.Secret(refresh)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = signin.NewSource(signin.New(oauth, signin.Options{}), keep).Secret(t.Context())
			reason(t, err, c.words)
			if strings.ContainsAny(err.Error(), "\x1b\n") || strings.Contains(err.Error(), refresh) ||
				len(err.Error()) > 700 {
				t.Errorf("error %q, want it short, clean and without the secret", err)
			}
		})
	}
}

// TestHostileDevice: what a server says of its codes is bounded, whatever it says.
func TestHostileDevice(t *testing.T) {
	for name, answer := range map[string]string{
		"no code":    `{"verification_uri":"https://example.org/"}`,
		"plain http": `{"device_code":"d","user_code":"u","verification_uri":"http://example.org/"}`,
		"no address": `{"device_code":"d","user_code":"u","verification_uri":"javascript:alert(1)"}`,
		"no host":    `{"device_code":"d","user_code":"u","verification_uri":"https:login.example"}`,
		"a blank":    `{"device_code":"d","user_code":"u","verification_uri":"https://a.example/b c"}`,
	} {
		page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(answer))
		}))
		oauth := seedtest.OAuth{Name: "seed-a", TokenURL: page.URL, DeviceURL: page.URL}
		if d, err := signin.New(oauth, signin.Options{}).Device(t.Context()); err == nil {
			t.Errorf("%s: Device returned %q at %q, want an error", name, d.Code, d.URL)
		}
		page.Close()
	}
}

// TestHostilePace: no interval and no lifetime that a server names makes us ask without a pause,
// wait for ever, or panic.
func TestHostilePace(t *testing.T) {
	for _, pace := range []string{`"interval":-5`, `"interval":9223372036854775807,"expires_in":1`,
		`"interval":1,"expires_in":9223372036854775807`, `"interval":0,"expires_in":-1`} {
		page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/token" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"error":"access_denied"}`))
				return
			}
			_, _ = w.Write([]byte(`{"device_code":"d","user_code":"u",
				"verification_uri":"https://example.org/",` + pace + `}`))
		}))
		oauth := seedtest.OAuth{Name: "seed-a", TokenURL: page.URL + "/token", DeviceURL: page.URL}
		d, err := signin.New(oauth, signin.Options{}).Device(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = d.Wait(t.Context()); err == nil {
			t.Errorf("%s: Wait returned a grant", pace)
		}
		reason(t, err, "seedtest login a")
		page.Close()
	}
}
