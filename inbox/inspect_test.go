package inbox

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"

	"seedtest"
)

func inspect(t *testing.T, seed seedtest.Seed, s *server) (Inspection, error) {
	t.Helper()
	return New(Options{Dial: s.dial}).Inspect(t.Context(), seed)
}

func TestInspectSaysWhatItSaw(t *testing.T) {
	s := newServer(t)
	s.instead(func(c *client, tag, line string) bool {
		if line == "CAPABILITY" && c.asked("LOGIN") == 0 {
			c.say("* CAPABILITY IMAP4rev1 ID")
			c.say("%s OK done", tag)
			return true
		}
		return false
	})
	i, err := inspect(t, newBook(0).seed, s)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(i.Before, []string{"ID", "IMAP4REV1"}) || !slices.Contains(i.After, "IDLE") ||
		!i.SignedIn || i.Preauth || i.Greeting != "ready" || i.Server != "Memory 1" {
		t.Errorf("Inspect = %+v, want both lists, greeting and ID", i)
	}
	if len(i.Listed) != 5 || len(i.Mailboxes) != 5 || i.Listed[1].Attrs[0] != `\Junk` ||
		i.Listed[1].Delim != '/' || i.Mailboxes[1].Role != seedtest.RoleJunk {
		t.Errorf("mailboxes %+v, %+v; want five with flags and roles", i.Listed, i.Mailboxes)
	}
	if s.asked("EXAMINE")+s.asked("STATUS") > 0 || s.asked("NOOP") != inspectPings {
		t.Errorf("sent %q, want nothing but what is asked of the server itself", s.log)
	}
}

func TestInspectWithoutASecretSignsInNowhere(t *testing.T) {
	s, seed := newServer(t), newBook(0).seed
	seed.Login = seedtest.Login{}
	i, err := inspect(t, seed, s)
	if err != nil || i.SignedIn || len(i.Before) == 0 || len(i.After)+len(i.Listed) > 0 ||
		i.Server != "Memory 1" {
		t.Errorf("Inspect = %+v, %v; want what a server says to strangers", i, err)
	}
	if s.asked("LOGIN")+s.asked("AUTHENTICATE")+s.asked("LIST") > 0 {
		t.Errorf("sent %q without a secret", s.log)
	}
}

func TestInspectTellsWhatItLearnedBeforeARefusal(t *testing.T) {
	s := newServer(t)
	s.instead(answering("LOGIN", "% NO wrong \x1b[31mpass-word-1"))
	i, err := inspect(t, newBook(0).seed, s)
	if err == nil || strings.ContainsAny(err.Error(), "\x1b") || strings.Contains(err.Error(), "pass-word") {
		t.Errorf("Inspect = %v, want a clean refusal without the secret", err)
	}
	if len(i.Before) == 0 || i.Greeting != "ready" || i.SignedIn {
		t.Errorf("Inspect = %+v, want the greeting and the first capabilities", i)
	}
}

// Whatever a server sends, Inspect ends.
func TestInspectOfHostileServers(t *testing.T) {
	for _, greet := range []string{"", "220 mail.example.org ESMTP", "* BYE go away", "* OK " +
		strings.Repeat("x", 2*maxLine), "\x00\xff\x1b]0;title\x07"} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			s.greet = greet
			_, err := inspect(t, newBook(0).seed, s)
			if err == nil || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("a server that greets with %.30q: %v, want a clean error", greet, err)
			}
		})
	}
}
