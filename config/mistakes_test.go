package config

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/provider"
)

var update = flag.Bool("update", false, "write the wanted messages of testdata/bad anew")

// TestBad holds every bad configuration against its wanted messages.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(files) < 40 {
		t.Fatalf("testdata/bad has %d files (%v), want at least 40", len(files), err)
	}
	// The mode of a file is not kept by version control.
	for name, mode := range map[string]fs.FileMode{"readable-by-all": 0o644, "empty": 0o600} {
		if err := os.Chmod("testdata/bad/"+name+".secret", mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file, testEnv())
			if err == nil {
				t.Fatalf("Load(%q) = %+v, want a mistake", file, c)
			}
			checkMistakes(t, err)
			text := strings.ReplaceAll(err.Error(), allProviders(), "(all providers)")
			golden(t, strings.TrimSuffix(file, ".toml")+".want", text+"\n")
		})
	}
}

// allProviders is how a mistake lists them. Those that are added later change no wanted message.
func allProviders() string {
	ids := append(provider.IDs(), seedtest.GenericProvider)
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), ", ")
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
	for _, secret := range []string{"hunter2", "12345"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v: shows the secret", err)
		}
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

// A pace is the user's to choose; what providers take ill is said.
func TestPace(t *testing.T) {
	const file = least + `
[provider.gmail]
pace = { looks = ["10s", "1m"], sweeps = ["5m"] }
[seed.b]
address = "b@gmail.com"
password = { env = "SEED_PASSWORD" }
pace = %s
`
	for pace, want := range map[string]string{
		`{ every = "2m" }`:               "",
		`{ looks = ["5s", "15s"] }`:      "",
		`{ looks = ["1s"] }`:             "looks after 1s",
		`{ looks = ["5s", "6s"] }`:       "looks 1s after one another",
		`{ sweep_every = "30s" }`:        "looks every 30s",
		`{ commands = 5000 }`:            "allows 5000 commands",
		"{ every = \"1s\" }\nown = true": "",
	} {
		c := parse(t, fmt.Sprintf(file, pace))
		got := c.Seeds[len(c.Seeds)-1]
		all := strings.Join(c.Warnings, "\n")
		if (want == "") != (all == "") || !strings.Contains(all, want) {
			t.Errorf("pace = %s: warnings %q, want %q", pace, all, want)
		}
		if p := got.Pace.Over(got.Provider.Pace); p.Sweeps[0] != 5*time.Minute {
			t.Errorf("pace = %s: %+v, want the sweeps of the provider", pace, p)
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
