package main

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"seedtest"
)

// pest is what a villain does with mail that has come, and what must become of the probe.
type pest struct {
	crime
	placement string // blind unless it says otherwise
	mailbox   string // where it lies, as the report may say it; empty: nobody asks
}

// afterMail has a villain behave until a message has come.
func afterMail(name string, do func(c *foe, tag, arg string)) *villain {
	return instead(name, func(c *foe, tag, arg string) {
		c.v.mu.Lock()
		came := c.v.came
		c.v.mu.Unlock()
		if !came {
			c.answer(tag, name, arg)
			return
		}
		do(c, tag, arg)
	})
}

// withPiles gives a villain mailboxes beside INBOX.
func withPiles(v *villain, more ...*pile) *villain {
	v.piles = append([]*pile{newPile("INBOX", "")}, more...)
	return v
}

// hides has a villain do to a message what it likes, before it lies in INBOX.
func hides(change func(raw string) string) *villain {
	return &villain{deliver: func(v *villain, raw string) { v.piles[0].put(change(raw)) }}
}

// pests find a message by its tag, or should.
func pests() []pest {
	return slices.Concat(messages(), numbers(), words())
}

// found is a pest whose message is found in INBOX all the same.
func found(name string, v *villain) pest {
	return pest{placement: string(seedtest.Inbox), crime: crime{name: name, villain: v}}
}

// lost is a pest that must be called blind, in words.
func lost(name, words string, v *villain) pest {
	return pest{crime: crime{name: name, words: words, villain: v}}
}

// copies puts several messages in place of one, which a test numbers.
func copies(n int) func(v *villain, raw string) {
	return func(v *villain, raw string) {
		for i := range n {
			v.piles[0].put(fmt.Sprintf("X-Copy: %d\r\n%s", i, raw))
		}
	}
}

// messages are pests by what they make of the mail.
func messages() []pest {
	many := withPiles(&villain{deliver: func(v *villain, raw string) {
		for _, p := range v.piles {
			p.put(raw)
		}
	}})
	for n := range size(300, 2000) {
		many.piles = append(many.piles, newPile(fmt.Sprintf("box %d", n), ""))
	}
	named := withPiles(&villain{deliver: func(v *villain, raw string) { v.piles[1].put(raw) }},
		newPile("\u202egnp.<script>alert(1)</script> | \"a\\b\" `x`", ""),
		newPile("\x1b[2J", ""), newPile("a\nok    seed evil", ""), newPile("", ""),
		newPile(strings.Repeat("long", 300), ""))
	return []pest{
		found("a header of megabytes", hides(func(raw string) string {
			return before(raw, "X-Long: "+strings.Repeat("z", 3<<20))
		})),
		found("a header of many fields", hides(func(raw string) string {
			return before(raw, strings.Repeat("Received: from x\r\n", 30_000))
		})),
		found("a header that drives a terminal", hides(func(raw string) string {
			return evilHeader + raw
		})),
		found("dates beyond all years", hides(func(raw string) string { return evilDates + raw })),
		found("an internal date beyond all years", afterMail("UID FETCH",
			func(c *foe, tag, arg string) {
				for _, line := range c.shown(arg, true) {
					c.say("%s", strings.ReplaceAll(line, usualDate, "31-Dec-9999 23:59:59 -1200"))
				}
				c.ok(tag)
			})),
		found("tags of other runs", &villain{deliver: func(v *villain, raw string) {
			for n := range size(300, 2000) {
				v.piles[0].put(forged(n, n+1) + "\r\n")
			}
			v.piles[0].put(raw)
		}}),
		found("many copies", &villain{deliver: copies(size(200, 1000))}),
		found("a copy in each of many mailboxes", many),
		{placement: "other", mailbox: "<script>", crime: crime{name: "a mailbox of hostile name",
			villain: named}},
		lost("bodies that never come", "body of UID", afterMail("UID FETCH",
			func(c *foe, tag, arg string) {
				for _, line := range c.shown(strings.ReplaceAll(arg, "[TEXT]", ""), true) {
					c.say("%s", withoutTags.Replace(line))
				}
				c.ok(tag)
			})),
	}
}

// numbers are pests by what they count.
func numbers() []pest {
	few := withPiles(&villain{deliver: copies(3)})
	few.piles[0].next = 1<<32 - 3
	one := withPiles(&villain{})
	one.piles[0].letters = []item{{1<<32 - 2, "Subject: old\r\n\r\n"}}
	one.piles[0].next = 1<<32 - 1
	var renumbered atomic.Uint32
	return []pest{
		found("the last UIDs of all", few),
		found("the last UID of all", one),
		found("answers for other UIDs", afterMail("UID FETCH", func(c *foe, tag, arg string) {
			for _, line := range c.shown(arg, true) {
				c.say("%s", strings.Replace(line, "(UID ", "(UID 77", 1))
			}
			c.ok(tag)
		})),
		lost("UIDVALIDITY that never stays", "UIDVALIDITY", afterMail("EXAMINE",
			func(c *foe, tag, arg string) {
				p := c.mailbox(arg)
				c.v.mu.Lock()
				p.validity += renumbered.Add(1)
				c.v.mu.Unlock()
				c.answer(tag, "EXAMINE", arg)
			})),
		lost("a flood of copies", "more than any reply", afterMail("UID FETCH",
			func(c *foe, tag, arg string) {
				if strings.Contains(arg, "HEADER") {
					c.pour(1<<30, []byte(c.shown("1:* [HEADER]", true)[0]+"\r\n"))
				}
				c.ok(tag)
			})),
		lost("four billion messages that are not there", "messages", &villain{
			instead: map[string]func(*foe, string, string){
				"STATUS": func(c *foe, tag, arg string) {
					box, _, _ := strings.Cut(arg, " (")
					c.say("* STATUS %s (MESSAGES 4294967295 UIDVALIDITY 7)", box)
					c.ok(tag)
				},
				"EXAMINE": func(c *foe, tag, _ string) {
					c.say("* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7] valid")
					c.ok(tag)
				},
				"UID FETCH": func(c *foe, tag, _ string) { c.ok(tag) },
				"FETCH":     func(c *foe, tag, _ string) { c.ok(tag) },
			}}),
	}
}

// words are pests by what they say in place of an answer.
func words() []pest {
	says := func(format string, args ...any) *villain {
		return afterMail("EXAMINE", func(c *foe, tag, _ string) {
			c.say(format, append([]any{tag}, args...)...)
		})
	}
	list := []pest{
		lost("a mailbox refused with an echo", "(secret)",
			says("%s NO [\x1b[2J] %s %s", hostileSecret, coded(hostileSecret))),
		lost("an end that is a secret", "(secret)", says("%s %s\x1b[2J go away", hostileSecret)),
		lost("an end of lines", "EXAMINE", says("%s {18}\r\n\nok    seed evil\n\n NO")),
	}
	for _, stage := range []string{"STATUS", "EXAMINE", "UID FETCH"} {
		list = append(list,
			lost("BYE later at "+stage, "go away", afterMail(stage, func(c *foe, _, _ string) {
				c.say(byeForNow)
				_ = c.Close()
			})),
			lost("hangs up later at "+stage, "closed by the server", afterMail(stage,
				func(c *foe, _, _ string) { _ = c.Close() })),
			lost("silent later at "+stage, lateWords, afterMail(stage, func(*foe, string, string) {})))
	}
	return list
}

// withoutTags hides what tells a message, and leaves its length.
var withoutTags = strings.NewReplacer("Message-ID:", "Nessage-ID:",
	"X-Entity-Ref-ID:", "Y-Entity-Ref-ID:", "Subject:", "Tubject:")

func coded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// before puts something between the header and the body of a message.
func before(raw, field string) string {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	return head + "\r\n" + strings.TrimSuffix(field, "\r\n") + "\r\n\r\n" + body
}

const evilHeader = "Subject: \x1b[2J\x00\x1b]0;owned\x07 \u202exslx.\r\n" +
	"From: =?utf-8?q?=1B[2J=00=E2=80=AE?= <\x1b[31mx@example.org>\r\n" +
	"Authentication-Results: evil\x1b[2J.example; spf=pass (\u202e) smtp.mailfrom=\x00@example.org\r\n" +
	"Received: from \x1b]8;;http://x\x1b\\ (\x00 [192.0.2.1]) by \u202ex with SMTP; " +
	"Thu, 26 Nov 2026 08:00:00 +0000\r\n" +
	"X-\x1b[2J: 1\r\n: no name\r\n\x00\r\n ok    seed evil\r\n" +
	"X-Spam-Status: Yes, score=\x1b[2J <script>alert(1)</script> | `x`\r\n"

const evilDates = "Date: Fri, 31 Dec 9999 23:59:59 -1200\r\n" +
	"Received: from a by b; Fri, 31 Dec 9999 23:59:59 -1200\r\n" +
	"Received: from b by c; Sat, 01 Jan 0000 00:00:00 +1200\r\n" +
	"Received: from c by d; Fri, 31 Dec 99999 23:59:59 -9999\r\n" +
	"DKIM-Signature: v=1; d=example.org; s=x; t=99999999999999999999; x=-1; b=\r\n"
