package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode"

	"seedtest/inbox"
)

const (
	hostileUser   = "evil@villain.example" // of the seed "evil"
	hostileSecret = "hunter2-of-the-seed"
)

// lair is a configuration whose seeds are at villains, and at one server that is none.
func lair(t *testing.T) *bench {
	t.Helper()
	return lairBy(t, "port = 1\n", nil)
}

// den is a lair where mail arrives, and a suite that sends a message to each seed.
func den(t *testing.T) *bench {
	t.Helper()
	p := new(post).start(t)
	return lairBy(t, fmt.Sprintf("port = %d\ntls = \"none\"\n", p.port)+`
[suite.ill]
deadline = "30s"
missing = "30s"
follow = "1s"
baseline_timeout = "90s"
`, p)
}

func lairBy(t *testing.T, route string, p *post) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), post: p,
		timeouts: inbox.Timeouts{Connect: 2 * time.Second, Command: 2 * time.Second}}
	b.db = filepath.Join(b.dir, "store.db")
	if err := os.Mkdir(filepath.Join(b.dir, "lab"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.file("secret", hostileSecret)
	b.file("seeds.toml", "[sender.main]\nfrom = \"ops@example.org\"\n"+
		"[route.a]\nhost = \"127.0.0.1\"\n"+route)
	b.seed("good", new(villain).start(t), "none", "")
	return b
}

// file writes a file beside the configuration.
func (b *bench) file(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "lab", name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// seed adds a seed at a villain.
func (b *bench) seed(name string, v *villain, tls, ca string) {
	b.t.Helper()
	line := ""
	if ca != "" {
		b.file(name+".pem", ca)
		line = fmt.Sprintf("ca = %q\n", name+".pem")
	}
	address := name + "@villain.example"
	if b.post != nil {
		b.post.villains[address] = v
	}
	b.configure(func(text string) string {
		return text + fmt.Sprintf("\n[seed.%s]\naddress = %q\nown = true\n"+
			"password = { file = \"secret\" }\nimap = { host = \"127.0.0.1\", port = %d, tls = %q }\n%s",
			name, address, v.port, tls, line)
	})
}

// mostGrowth is how much the heap may grow while a villain does its worst.
const mostGrowth = 128 << 20

// growth calls f and returns by how much the heap grew meanwhile at most, garbage included.
func growth(f func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 { metrics.Read(sample); return int64(sample[0].Value.Uint64()) }
	runtime.GC()
	base, most := read(), int64(0)
	done, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, read()-base)
			case <-done:
				return
			}
		}
	}()
	f()
	close(done)
	<-measured
	return max(most, read()-base)
}

// crime is what a villain does, and what must become of it.
type crime struct {
	name string
	*villain
	tls   string // of the seed; empty: none
	ca    string
	words string // that tell it
	state string // of the seed's health, if that is not plain
	harms bool   // the check fails by it
	hides bool   // an essential mailbox cannot be read
	costs bool   // time or memory: a machine that has none left may see nothing in time
	blind bool   // the villain must not learn the password
}

func greets(do func(c *foe)) *villain { return &villain{greet: do} }

func instead(name string, do func(c *foe, tag, arg string)) *villain {
	return &villain{instead: map[string]func(*foe, string, string){name: do}}
}

const byeForNow = "* BYE \x1b[2J\x1b]0;owned\x07go away\u202e evil"

const evilName = "\x1b[2J\r\nok    seed evil\r\n\u202exslx.\u200b"

// size chooses between the size for every day and the full one (FULL=1).
func size(usual, full int) int {
	if os.Getenv("FULL") != "" {
		return full
	}
	return usual
}

// some are every nth of what servers do, each time the same ones: all of it is done to check. FULL=1
// takes all.
func some(list []crime, nth int) []crime {
	var few []crime
	for i, c := range list {
		if i%size(nth, 1) == 0 {
			few = append(few, c)
		}
	}
	return few
}

// seed is what the seed at a villain is called.
func (c crime) seed() string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' || r == ':' {
			return '-'
		}
		return r
	}, c.name)
}

// unharmed fails the test if what a call printed drives a terminal or tells a secret.
func (b *bench) unharmed(got told) {
	b.t.Helper()
	all := got.stdout + got.stderr
	for form, text := range encoded(hostileUser, hostileSecret) {
		if strings.Contains(all, text) {
			b.t.Errorf("the secret stands in the output (%s):\n%s", form, all)
		}
	}
	for _, r := range all {
		if r != '\n' && !unicode.IsPrint(r) {
			b.t.Errorf("%U stands in the output: %q", r, all)
			return
		}
	}
	if strings.Contains(all, "\nok    seed evil") {
		b.t.Errorf("a server's words pass for a line of ours:\n%s", all)
	}
}
