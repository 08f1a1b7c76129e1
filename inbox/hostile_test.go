package inbox

import (
	"strings"
	"testing"

	"seedtest"
)

// A command has ended as soon as its tag came back. What stands in place of OK, NO or BAD is a
// server's word like any other: it may be a secret, and is no OK.
func TestWatchTakesNoUnknownEndForAnOK(t *testing.T) {
	for _, end := range []string{"% pass-word-1\x1b[2J done", "% {9}\r\n\n* OK yes\n done", "% "} {
		watch(t, newBook(1), nil, func(w *watching) {
			w.accept(0)
			w.instead(answering("EXAMINE", end))
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Blind)
			for _, f := range factsOf[seedtest.Fault](w.book) {
				if f.Kind != seedtest.FaultMailbox || strings.Contains(strings.ToLower(f.What), "pass-word-1") ||
					strings.ContainsAny(f.What, "\x1b\r\n") {
					t.Errorf("%q: fault %+v, want one of the mailbox without the secret", end, f)
				}
			}
		})
	}
}

// A fact whose time JSON cannot say would end the whole run.
func TestInternalDateIsOneThatJSONCanSay(t *testing.T) {
	for text, want := range map[string]string{
		"31-Dec-9999 23:59:59 -1200": "", "01-Jan-0001 00:00:00 +1200": "", "01-Jan-0000 00:00:00 +0000": "",
		"31-Dec-99999 23:59:59 +0000": "", "99-Jan-2026 00:00:00 +0000": "", "": "",
		"31-Dec-9999 23:59:59 +0000": "9999-12-31T23:59:59Z", " 1-Jan-2026 00:00:00 +0100": "2025-12-31T23:00:00Z",
	} {
		date := internalDate(text)
		got, err := date.MarshalJSON()
		if err != nil || date.IsZero() != (want == "") || want != "" && string(got) != `"`+want+`"` {
			t.Errorf("internalDate(%q) = %s (%v), want %q", text, date, err, want)
		}
	}
}

// A server can count messages that it never shows. They are not asked for without end.
func TestWatchDoesNotAskForBillionsOfMessages(t *testing.T) {
	for _, shown := range []bool{false, true} {
		watch(t, others(1), nil, func(w *watching) {
			w.accept(0)
			w.instead(func(c *client, tag, line string) bool {
				switch word, arg, _ := strings.Cut(line, " "); word {
				case "STATUS":
					name, _, _ := strings.Cut(arg, " (")
					c.say("* STATUS %s (MESSAGES 4294967295 UIDVALIDITY 7)", name)
				case "EXAMINE":
					c.say("* 4294967295 EXISTS")
					c.say("* OK [UIDVALIDITY 7] valid")
				case "FETCH":
					if first, _, _ := strings.Cut(arg, ":"); shown {
						c.say("* %s FETCH (UID %[1]s)", first)
					}
				case "UID":
				default:
					return false
				}
				c.say("%s OK done", tag)
				return true
			})
			w.ended()
			w.placed(0, seedtest.Blind)
			if n := w.asked("FETCH"); n > 10_000 {
				t.Errorf("%d times asked for messages that are not there", n)
			}
		})
	}
}
