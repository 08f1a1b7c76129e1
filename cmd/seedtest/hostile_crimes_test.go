package main

import (
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

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
		{name: "hostile names", words: "2 more", hides: true,
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
			blind: true, words: "TLS", // read with the OK it is text after it, else no handshake
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
	list := []crime{
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
	for i := range list {
		list[i].costs = true
	}
	return list
}
