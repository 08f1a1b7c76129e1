package lab

import (
	"strings"
	"testing"
)

const letterTwo = "From: =?utf-8?q?J=C3=BCrgen?= <j@example.net>\r\n" +
	"Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n" +
	"Date: Sun, 3 Jan 2027 00:30:00 +0200\r\n" +
	"X-Empty:\r\n" +
	"\r\n" +
	"A longer text, so that the size tells the two apart: " +
	"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789.\r\n"

func TestIMAPSearch(t *testing.T) {
	w := serve(t, gmailLike, false)
	w.deliver("INBOX", "promotions", letterOne) // 4217
	w.deliver("INBOX", "", letterTwo)           // 4218, primary
	c := w.signIn()
	c.ask("SELECT INBOX")
	c.ask(`STORE 2 +FLAGS (\Seen $Label)`)
	for _, test := range []struct{ keys, want string }{
		{"ALL", "1 2"},
		{"1", "1"},
		{"2:*", "2"},
		{"9:*", "2"},
		{"*:1", "1 2"},
		{"UID 4218:*", "2"},
		{"UID 5000:*", "2"},
		{"UID 1:4217", "1"},
		{"NOT 1", "2"},
		{"OR 1 2", "1 2"},
		{"(1 NOT SEEN)", "1"},
		{"SEEN", "2"},
		{"UNSEEN", "1"},
		{"NEW", ""},
		{"KEYWORD $label", "2"},
		{"UNKEYWORD $Label", "1"},
		{`HEADER Message-ID "one@example"`, "1"},
		{`HEADER X-Empty ""`, "2"},
		{`HEADER X-Folded "first	second"`, "1"},
		{`HEADER X-Nothing ""`, ""},
		{"FROM ops", "1"},
		{"SUBJECT 7K2Q", "1"},
		{"CHARSET UTF-8 SUBJECT {7}", "2"},
		{"BODY hello", "1"},
		{"TEXT folded", "1"},
		{"LARGER 200", "2"},
		{"SMALLER 200", "1"},
		{"ON 1-Jan-2027", "1 2"},
		{"BEFORE 1-Jan-2027", ""},
		{"SINCE 01-Jan-2027 SENTSINCE 3-Jan-2027", "2"},
		{"SENTON 1-Jan-2027", "1"},
		{"X-GM-RAW category:promotions", "1"},
		{"X-GM-RAW category:primary", "2"},
		{`X-GM-RAW "in:inbox -category:promotions"`, "2"},
		{"X-GM-RAW rfc822msgid:one@example.org", "1"},
		{"X-GM-RAW in:spam", ""},
		{"X-GM-MSGID 1700000000002", "2"},
	} {
		lines := c.search("SEARCH " + test.keys)
		if want := strings.TrimRight("* SEARCH "+test.want, " "); lines != want {
			t.Errorf("SEARCH %s = %q, want %q", test.keys, lines, want)
		}
	}
}

// search asks, and hands over the one literal that the tests use when it is asked for.
func (c *talker) search(command string) string {
	c.send("q " + command + "\r\n")
	var lines []string
	for {
		switch line := c.line(); {
		case strings.HasPrefix(line, "+"):
			c.send("grüße\r\n")
		case strings.HasPrefix(line, "q OK"):
			return strings.Join(lines, "|")
		case strings.HasPrefix(line, "q "), strings.HasSuffix(line, "(closed)"):
			return line
		default:
			lines = append(lines, line)
		}
	}
}

func TestIMAPSearchRefused(t *testing.T) {
	w := serve(t, strictLike, false)
	c := w.signIn()
	c.ask("SELECT INBOX")
	for _, test := range []struct{ command, want string }{
		{"SEARCH", "BAD"},
		{"SEARCH FOO", "BAD"},
		{"SEARCH X-GM-RAW category:promotions", "BAD"},
		{"SEARCH CHARSET KOI8-R ALL", "NO [BADCHARSET (US-ASCII UTF-8)]"},
		{"SEARCH (ALL", "BAD"},
		{"SEARCH ALL)", "BAD"},
		{"SEARCH ON yesterday", "BAD"},
		{"SEARCH " + strings.Repeat("NOT ", 60) + "ALL", "BAD"},
		{"SEARCH " + strings.Repeat("(", 9000), "BAD"},
		{"SEARCH RETURN (SAVE) ALL", "BAD"},
		{"UID FETCH 0 FLAGS", "BAD"},
		{"UID FETCH 1 X-GM-LABELS", "BAD"},
		{"UID FETCH 1 (FLAGS", "BAD"},
		{"FETCH 1 BODY[TEXT]<0.0>", "BAD"},
		{"FETCH 1 BODY[MIME]", "BAD"},
	} {
		if _, end := c.ask("%s", test.command); !strings.HasPrefix(end, test.want) {
			t.Errorf("%s = %q, want %s", test.command, end, test.want)
		}
	}
}

func TestIMAPSearchReturn(t *testing.T) {
	w := serve(t, strictLike, false)
	c := w.signIn()
	c.ask("SELECT INBOX")
	for range 3 {
		w.deliver("INBOX", "", letterOne)
	}
	c.ask("NOOP")
	for _, test := range []struct{ command, want string }{
		{"UID SEARCH RETURN () ALL", `* ESEARCH (TAG "q") UID ALL 431,432,433`},
		{"UID SEARCH RETURN (MIN MAX COUNT) 2:*", `* ESEARCH (TAG "q") UID MIN 432 MAX 433 COUNT 2`},
		{"SEARCH RETURN (ALL COUNT) SEEN", `* ESEARCH (TAG "q") COUNT 0`},
	} {
		if got := c.search(test.command); got != test.want {
			t.Errorf("%s = %q, want %q", test.command, got, test.want)
		}
	}
}
