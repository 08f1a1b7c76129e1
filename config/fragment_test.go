package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/provider"
)

// readBack reads a fragment as part of a configuration.
func readBack(t *testing.T, fragment string) seedtest.Provider {
	t.Helper()
	c := parse(t, least+fragment)
	if len(c.Providers) != 1 {
		t.Fatalf("%d providers in\n%s", len(c.Providers), fragment)
	}
	return c.Providers[0]
}

func TestFragmentIsReadBack(t *testing.T) {
	p := provider.Generic()
	p.ID, p.Name = "example-net", "imap.example.net"
	p.Server = seedtest.Endpoint{Host: "imap.example.net", Port: 143, TLS: seedtest.TLSStartTLS}
	p.Junk, p.Skip = []string{"INBOX.Spam", `Junk "E-Mail" \ 垃圾邮件`}, []string{"Calendar"}
	p.InboxLike = []seedtest.MailboxClass{{Mailbox: "News", Class: "news"}}
	p.Essential, p.ClassBy, p.Classes = []string{`\All`}, seedtest.ClassXGMRAW, []string{"primary", "social"}
	p.IdleRestart = 9 * time.Minute
	p = provider.WithQuirks(p, []string{"no-idle", "dot-separator"})
	got := readBack(t, Fragment(p, []string{"a greeting\nover lines", ""}, map[string]string{"junk": "by flag"}))
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// What a server says must neither break the file nor reach the terminal.
func TestFragmentOfHostileNames(t *testing.T) {
	evil := "x\"]\n[seed.z]\x1b]0;owned\x07\u202egnp.\u200b\u0085\xff'''\"\"\"\\"
	p := provider.Generic()
	p.ID, p.Name, p.Junk = evil, evil, []string{evil}
	p.Server.Host = "imap.example.net"
	p = completedServer(p)
	fragment := Fragment(p, []string{evil}, map[string]string{"junk": evil, "server": evil})
	for _, c := range strings.ReplaceAll(fragment, "\n", "") {
		if !unicode.IsPrint(c) {
			t.Errorf("the fragment holds %U:\n%q", c, fragment)
		}
	}
	c, err := Parse("seeds.toml", []byte(least+fragment), testEnv())
	if err == nil {
		if len(c.Seeds) != 1 || len(c.Providers) != 1 {
			t.Errorf("the fragment added tables of its own: %+v", c)
		}
		return
	}
	// A name with a line break in it is refused, and by its own key.
	if !strings.Contains(err.Error(), ".name: holds a control character") || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("Parse of the fragment: %v\n%s", err, fragment)
	}
}

func completedServer(p seedtest.Provider) seedtest.Provider {
	p.Server = completed(p.Server)
	return p
}

func TestSeedOf(t *testing.T) {
	s, err := SeedOf(SeedEntry{Name: "one", Address: "anna@example.net", Host: "imap.example.net",
		Username: "anna", SecretEnv: "SEED_PASSWORD"}, testEnv())
	if err != nil || s.Login.Username != "anna" || s.Login.Password == nil || s.Server.Port != 993 {
		t.Errorf("SeedOf = %+v, %v", s, err)
	}
	_, err = SeedOf(SeedEntry{Name: "one", Address: "anna@example.net", Host: "imap.example.net",
		SecretEnv: "NO_SUCH"}, testEnv())
	if err == nil || !strings.Contains(err.Error(), "environment variable NO_SUCH: is not set") {
		t.Errorf("SeedOf without its secret = %v", err)
	}
}

func TestNamedProviderKeepsTheServerOfTheDomain(t *testing.T) {
	c := parse(t, `
[sender.main]
from = "ops@example.org"
[route.relay]
host = "mail.example.org"
[provider.netease]
junk = ["Spam"]
[seed.a]
address = "a@126.com"
password = { env = "SEED_PASSWORD" }
[seed.b]
address = "b@yeah.net"
provider = "netease"
password = { env = "SEED_PASSWORD" }
[seed.c]
address = "c@example.net"
provider = "netease"
password = { env = "SEED_PASSWORD" }
`)
	var hosts []string
	for _, s := range c.Seeds {
		hosts = append(hosts, s.Server.Host)
		if !slices.Equal(s.Provider.Junk, []string{"Spam"}) {
			t.Errorf("%s: junk %q, want what the table says", s.Name, s.Provider.Junk)
		}
	}
	if want := []string{"imap.126.com", "imap.yeah.net", "imap.163.com"}; !slices.Equal(hosts, want) {
		t.Errorf("servers %q, want %q", hosts, want)
	}
}

func FuzzFragment(f *testing.F) {
	f.Add("Example", "Junk", "a greeting")
	f.Add("x\"]\n[seed.z]", "'''\"\"\"\\", "\x1b[2J\r\n[seed.q]")
	f.Add("", "\u202e", "\xff")
	f.Fuzz(func(t *testing.T, name, junk, note string) {
		p := provider.Generic()
		p.ID, p.Name, p.Junk = name, name, []string{junk}
		p.Server.Host = "imap.example.net"
		p = completedServer(p)
		fragment := Fragment(p, []string{note}, map[string]string{"junk": note})
		if strings.ContainsFunc(fragment, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
			t.Fatalf("Fragment(%q, %q, %q) holds what is not to be seen:\n%q", name, junk, note, fragment)
		}
		c, err := Parse("seeds.toml", []byte(least+fragment), testEnv())
		var all Errors
		if err != nil && !errors.As(err, &all) {
			t.Fatalf("Parse of %q: %T", fragment, err)
		}
		for _, e := range all {
			if !strings.HasPrefix(e.Key, "provider.") {
				t.Fatalf("Fragment(%q, %q, %q) is read as something else: %v\n%s", name, junk, note, e, fragment)
			}
		}
		if err == nil && (len(c.Seeds) != 1 || len(c.Providers) != 1) {
			t.Fatalf("Fragment(%q, %q, %q) adds tables:\n%s", name, junk, note, fragment)
		}
	})
}
