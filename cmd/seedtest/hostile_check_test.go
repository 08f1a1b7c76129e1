package main

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
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
	b := &bench{t: t, dir: t.TempDir(),
		timeouts: inbox.Timeouts{Connect: 2 * time.Second, Command: 2 * time.Second}}
	b.db = filepath.Join(b.dir, "store.db")
	if err := os.Mkdir(filepath.Join(b.dir, "lab"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.file("secret", hostileSecret)
	b.file("seeds.toml", "[sender.main]\nfrom = \"ops@example.org\"\n"+
		"[route.a]\nhost = \"127.0.0.1\"\nport = 1\n")
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
	b.configure(func(text string) string {
		return text + fmt.Sprintf("\n[seed.%s]\naddress = %q\nown = true\npassword = { file = \"secret\" }\n"+
			"imap = { host = \"127.0.0.1\", port = %d, tls = %q }\n%s", name, name+"@villain.example", v.port,
			tls, line)
	})
}

// mostGrowth is how much the heap may grow while a villain does its worst.
const mostGrowth = 64 << 20

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
	blind bool   // the villain must not learn the password
}

func greets(do func(c *foe)) *villain { return &villain{greet: do} }

func instead(name string, do func(c *foe, tag, arg string)) *villain {
	return &villain{instead: map[string]func(*foe, string, string){name: do}}
}

const byeForNow = "* BYE \x1b[2J\x1b]0;owned\x07go away\u202e evil"

// crimes are those that cost nothing but patience.
func crimes(t *testing.T) []crime {
	sound, soundCA := certificate(t, nil)
	expired, expiredCA := certificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	wrong, wrongCA := certificate(t, func(c *x509.Certificate) {
		c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example"}
	})
	list := []crime{
		{name: "silence", harms: true, blind: true, words: "no answer in time",
			villain: greets(func(c *foe) { <-c.done })},
		{name: "greeting that drips", harms: true, blind: true, words: "no answer in time",
			villain: greets(func(c *foe) { c.drip("* OK " + strings.Repeat("z", 600)) })},
		{name: "another protocol", harms: true, blind: true, words: "no IMAP server: it greets with",
			villain: greets(func(c *foe) { c.say("220 mail.example \x1b[31mESMTP") })},
		{name: "BYE as greeting", harms: true, blind: true, words: "go away",
			villain: greets(func(c *foe) { c.say(byeForNow); _ = c.Close() })},
		{name: "hostile names", words: "2 more",
			villain: instead("LIST", func(c *foe, tag, _ string) {
				c.say(`* LIST () "/" INBOX`)
				c.say("* LIST (\\Junk) \"/\" {%d}\r\n%s", len(evilName), evilName)
				c.say("* LIST (\\Trash \x1b[2J) \"\x1b\" \"<script>alert(1)</script>\u202egnp\"")
				c.say("* LIST () \"/\" \"a\x00b\xff\"")
				c.say("* LIST () \"/\" {12}\r\nnot\r\na line.")
				c.ok(tag)
			})},
		{name: "an answer that drips", harms: true, words: "no answer in time",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.drip("* LIST () \"/\" \"" + strings.Repeat("z", 600))
			})},
		{name: "answers that never end", harms: true, words: "no answer in time",
			villain: instead("LIST", func(c *foe, _, _ string) {
				for c.wait(10 * time.Millisecond) {
					if _, err := c.Write([]byte("* 1 EXISTS\r\n")); err != nil {
						return
					}
				}
			})},
		{name: "capabilities that are lies", words: "signed in after",
			villain: instead("CAPABILITY", func(c *foe, tag, _ string) {
				c.say("* CAPABILITY IMAP4rev2 NOTIFY LIST-STATUS LIST-EXTENDED SPECIAL-USE XLIST QUOTA " +
					"X-GM-EXT-1 UTF8=ONLY LITERAL+ \x1b[2J\u202eLIE ID")
				c.ok(tag)
			})},
		{name: "LOGINDISABLED without another way", harms: true, blind: true, words: "LOGINDISABLED",
			villain: instead("CAPABILITY", func(c *foe, tag, _ string) {
				c.say("* CAPABILITY IMAP4rev1 LOGINDISABLED")
				c.ok(tag)
			})},
		{name: "a continuation before anything", harms: true, blind: true, words: "asks for more of a command",
			villain: greets(func(c *foe) {
				c.say("* OK hello")
				c.say("+ go on, the password please")
			})},
		{name: "continuations at LIST", harms: true, words: "asks for more of a command",
			villain: instead("LIST", func(c *foe, tag, _ string) {
				c.pour(1000, []byte("+ "+base64.StdEncoding.EncodeToString([]byte("Password:"))+"\r\n"))
				c.ok(tag)
			})},
		{name: "questions without end", harms: true, words: "no answer in time", state: "down",
			villain: &villain{instead: map[string]func(*foe, string, string){
				"CAPABILITY": func(c *foe, tag, _ string) {
					c.say("* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN")
					c.ok(tag)
				},
				"AUTHENTICATE": func(c *foe, _, _ string) {
					for range 100_000 {
						c.say("+ VXNlcm5hbWU6")
						if _, err := c.in.ReadString('\n'); err != nil {
							return
						}
					}
				}}}},
		{name: "a refusal that echoes", harms: true, words: "(secret)",
			villain: instead("LOGIN", func(c *foe, tag, arg string) {
				c.say("%s NO [\x1b[2J] %s %s", tag, arg, base64.StdEncoding.EncodeToString([]byte(hostileSecret)))
			})},
		{name: "answers to commands of nobody", words: "signed in after",
			villain: instead("LIST", func(c *foe, tag, arg string) {
				c.say("T99 OK done")
				c.say("T1 NO [ALERT] again")
				c.say("\x00\xff\xfe")
				c.answer(tag, "LIST", arg)
			})},
		{name: "self-signed", tls: "implicit", harms: true, blind: true, words: `ca = "FILE.pem"`,
			villain: &villain{cert: sound}},
		{name: "expired", tls: "implicit", ca: expiredCA, harms: true, blind: true, words: "expired",
			villain: &villain{cert: expired}},
		{name: "of another host", tls: "implicit", ca: wrongCA, harms: true, blind: true,
			words: "127.0.0.1", villain: &villain{cert: wrong}},
		{name: "trusted by its own CA", tls: "implicit", ca: soundCA, words: "signed in after",
			villain: &villain{cert: sound}},
		{name: "plain where TLS is wanted", tls: "implicit", harms: true, blind: true,
			words: `write tls = "starttls"`, villain: new(villain)},
		{name: "no STARTTLS", tls: "starttls", harms: true, blind: true, words: "STARTTLS",
			villain: instead("STARTTLS", func(c *foe, tag, _ string) { c.say("%s NO never", tag) })},
		{name: "STARTTLS with more behind it", tls: "starttls", ca: soundCA, harms: true, blind: true,
			words: "plain text after", villain: instead("STARTTLS", func(c *foe, tag, _ string) {
				c.say("%s OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nT1 OK done", tag)
				c.secure(sound)
			})},
		{name: "STARTTLS with more before the handshake", tls: "starttls", ca: soundCA, harms: true,
			blind: true, words: "does not look like a TLS handshake",
			villain: instead("STARTTLS", func(c *foe, tag, _ string) {
				c.ok(tag)
				c.wait(50 * time.Millisecond)
				c.say("* PREAUTH come in\r\n+ password?")
				c.secure(sound)
			})},
		{name: "STARTTLS, then nothing is encrypted", tls: "starttls", ca: soundCA, harms: true,
			blind: true, words: "no answer in time",
			villain: instead("STARTTLS", func(c *foe, tag, _ string) { c.ok(tag) })},
		{name: "STARTTLS, then another certificate", tls: "starttls", harms: true, blind: true,
			words: "certificate", villain: instead("STARTTLS", func(c *foe, tag, _ string) {
				c.ok(tag)
				c.secure(sound)
			})},
		{name: "STARTTLS of the right server", tls: "starttls", ca: soundCA, words: "signed in after",
			villain: instead("STARTTLS", func(c *foe, tag, _ string) {
				c.ok(tag)
				c.secure(sound)
			})},
		{name: "PREAUTH in plain text", tls: "starttls", ca: soundCA, harms: true, blind: true,
			words: "keeps us from encrypting", villain: greets(func(c *foe) { c.say("* PREAUTH come in") })},
		{name: "STARTTLS that never comes", tls: "starttls", harms: true, blind: true,
			words: "STARTTLS: no answer", villain: instead("STARTTLS", func(c *foe, _, _ string) {
				c.pour(100, []byte("* OK patience\r\n"))
			})},
	}
	for _, stage := range []string{"CAPABILITY", "LOGIN", "ID", "LIST", "NOOP", "GETQUOTAROOT"} {
		list = append(list, crime{name: "BYE at " + stage, harms: true, blind: stage == "CAPABILITY",
			words: "go away", villain: instead(stage, func(c *foe, _, _ string) {
				c.say(byeForNow)
				_ = c.Close()
			})},
			crime{name: "hangs up at " + stage, harms: true, blind: stage == "CAPABILITY",
				words: "closed by the server", villain: instead(stage, func(c *foe, _, _ string) {
					_ = c.Close()
				})},
			crime{name: "silent at " + stage, harms: true, blind: stage == "CAPABILITY",
				words: "no answer in time", state: "down", villain: instead(stage, func(*foe, string, string) {})})
	}
	return list
}

// floods are crimes that cost memory or time.
func floods() []crime {
	return []crime{
		{name: "endless greeting", harms: true, blind: true, words: "more than any reply",
			villain: greets(func(c *foe) { c.pour(1<<30, []byte("x")) })},
		{name: "greeting of 10 MB", harms: true, blind: true, words: "more than any reply",
			villain: greets(func(c *foe) { c.say("* OK %s", strings.Repeat("y", 10<<20)) })},
		{name: "literal of 4 GB in the greeting", harms: true, blind: true, words: "more than any reply",
			villain: greets(func(c *foe) { c.say("* OK {4294967295}"); c.pour(1<<30, []byte("x")) })},
		{name: "literals without end", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.say(`* LIST () "/" x`)
				_, _ = c.Write([]byte("* LIST () \"/\" "))
				c.pour(1<<30, []byte(literal(1000)))
			})},
		{name: "literal of 4 GB in LIST", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.say(`* LIST () "/" {4294967296}`)
				c.pour(1<<30, []byte("x"))
			})},
		{name: "a million mailboxes", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, tag, _ string) {
				c.count(1_000_000, `* LIST (\HasNoChildren) "/" "box %d"`)
				c.ok(tag)
			})},
		{name: "a flood of EXISTS", words: "signed in after",
			villain: instead("LIST", func(c *foe, tag, arg string) {
				c.count(200_000, "* %d EXISTS")
				c.answer(tag, "LIST", arg)
			})},
		{name: "a flood of FETCH", words: "signed in after",
			villain: instead("LIST", func(c *foe, tag, arg string) {
				c.pour(200_000, []byte("* 4294967295 FETCH (UID 4294967295 FLAGS ())\r\n"))
				c.answer(tag, "LIST", arg)
			})},
		{name: "a flood of headers", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.pour(1<<30, []byte("* 1 FETCH (UID 1 BODY[HEADER] "+literal(200_000)+")\r\n"))
			})},
		{name: "a flood of SEARCH", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.pour(1<<30, []byte("* SEARCH"+strings.Repeat(" 1", 8000)+"\r\n"))
			})},
		{name: "a flood of STATUS", harms: true, words: "more than any reply",
			villain: instead("LIST", func(c *foe, _, _ string) {
				c.pour(1<<30, []byte("* STATUS a (MESSAGES 1)\r\n"))
			})},
		{name: "nested lists", words: "signed in after",
			villain: instead("LIST", func(c *foe, tag, arg string) {
				nest := strings.Repeat("(", 30_000)
				c.say("* 1 FETCH (UID 1 ENVELOPE %s%s)", nest, strings.Repeat(")", 30_000))
				c.say("* LIST %s \"/\" x", nest)
				c.say("* STATUS x %s", nest)
				c.say("* %s", strings.Repeat(")", 30_000))
				c.answer(tag, "LIST", arg)
			})},
		{name: "capabilities without end", harms: true, blind: true, words: "more than any reply",
			villain: instead("CAPABILITY", func(c *foe, _, _ string) {
				c.say("* CAPABILITY %s", strings.Repeat("\x1b[2JX ", 1<<20))
			})},
	}
}

const evilName = "\x1b[2J\r\nok    seed evil\r\n\u202exslx.\u200b"

// TestHostileServersInCheck lets servers do their worst to "seedtest check", all at once: it ends, says
// of each what it met, tells nobody a secret, and knows the good seed beside them for good.
func TestHostileServersInCheck(t *testing.T) {
	t.Parallel()
	b := lair(t)
	list := crimes(t)
	for _, c := range list {
		b.seed(c.seed(), c.villain.start(t), cmp.Or(c.tls, "none"), c.ca)
	}
	var asJSON told
	var other sync.WaitGroup
	other.Go(func() { asJSON = b.run(t.Context(), nil, "check", "--format", "json") })
	got := b.run(t.Context(), nil, "check")
	other.Wait()
	b.unharmed(got)
	b.unharmed(asJSON)
	obey(t, "check", "check", asJSON.stdout)
	said := bySeed(got.stdout)
	if !strings.HasPrefix(said["good"], "ok ") || got.status != statusNothing ||
		asJSON.status != statusNothing {
		t.Errorf("exit status %d and %d, want %d; the good seed: %s", got.status, asJSON.status,
			statusNothing, said["good"])
	}
	for _, c := range list {
		c.judge(t, said[c.seed()])
	}
}

// TestSlowServerInCheck is about a server each of whose answers is in time, and all of them are not.
func TestSlowServerInCheck(t *testing.T) {
	t.Parallel()
	b := lair(t)
	b.checkTimeout = time.Second
	slow := func(c *foe, tag, arg string) {
		if c.wait(700 * time.Millisecond) {
			c.ok(tag)
		}
	}
	v := &villain{instead: map[string]func(*foe, string, string){"ID": slow, "LOGIN": slow}}
	b.seed("slow", v.start(t), "none", "")
	got := b.run(t.Context(), nil, "check", "slow", "good")
	said := bySeed(got.stdout)
	crime{name: "slow", harms: true, words: "no answer in time", state: "down"}.judge(t, said["slow"])
	if got.status != statusNothing || !strings.HasPrefix(said["good"], "ok ") {
		t.Errorf("exit status %d, want %d; the good seed: %s", got.status, statusNothing, said["good"])
	}
}

// TestFloodsInCheck measures what each server that sends without end costs.
func TestFloodsInCheck(t *testing.T) {
	for _, c := range floods() {
		t.Run(c.name, func(t *testing.T) {
			b := lair(t)
			b.seed(c.seed(), c.villain.start(t), "none", "")
			var got told
			if n := growth(func() { got = b.run(t.Context(), nil, "check", c.seed(), "good") }); n > mostGrowth {
				t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostGrowth>>20)
			}
			b.unharmed(got)
			said := bySeed(got.stdout)
			c.judge(t, said[c.seed()])
			if want := map[bool]int{false: statusPass, true: statusNothing}[c.harms]; got.status != want ||
				!strings.HasPrefix(said["good"], "ok ") {
				t.Errorf("exit status %d, want %d; the good seed: %s", got.status, want, said["good"])
			}
		})
	}
}

// seed is what the seed at a villain is called.
func (c crime) seed() string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '-'
		}
		return r
	}, c.name)
}

// bySeed returns what check said of each seed, as one line.
func bySeed(text string) map[string]string {
	said := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); line[0] != ' ' && len(words) > 2 {
			name = words[2]
		}
		said[name] += strings.Join(strings.Fields(line), " ") + " "
	}
	return said
}

// judge holds what check said of a villain's seed against what it did.
func (c crime) judge(t *testing.T, said string) {
	t.Helper()
	if want := map[bool]string{false: "ok ", true: "FAIL "}[c.harms]; !strings.HasPrefix(said, want) ||
		!strings.Contains(said, c.words) || !strings.Contains(said, " health "+c.state) {
		t.Errorf("%s: check says %q; want %q, with %q and %q", c.name, said, want, c.state, c.words)
	}
	if c.harms && (!strings.Contains(said, " because ") || !strings.Contains(said, " do ")) {
		t.Errorf("%s: check says %q; want evidence and advice", c.name, said)
	}
	if c.blind && (c.knows(hostileSecret) ||
		c.knows(base64.StdEncoding.EncodeToString([]byte(hostileSecret)))) {
		t.Errorf("%s: the server was told the password", c.name)
	}
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
