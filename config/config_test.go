package config

import (
	"errors"
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
		if filepath.Base(file) == "nothing.toml" {
			continue // TestNothing
		}
		for _, s := range c.Suites {
			if _, _, _, err := c.Select(s); err != nil {
				t.Errorf("Load(%q).Select(%s): %v", file, s.Name, err)
			}
		}
	}
}

// TestNothing: a file without routes and seeds can be read, and says what it lacks when asked for a
// run.
func TestNothing(t *testing.T) {
	c, err := Load("testdata/good/nothing.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	suite, err := c.Suite("")
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, err = c.Select(suite)
	if err == nil || !strings.Contains(err.Error(), "add a [route.NAME] table") {
		t.Errorf("Select of nothing = %v, want what to add", err)
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
	tls := func(host string) seedtest.Endpoint {
		return seedtest.Endpoint{Host: host, Port: 993, TLS: seedtest.TLSImplicit}
	}
	want := []struct {
		server         seedtest.Endpoint
		provider, user string
		junk           string
	}{
		{tls("imap.example.net"), "generic", "a@example.net", ""},
		{tls("imap.gmail.com"), "gmail", "one@gmail.com", ""},
		{seedtest.Endpoint{Host: "127.0.0.1", Port: 1143, TLS: "none"}, "gmail", "two", "Spam"},
		{tls("imap.fastmail.com"), "fastmail", "three@example.net", ""},
		{tls("imap.mail.me.com"), "icloud", "four", ""},
		{seedtest.Endpoint{Host: "imap.example.net", Port: 143, TLS: "starttls"}, "generic",
			"five@example.net", ""},
	}
	for i, w := range want {
		s := c.Seeds[i]
		if s.Server != w.server || s.Provider.ID != w.provider || s.Login.Username != w.user ||
			s.Junk != w.junk {
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

func TestLoadWithoutFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "seeds.toml"), testEnv())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of no file = %v, want fs.ErrNotExist", err)
	}
}

func TestExample(t *testing.T) {
	secret := &fstest.MapFile{Data: []byte("secret\n"), Mode: 0o600}
	key := &fstest.MapFile{Mode: 0o600,
		Data: []byte("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n")}
	env := Env{
		Getenv: func(string) string { return "secret" },
		Open: func(path string) (fs.File, error) {
			if strings.Contains(filepath.ToSlash(path), "secrets/") {
				return fstest.MapFS{"secret": secret}.Open("secret")
			}
			if strings.Contains(path, "dkim-") {
				return fstest.MapFS{"key": key}.Open("key")
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
