package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a hostile authorization server gives out, and must never find in an output or elsewhere.
const (
	hostileDevice  = "device-code-of-the-test"
	hostileAccess  = "access-token-of-the-test"
	hostileRefresh = "refresh-token-of-the-test"
	clientSecret   = "client-secret-of-the-test"
)

// goodDevice is an answer that a person can follow, if the code is entered within two seconds.
const goodDevice = `{"device_code":"` + hostileDevice + `","user_code":"ABCD","interval":1,` +
	`"expires_in":2,"verification_uri":"https://login.example/activate"}`

// bearer is a token answer with more behind the tokens.
func bearer(more string) string {
	return `{"token_type":"Bearer","access_token":"` + hostileAccess + `","refresh_token":"` +
		hostileRefresh + `"` + more + `}`
}

// swindle is what an authorization server answers, and what must become of it.
type swindle struct {
	name          string
	device, token http.HandlerFunc
	status        int
	words         string
}

// answers writes an answer in JSON, with a status.
func answers(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func refuses(code, description string) http.HandlerFunc {
	return answers(http.StatusBadRequest, fmt.Sprintf(`{"error":%q,"error_description":"%s"}`, code,
		description))
}

// codeAt is a device answer that sends a person to an address, or gives them a code.
func codeAt(address, code string) http.HandlerFunc {
	return answers(http.StatusOK, `{"device_code":"`+hostileDevice+`","user_code":"`+code+
		`","interval":1,"expires_in":2,"verification_uri":"`+address+`"}`)
}

// sends redirects to an address with a status.
func sends(status int, address string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", address)
		w.WriteHeader(status)
	}
}

// pours writes without end.
func pours(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"device_code":"`)
	for piece := strings.Repeat("x", 32<<10); r.Context().Err() == nil; {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
}

func swindles(elsewhere string) []swindle {
	device, pending := answers(http.StatusOK, goodDevice), refuses("authorization_pending", "")
	list := []swindle{
		{"device answer of 10 MB", answers(http.StatusOK, `{"x":"`+strings.Repeat("a", 10<<20)+`"}`), nil,
			statusNothing, "login evil: 127.0.0.1: "},
		{"device answer without end", pours, nil, statusNothing, "login evil: 127.0.0.1: "},
		{"device answer that is a page", answers(http.StatusOK, "<script>alert(1)</script>\x1b[2J"), nil,
			statusNothing, "login evil: 127.0.0.1: "},
		{"device answer elsewhere", sends(http.StatusTemporaryRedirect, elsewhere), nil, statusNothing,
			"HTTP status 307"},
		{"device answer at itself", sends(http.StatusFound, "/device"), nil, statusNothing,
			"HTTP status 302"},
		{"code with escapes", codeAt("https://login.example/", `AB\u001b[2JCD\nok    seed evil\u202e`),
			pending, statusNothing, "AB [2JCD ok seed evil"},
		{"slow_down for ever", device, refuses("slow_down", ""), statusNothing,
			"nobody entered the code in time"},
		{"authorization_pending for ever", device, pending, statusNothing,
			"nobody entered the code in time"},
		{"trouble for ever", device, answers(http.StatusServiceUnavailable, "down"), statusNothing,
			"nobody entered the code in time"},
		{"access_denied", device, refuses("access_denied", ""), statusNothing, "consent was refused"},
		{"refusal that echoes", device, refuses("invalid_grant", `\u001b]0;owned\u0007 `+hostileDevice+" "+
			clientSecret+`\nok    seed evil \u202e`), statusNothing, "(secret) (secret)"},
		{"refusal of a megabyte", device, refuses("invalid_grant", strings.Repeat("z", 1<<20)),
			statusNothing, "login evil: "},
		{"token answer without end", device, pours, statusNothing, "login evil: 127.0.0.1: "},
		{"token answer elsewhere", device, sends(http.StatusPermanentRedirect, elsewhere), statusNothing,
			"HTTP status 308"},
		{"token answer at itself", device, sends(http.StatusFound, "/token"), statusNothing,
			"HTTP status 302"},
		{"token with a line break", device, answers(http.StatusOK,
			`{"token_type":"Bearer","access_token":"a\r\nT1 LOGOUT"}`), statusNothing, "octets"},
		{"token of another kind", device, answers(http.StatusOK,
			`{"token_type":"\u001b[2Jmac","access_token":"abc"}`), statusNothing, "Bearer is wanted"},
		{"token of a megabyte", device, answers(http.StatusOK,
			`{"token_type":"Bearer","access_token":"`+strings.Repeat("t", 200<<10)+`"}`), statusNothing,
			"65536 octets"},
		{"no token", device, answers(http.StatusOK, `{"token_type":"Bearer"}`), statusNothing,
			"access_token"},
		{"token without an end", device, answers(http.StatusOK, bearer("")), statusPass, "signed in"},
		{"token that has ended", device, answers(http.StatusOK, bearer(`,"expires_in":-100`)), statusPass,
			"signed in"},
		{"token for ever", device, answers(http.StatusOK, bearer(`,"expires_in":9223372036854775807`)),
			statusPass, "signed in"},
		{"end in words", device, answers(http.StatusOK, bearer(`,"expires_in":"soon"`)), statusNothing,
			"login evil: "},
	}
	for _, address := range []string{"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x",
		"http://login.example/", "https:login.example", "https:///activate", "//login.example/",
		"--version", "https://login.example/\\u001b[2J\\u202e", "https://login.example/a b", ""} {
		list = append(list, swindle{"page at " + address, codeAt(address, "ABCD"), pending, statusNothing,
			"no address to enter the code at"})
	}
	return list
}

// stranger is a server to which nothing may come.
func stranger(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		t.Errorf("somebody else was asked %s %s, and told %q", r.Method, r.URL, body)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// takesTokens is an IMAP server that takes one token.
func takesTokens(t *testing.T) *villain {
	v := &villain{instead: map[string]func(*foe, string, string){
		"CAPABILITY": func(c *foe, tag, _ string) {
			c.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR SPECIAL-USE")
			c.ok(tag)
		},
		"AUTHENTICATE": func(c *foe, tag, arg string) {
			_, coded, _ := strings.Cut(arg, " ")
			told, _ := base64.StdEncoding.DecodeString(coded)
			if !strings.Contains(string(told), "Bearer "+hostileAccess+"\x01") {
				c.say("%s NO wrong token", tag)
				return
			}
			c.ok(tag)
		}}}
	return v.start(t)
}

// swindled is a lair with a seed whose authorization server does as a swindle says.
func swindled(t *testing.T, s swindle) *bench {
	b := lair(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/device", s.device)
	if s.token != nil {
		mux.HandleFunc("/token", s.token)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.file("client", clientSecret)
	b.seed("evil", takesTokens(t), "none", "")
	b.configure(func(text string) string {
		head, tail, _ := strings.Cut(text, "[seed.evil]")
		tail = strings.Replace(tail, `password = { file = "secret" }`, fmt.Sprintf(
			`oauth = { client_id = "c", client_secret = { file = "client" }, scopes = ["mail"], `+
				`device_url = "%[1]s/device", token_url = "%[1]s/token", auth_url = "%[1]s/auth" }`, server.URL), 1)
		return head + "[seed.evil]" + tail
	})
	return b
}

// TestHostileAuthorizationServers lets authorization servers do their worst to "seedtest login".
func TestHostileAuthorizationServers(t *testing.T) {
	elsewhere := stranger(t)
	for _, s := range swindles(elsewhere) {
		t.Run(s.name, func(t *testing.T) {
			b := swindled(t, s)
			var got told
			if n := growth(func() { got = b.run(t.Context(), nil, "login", "evil") }); n > mostGrowth {
				t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostGrowth>>20)
			}
			if got.status != s.status || !strings.Contains(got.stderr, s.words) {
				t.Errorf("exit status %d, want %d; says\n%swant %q in it", got.status, s.status, got.stderr,
					s.words)
			}
			if len(got.stderr) > 3000 {
				t.Errorf("it says %d octets, want them short", len(got.stderr))
			}
			list := b.run(t.Context(), nil, "login", "--format", "json")
			obey(t, "login", "login", list.stdout)
			_, err := os.Stat(filepath.Join(filepath.Dir(b.db), "tokens", "seed-evil.json"))
			if kept := err == nil; kept != (s.status == statusPass) {
				t.Errorf("tokens are kept: %t (%v)", kept, err)
			}
			got.stdout += list.stdout + list.stderr
			b.unharmed(got)
			b.untold(got)
		})
	}
}

// untold fails the test if a secret of an authorization stands in an output.
func (b *bench) untold(got told) {
	b.t.Helper()
	for _, secret := range []string{hostileDevice, hostileAccess, hostileRefresh, clientSecret} {
		for form, text := range encoded("evil", secret) {
			if strings.Contains(got.stdout+got.stderr, text) {
				b.t.Errorf("the secret %s stands in the output (%s)", secret, form)
			}
		}
	}
}

// TestBrowserOpensOnlyPages lets a program stand for the browser, which must be given pages of the
// web alone, and by --open only.
func TestBrowserOpensOnlyPages(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the browser is started by another program here")
	}
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	err := os.WriteFile(filepath.Join(dir, "xdg-open"),
		[]byte("#!/bin/sh\nprintf '%s\\n' \"$@\" >>"+opened+"\n"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	denied := refuses("access_denied", "")
	for _, address := range []string{"javascript:alert(1)", "file:///etc/passwd", "--help"} {
		b := swindled(t, swindle{device: codeAt(address, "x"), token: denied})
		b.run(t.Context(), nil, "login", "evil", "--open")
	}
	good := codeAt("https://login.example/activate", "x")
	b := swindled(t, swindle{device: good, token: denied})
	b.run(t.Context(), nil, "login", "evil")
	waiting := func(w http.ResponseWriter, r *http.Request) {
		for end := time.Now().Add(time.Minute); time.Now().Before(end) && r.Context().Err() == nil; {
			if _, err := os.Stat(opened); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		denied(w, r)
	}
	b = swindled(t, swindle{device: good, token: waiting})
	b.run(t.Context(), nil, "login", "evil", "--open")
	if got, err := os.ReadFile(opened); err != nil || string(got) != "https://login.example/activate\n" {
		t.Errorf("the browser was given %q (%v), want one page", got, err)
	}
}

// TestTokenCommands is about programs that print an access token, or should.
func TestTokenCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs are scripts of a shell")
	}
	for _, c := range []struct{ name, script, words string }{
		{"prints it", "echo " + hostileAccess, ""},
		{"prints a gigabyte", "yes " + hostileAccess + " | tr -d '\\n' | head -c 1000000000", "prints more than"},
		{"prints without end", "exec yes " + hostileAccess, "prints more than"},
		{"hangs", "exec sleep 1000", "did not end in time"},
		{"hangs with a child", "sleep 1000 & wait", "did not end in time"},
		{"fails, and tells the secret", "echo " + hostileAccess + "; echo " + hostileAccess + " >&2; exit 7",
			"exit status 7"},
		{"prints nothing", "true", "is empty"},
		{"prints two lines", "echo " + hostileAccess + "; echo " + hostileAccess, "more than one line"},
		{"is killed", "kill -9 $$", "killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lair(t)
			b.checkTimeout = 3 * time.Second
			b.seed("evil", takesTokens(t), "none", "")
			b.configure(func(text string) string {
				head, tail, _ := strings.Cut(text, "[seed.evil]")
				return head + "[seed.evil]" + strings.Replace(tail, `password = { file = "secret" }`,
					fmt.Sprintf(`token = { command = ["sh", "-c", %q] }`, c.script), 1)
			})
			var got told
			if n := growth(func() { got = b.run(t.Context(), nil, "check", "evil", "good", "-v") }); n > mostGrowth {
				t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostGrowth>>20)
			}
			b.unharmed(got)
			b.untold(got)
			said := bySeed(got.stdout)
			crime{name: c.name, harms: c.words != "", words: c.words}.judge(t, said["evil"])
			if !strings.HasPrefix(said["good"], "ok ") {
				t.Errorf("the good seed: %s", said["good"])
			}
		})
	}
}

// TestCallbackFromAnotherPage lets another page of the same browser answer in place of the true
// one.
func TestCallbackFromAnotherPage(t *testing.T) {
	var exchanged sync.Map
	b := swindled(t, swindle{device: http.NotFound, token: func(w http.ResponseWriter, r *http.Request) {
		exchanged.Store(r.FormValue("code"), r.FormValue("code_verifier"))
		answers(http.StatusOK, bearer(`,"expires_in":3600`))(w, r)
	}})
	var visiting sync.WaitGroup
	var once sync.Once
	got := b.run(t.Context(), func(text string) {
		m := shownPage.FindStringSubmatch(text)
		if m == nil {
			return
		}
		once.Do(func() { visiting.Go(func() { answerPage(t, m[1]) }) })
	}, "login", "evil", "--browser")
	visiting.Wait()
	if got.status != statusPass || !strings.Contains(got.stderr, "signed in") {
		t.Errorf("exit status %d, says\n%s", got.status, got.stderr)
	}
	if _, stolen := exchanged.Load("of-another"); stolen {
		t.Error("the code of another page was exchanged")
	}
	if verifier, _ := exchanged.Load("true-code"); verifier == nil || verifier == "" {
		t.Error("the true code was not exchanged with its verifier")
	}
}

// answerPage answers a consent as hostile pages do, and then as the true one.
func answerPage(t *testing.T, page string) {
	u, err := url.Parse(page)
	if err != nil {
		t.Error(err)
		return
	}
	asked := u.Query()
	back, state := asked.Get("redirect_uri"), asked.Get("state")
	if asked.Get("code_challenge_method") != "S256" || len(asked.Get("code_challenge")) != 43 {
		t.Errorf("the page is asked without proof of who asks: %s", page)
	}
	port := mustPort(t, back)
	for _, host := range []string{"127.0.0.2", "127.1.2.3"} { // loopback, and not ours
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), time.Minute); err == nil {
			_ = conn.Close()
			t.Errorf("the answer is awaited at %s too", host)
		}
	}
	for query, want := range map[string]int{"?code=of-another&state=guessed": 400, "?code=of-another": 400,
		"?error=access_denied&state=guessed": 400, "": 400} {
		if got := visit(t, http.MethodGet, back+query); got != want {
			t.Errorf("GET %s: status %d, want %d", query, got, want)
		}
	}
	if got := visit(t, http.MethodPost, back+"?code=of-another&state="+state); got != http.StatusNotFound {
		t.Errorf("POST: status %d, want 404", got)
	}
	if got := visit(t, http.MethodGet, back+"?code=true-code&state="+state); got != http.StatusOK {
		t.Errorf("the true answer: status %d, want 200", got)
	}
}

func mustPort(t *testing.T, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" {
		t.Errorf("no port in %q (%v)", address, err)
	}
	return u.Port()
}

func visit(t *testing.T, method, address string) int {
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := browser.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
