package config

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

var update = flag.Bool("update", false, "write the wanted messages of testdata/bad anew")

// testEnv knows the variables that the files under testdata name, and nothing else.
func testEnv() Env {
	return Env{Getenv: func(name string) string {
		return map[string]string{
			"RELAY_PASSWORD": "relay secret",
			"SEED_PASSWORD":  "seed secret",
			"TWO_LINES":      "one\ntwo",
			"XDG_STATE_HOME": "/state",
		}[name]
	}}
}

func ExampleLoad() {
	c, err := Load("testdata/good/least.toml", testEnv())
	if err != nil {
		fmt.Println(err)
		return
	}
	suite, _ := c.Suite("")
	routes, seeds, messages, _ := c.Select(suite)
	fmt.Println(suite.Name, suite.Deadline, suite.Retry)
	fmt.Println(routes[0].Name, routes[0].Server, routes[0].Sender.EnvelopeFrom)
	fmt.Println(seeds[0].Name, seeds[0].Server, seeds[0].Login.Username)
	fmt.Println(messages[0].Subject)
	// Output:
	// default 15m0s [30s 5m0s]
	// relay {mail.example.org 587 starttls} ops@example.org
	// gmail-a {imap.gmail.com 993 implicit} anna.example@gmail.com
	// Your weekly summary
}

// TestBad holds every bad configuration against its wanted messages.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 40 {
		t.Fatalf("testdata/bad has %d files (%v), want at least 40", len(files), err)
	}
	// The mode of a file is not kept by version control.
	if err := os.Chmod("testdata/bad/readable-by-all.secret", 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file, testEnv())
			if err == nil {
				t.Fatalf("Load(%q) = %+v, want a mistake", file, c)
			}
			checkMistakes(t, err)
			golden(t, strings.TrimSuffix(file, ".toml")+".want", err.Error()+"\n")
		})
	}
}

// checkMistakes checks that every mistake has file, line, problem and remedy.
func checkMistakes(t *testing.T, err error) {
	var all Errors
	if !errors.As(err, &all) || len(all) == 0 {
		t.Fatalf("error %v is a %T, want Errors", err, err)
	}
	for _, e := range all {
		if e.File == "" || e.Line <= 0 || e.Problem == "" || e.Hint == "" {
			t.Errorf("%#v: lacks file, line, problem or remedy", e)
		}
		if strings.Contains(e.Error(), "\n") {
			t.Errorf("%q: has more than one line", e.Error())
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v: shows the secret", err)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestGood(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.toml")
	if err != nil || len(files) < 5 {
		t.Fatalf("testdata/good has %d files (%v), want at least 5", len(files), err)
	}
	for _, file := range files {
		c, err := Load(file, testEnv())
		if err != nil {
			t.Errorf("Load(%q): %v", file, err)
			continue
		}
		for _, s := range c.Suites {
			if _, _, _, err := c.Select(s); err != nil {
				t.Errorf("Load(%q).Select(%s): %v", file, s.Name, err)
			}
		}
	}
}

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("seeds.toml", []byte(text), testEnv())
	if err != nil {
		t.Fatalf("Parse(%s):\n%v", text, err)
	}
	return c
}

const least = `
[sender.main]
from = "Ops <ops@example.org>"
[route.relay]
host = "mail.example.org"
[seed.a]
address = "a@example.net"
imap = { host = "imap.example.net" }
password = { env = "SEED_PASSWORD" }
`

func TestDefaults(t *testing.T) {
	c := parse(t, least)
	want := seedtest.Suite{
		Name: "default", Routes: []string{"*"}, Seeds: []string{"*"}, Messages: []string{"*"},
		Retry:    []time.Duration{30 * time.Second, 5 * time.Minute},
		Deadline: 15 * time.Minute, Missing: 24 * time.Hour, Follow: 48 * time.Hour,
		BaselineTimeout: 30 * time.Second,
	}
	if diff := cmp.Diff([]seedtest.Suite{want}, c.Suites); diff != "" {
		t.Errorf("Suites (-want +got):\n%s", diff)
	}
	if want := (seedtest.Limits{SeedDay: 4, ProviderHour: 10}); c.Limits != want {
		t.Errorf("Limits = %+v, want %+v", c.Limits, want)
	}
	if want := filepath.FromSlash("/state/seedtest/seedtest.db"); c.Store != want {
		t.Errorf("Store = %q, want %q", c.Store, want)
	}
	for _, word := range []string{"test", "seed"} {
		m := c.Messages[0]
		if strings.Contains(strings.ToLower(m.Subject+m.Text), word) {
			t.Errorf("the default message says %q", word)
		}
	}
}

func TestOrderOfTheFileIsKept(t *testing.T) {
	c := parse(t, least+`
[seed.z]
address = "z@example.net"
imap = { host = "imap.example.net" }
password = { env = "SEED_PASSWORD" }
[seed.b]
address = "b@example.net"
imap = { host = "imap.example.net" }
password = { env = "SEED_PASSWORD" }
`)
	var got []string
	for _, s := range c.Seeds {
		got = append(got, s.Name)
	}
	if diff := cmp.Diff([]string{"a", "z", "b"}, got); diff != "" {
		t.Errorf("Seeds (-want +got):\n%s", diff)
	}
}

func TestPresetGivesWay(t *testing.T) {
	c := parse(t, least+`
[seed.plain]
address = "one@gmail.com"
password = { env = "SEED_PASSWORD" }
[seed.moved]
address = "two@gmail.com"
username = "two"
imap = { host = "127.0.0.1", port = 1143, tls = "none", junk = "Spam" }
password = { env = "SEED_PASSWORD" }
[seed.named]
address = "three@example.net"
provider = "fastmail"
password = { env = "SEED_PASSWORD" }
[seed.local]
address = "four@icloud.com"
password = { env = "SEED_PASSWORD" }
[seed.old]
address = "five@example.net"
imap = { host = "imap.example.net", port = 143 }
password = { env = "SEED_PASSWORD" }
`)
	want := []struct {
		server         seedtest.Endpoint
		provider, user string
		junk           string
	}{
		{seedtest.Endpoint{Host: "imap.example.net", Port: 993, TLS: "implicit"}, "generic", "a@example.net", ""},
		{seedtest.Endpoint{Host: "imap.gmail.com", Port: 993, TLS: "implicit"}, "gmail", "one@gmail.com", ""},
		{seedtest.Endpoint{Host: "127.0.0.1", Port: 1143, TLS: "none"}, "gmail", "two", "Spam"},
		{seedtest.Endpoint{Host: "imap.fastmail.com", Port: 993, TLS: "implicit"}, "fastmail", "three@example.net", ""},
		{seedtest.Endpoint{Host: "imap.mail.me.com", Port: 993, TLS: "implicit"}, "icloud", "four", ""},
		{seedtest.Endpoint{Host: "imap.example.net", Port: 143, TLS: "starttls"}, "generic", "five@example.net", ""},
	}
	for i, w := range want {
		s := c.Seeds[i]
		if s.Server != w.server || s.Provider.ID != w.provider || s.Login.Username != w.user || s.Junk != w.junk {
			t.Errorf("seed %s = %+v %s %s %q, want %+v", s.Name, s.Server, s.Provider.ID,
				s.Login.Username, s.Junk, w)
		}
	}
}

func TestProviderTables(t *testing.T) {
	c := parse(t, `
[provider.gmail]
junk = ["Spam"]
[provider.house]
domains = ["Example.Net"]
server = { host = "imap.example.net", port = 1993, tls = "implicit" }
junk = ["Quarantine"]
inbox_like = [{ mailbox = "News", class = "news" }]
idle_restart = "5m"
quirks = ["no-idle"]
[provider.house.trust]
authserv_ids = ['mx\d\.example\.net']
results_below = true
`+least+`
[seed.g]
address = "g@gmail.com"
password = { env = "SEED_PASSWORD" }
[suite.s]
expect.house.class = ["news"]
`)
	gmail, house := c.Seeds[1].Provider, c.Seeds[0].Provider
	if gmail.ID != "gmail" || len(gmail.Junk) != 1 || gmail.ClassBy != seedtest.ClassXGMRAW {
		t.Errorf("gmail = %+v, want the preset with junk = [Spam]", gmail)
	}
	want := seedtest.Provider{
		ID: "house", Name: "house", Username: "email", Junk: []string{"Quarantine"},
		Server:      seedtest.Endpoint{Host: "imap.example.net", Port: 1993, TLS: "implicit"},
		InboxLike:   []seedtest.MailboxClass{{Mailbox: "News", Class: "news"}},
		IdleRestart: 5 * time.Minute, Quirks: []string{"no-idle"},
		Trust: seedtest.Trust{AuthservIDs: []string{`mx\d\.example\.net`}, ResultsBelow: true},
	}
	if diff := cmp.Diff(want, house); diff != "" {
		t.Errorf("house (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]seedtest.Provider{gmail, house}, c.Providers); diff != "" {
		t.Errorf("Providers (-want +got):\n%s", diff)
	}
}

func TestSuiteAndSelect(t *testing.T) {
	c := parse(t, least+`
[seed.g]
address = "g@gmail.com"
password = { env = "SEED_PASSWORD" }
[suite.one]
seeds = ["provider:gmail", "a", "*"]
[suite.two]
`)
	if _, err := c.Suite(""); err == nil || !strings.Contains(err.Error(), "one, two") {
		t.Errorf(`Suite("") = %v, want the names to choose from`, err)
	}
	if _, err := c.Suite("on"); err == nil || !strings.Contains(err.Error(), "did you mean one?") {
		t.Errorf(`Suite("on") = %v, want the nearest name`, err)
	}
	s, err := c.Suite("one")
	if err != nil {
		t.Fatal(err)
	}
	_, seeds, _, err := c.Select(s)
	if err != nil || len(seeds) != 2 || seeds[0].Name != "g" || seeds[1].Name != "a" {
		t.Errorf("Select(one) = %+v, %v; want g and a, each once", seeds, err)
	}
	s.Routes = []string{"old"}
	if _, _, _, err := c.Select(s); err == nil || !strings.Contains(err.Error(), `"old"`) {
		t.Errorf("Select with route old = %v, want the name that is not there", err)
	}
	if _, _, _, err := new(Config).Select(seedtest.Suite{Name: "x"}); err == nil {
		t.Error("Select of nothing: no error")
	}
}

func TestWarnings(t *testing.T) {
	c := parse(t, `
[sender.main]
from = "ops@example.org"
[route.relay]
host = "mail.example.org"
port = 465
[route.plain]
host = "mail.example.org"
tls = "none"
username = "ops"
password = { env = "RELAY_PASSWORD" }
[seed.a]
address = "a@outlook.com"
password = { env = "SEED_PASSWORD" }
`)
	for i, want := range []string{
		`seeds.toml:6: route.relay.port: 465 is the port of implicit TLS`,
		`seeds.toml:9: route.plain.tls: the route signs in without TLS`,
		`seeds.toml:14: seed.a.password: Outlook.com / Hotmail / Live / MSN takes no password`,
	} {
		if i >= len(c.Warnings) || !strings.HasPrefix(c.Warnings[i], want) {
			t.Errorf("Warnings = %q, want number %d to begin with %q", c.Warnings, i, want)
		}
	}
}

func TestBOMAndCRLF(t *testing.T) {
	text := "\xef\xbb\xbf" + strings.ReplaceAll(least, "\n", "\r\n")
	if c := parse(t, text); len(c.Seeds) != 1 {
		t.Errorf("Parse with BOM and CRLF has %d seeds, want 1", len(c.Seeds))
	}
	_, err := Parse("seeds.toml", []byte(text+"x = 1\r\n"), testEnv())
	if err == nil || !strings.HasPrefix(err.Error(), "seeds.toml:10: seed.a.x: unknown key") {
		t.Errorf("Parse with BOM, CRLF and a mistake = %v, want it at line 10", err)
	}
}

func TestOctetsThatAreNoText(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\n\x00":                  "seeds.toml:2: the line holds a NUL octet",
		"\n\n# \xff\xfa":               "seeds.toml:3: the line is not valid UTF-8",
		"\xff\xfea\x00":                "seeds.toml:1: the file is in UTF-16",
		"a = 1\na = 2\n":               "seeds.toml:2: a: ",
		"[a\n":                         "seeds.toml:1: ",
		strings.Repeat("#", maxSize+1): "seeds.toml: the file has more than",
	} {
		_, err := Parse("seeds.toml", []byte(text), testEnv())
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Parse(%.20q) = %v, want %q", text, err, want)
		}
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "seeds.toml"), testEnv())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of no file = %v, want fs.ErrNotExist", err)
	}
}

func TestExample(t *testing.T) {
	secret := &fstest.MapFile{Data: []byte("secret\n"), Mode: 0o600}
	env := Env{
		Getenv: func(string) string { return "secret" },
		Open: func(path string) (fs.File, error) {
			if strings.Contains(filepath.ToSlash(path), "secrets/") {
				return fstest.MapFS{"secret": secret}.Open("secret")
			}
			if strings.HasSuffix(path, ".pem") {
				return os.Open("testdata/good/authority.pem")
			}
			return os.Open(path)
		},
	}
	c, err := Load("../seeds.example.toml", env)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("Warnings = %q, want none in an example", c.Warnings)
	}
	for _, s := range c.Suites {
		if _, _, _, err := c.Select(s); err != nil {
			t.Error(err)
		}
	}
	if _, err := Parse("seeds.toml", []byte(Init()), env); err != nil {
		t.Errorf("Parse(Init()):\n%v", err)
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("secret", "from a file \r\n", 0o600)
	env := testEnv()
	env.Run = func(_ context.Context, in string, argv []string) ([]byte, error) {
		if in != dir {
			t.Errorf("command runs in %q, want %q", in, dir)
		}
		if argv[0] == "broken" {
			return []byte("hunter2"), errors.New("exit status 1")
		}
		return []byte(strings.Join(argv, " ") + "\n"), nil
	}
	text := strings.Replace(least, `{ env = "SEED_PASSWORD" }`, "SECRET", 1)
	for secret, want := range map[string]string{
		`{ env = "SEED_PASSWORD" }`:         "seed secret",
		`{ file = "secret" }`:               "from a file ",
		`{ command = ["prog", "an arg"] }`:  "prog an arg",
		`{ command = ["broken", "an arg"]}`: "",
	} {
		c, err := Parse(filepath.Join(dir, "seeds.toml"), []byte(strings.Replace(text, "SECRET", secret, 1)), env)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Seeds[0].Login.Password.Secret(t.Context())
		if got.Reveal() != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v; want %q", secret, got.Reveal(), err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error %v shows what the command printed", secret, err)
		}
	}
}

func TestSecretCommandEndsWithItsContext(t *testing.T) {
	c := parse(t, strings.Replace(least, `{ env = "SEED_PASSWORD" }`,
		`{ command = ["sleep", "1000"] }`, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Seeds[0].Login.Password.Secret(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Secret after cancel = %v, want context.Canceled", err)
	}
}

func TestWithoutSecrets(t *testing.T) {
	env := testEnv()
	env.WithoutSecrets = true
	text := strings.Replace(least, "SEED_PASSWORD", "NOT_SET", 1)
	c, err := Parse("seeds.toml", []byte(text), env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Seeds[0].Login.Password.Secret(t.Context()); err == nil {
		t.Error("Secret of a variable that is not set: no error")
	}
}

func TestAddSeed(t *testing.T) {
	entries := []SeedEntry{
		{Address: "g@gmail.com", SecretEnv: "SEED_PASSWORD"},
		{Address: "h@gmail.com", SecretCommand: []string{"prog", `a "quoted" \ arg`}, Token: true},
		{Name: "own-1", Address: "own@example.com", Own: true, Host: "127.0.0.1", Port: 143,
			TLS: "none", Junk: "Bulk & Co", Username: "own", SecretEnv: "SEED_PASSWORD"},
	}
	for _, text := range []string{least, strings.TrimRight(least, "\n"), strings.ReplaceAll(least, "\n", "\r\n")} {
		data := []byte(text)
		for _, e := range entries {
			out, err := AddSeed(data, e)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(out, data) {
				t.Fatalf("AddSeed changed bytes of %q:\n%q", data, out)
			}
			data = out
		}
		c := parse(t, string(data))
		if len(c.Seeds) != 4 || c.Seeds[1].Name != "gmail-a" || c.Seeds[2].Name != "gmail-b" {
			t.Fatalf("seeds after AddSeed = %+v", c.Seeds)
		}
		own := c.Seeds[3]
		if own.Junk != "Bulk & Co" || !own.Own || own.Server.Port != 143 || own.Login.Username != "own" {
			t.Errorf("own = %+v", own)
		}
		if strings.Contains(text, "\r") && bytes.Count(data, []byte("\n")) != bytes.Count(data, []byte("\r\n")) {
			t.Error("AddSeed mixed line breaks")
		}
	}
}

func TestAddSeedRefuses(t *testing.T) {
	for name, e := range map[string]SeedEntry{
		"name":    {Name: "A", Address: "x@example.com"},
		"address": {Address: "A@example.net"},
		"form":    {Address: "nobody"},
	} {
		if out, err := AddSeed([]byte(least), e); err == nil {
			t.Errorf("%s: AddSeed(%+v) = %s, want an error", name, e, out)
		}
	}
	if _, err := AddSeed([]byte("[x"), SeedEntry{Address: "x@example.com"}); err == nil {
		t.Error("AddSeed to what is not TOML: no error")
	}
}

func TestBusiest(t *testing.T) {
	for schedule, want := range map[string][2]int{
		"17 */6 * * *":    {4, 1},
		"* * * * *":       {1440, 60},
		"0 3 * * 1":       {1, 1},
		"0 0 1 1 *":       {1, 1},
		"0 22,23 * * 5,6": {2, 1},
		"*/10 8 * * *":    {6, 6},
		"@daily":          {1, 1},
	} {
		due, err := parseSchedule(schedule)
		if err != nil {
			t.Fatal(err)
		}
		times := dueTimes(due)
		got := [2]int{busiest(times, 24*time.Hour), busiest(times, time.Hour)}
		if got != want {
			t.Errorf("busiest(%q) = %v a day and hour, want %v", schedule, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("a.b.c = [[{x = 1}], 2]\n[[a.d]]\n[a.d.e]\n"))
	f.Add([]byte("[[seed]]\n[seed.x]\n"))
	env := Env{
		Getenv: func(string) string { return "" },
		Open:   func(string) (fs.File, error) { return nil, fs.ErrNotExist },
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz.toml", data, env)
		if (c == nil) == (err == nil) {
			t.Fatalf("Parse(%q) = %v, %v", data, c, err)
		}
		var all Errors
		if err != nil && !errors.As(err, &all) {
			t.Fatalf("Parse(%q) = %T", data, err)
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, e := range all {
			if e.Line > lines || e.Line < 0 {
				t.Fatalf("Parse(%q): %v is beyond the %d lines", data, e, lines)
			}
		}
		out, err := AddSeed(data, SeedEntry{Address: "x@example.com", SecretEnv: "X"})
		if err == nil {
			if _, bad := parseTree(out); bad != nil {
				t.Fatalf("AddSeed(%q) = %q, which is not TOML: %v", data, out, bad)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	env := testEnv()
	for b.Loop() {
		if _, err := Load("testdata/good/least.toml", env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadScheduled(b *testing.B) {
	env := testEnv()
	for b.Loop() {
		if _, err := Load("testdata/good/scheduled.toml", env); err != nil {
			b.Fatal(err)
		}
	}
}
