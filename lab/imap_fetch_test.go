package lab

import (
	"strings"
	"testing"
)

const letterParts = "From: a@example.org\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n" +
	"\r\n" +
	"--b\r\n" +
	"Content-Type: text/plain\r\n" +
	"\r\n" +
	"plain\r\n" +
	"--b\r\n" +
	"Content-Type: text/html\r\n" +
	"\r\n" +
	"<p>html\r\n" +
	"--b--\r\n"

func TestIMAPFetchSections(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", letterOne)
	w.deliver("INBOX", "", letterParts)
	w.deliver("INBOX", "", "no header at all")
	w.deliver("INBOX", "", "\r\nno field")
	w.deliver("INBOX", "", "A: 1\nB: 2\n\nlines that end in LF only\n")
	c := w.signIn()
	c.ask("EXAMINE INBOX")
	for _, test := range []struct{ fetch, want string }{
		{"1 BODY.PEEK[TEXT]", "BODY[TEXT] {8}|Hello.|"},
		{"1 BODY.PEEK[]<4.3>", "BODY[]<4> {3}|: O"},
		{"1 BODY.PEEK[]<9999.3>", "BODY[]<9999> {0}|"},
		{"1 BODY.PEEK[TEXT]<6.4294967295>", "BODY[TEXT]<6> {2}||"},
		{"1 BODY.PEEK[HEADER.FIELDS (x-folded \"TO\" Nothing)]",
			"BODY[HEADER.FIELDS (x-folded \"TO\" Nothing)] {47}|To: a@example.org|X-Folded: first|" +
				"\tsecond||"},
		{"1 BODY.PEEK[HEADER.FIELDS.NOT (From To Subject Date X-Folded)]",
			"BODY[HEADER.FIELDS.NOT (From To Subject Date X-Folded)] {33}|" +
				"Message-ID: <one@example.org>||"},
		{"1 RFC822.SIZE", "RFC822.SIZE 183"},
		{"2 BODY.PEEK[1]", "BODY[1] {5}|plain"},
		{"2 BODY.PEEK[2.MIME]", "BODY[2.MIME] {27}|Content-Type: text/html||"},
		{"2 BODYSTRUCTURE", `BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7BIT" 5 0 NIL NIL NIL ` +
			`NIL)("text" "html" NIL NIL NIL "7BIT" 7 0 NIL NIL NIL NIL) "alternative" ` +
			`("BOUNDARY" "b") NIL NIL NIL)`},
		{"1 ENVELOPE", `ENVELOPE ("Fri, 01 Jan 2027 10:30:00 +0100" "Weekly notice 7k2q" ` +
			`(("Ops" NIL "ops" "example.org")) (("Ops" NIL "ops" "example.org")) ` +
			`(("Ops" NIL "ops" "example.org")) ((NIL NIL "a" "example.org")) NIL NIL NIL ` +
			`"<one@example.org>")`},
		{"3 BODY.PEEK[HEADER]", "BODY[HEADER] {16}|no header at all"},
		{"4 BODY.PEEK[TEXT]", "BODY[TEXT] {8}|no field"},
		{"5 RFC822.HEADER", "RFC822.HEADER {14}|A: 1|B: 2||"},
		{"1 FAST", `FLAGS () INTERNALDATE "01-Jan-2027 09:30:00 +0000" RFC822.SIZE 183`},
	} {
		lines, end := c.ask("FETCH %s", test.fetch)
		got := strings.Join(lines, "|")
		want := "* " + test.fetch[:1] + " FETCH (" + test.want + ")"
		if got != want {
			t.Errorf("FETCH %s\n = %q, %q\nwant %q", test.fetch, got, end, want)
		}
	}
}

// Reading without PEEK sets \Seen, says so, and others are told; reading of an examined mailbox
// leaves no trace.
func TestIMAPFetchSetsSeen(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", letterOne)
	reader, other := w.signIn(), w.signIn()
	other.ask("EXAMINE INBOX")
	if lines, _ := other.ask("FETCH 1 BODY[TEXT]<0.1>"); lines[1] != "H)" {
		t.Errorf("FETCH of an examined mailbox = %q, want no flags", lines)
	}
	reader.ask("SELECT INBOX")
	if lines, _ := reader.ask("FETCH 1 BODY[TEXT]<0.1>"); lines[1] != `H FLAGS (\Seen))` {
		t.Errorf("FETCH = %q, want \\Seen", lines)
	}
	lines, _ := other.ask("NOOP")
	if want := `* 1 FETCH (UID 431 FLAGS (\Seen))`; len(lines) != 1 || lines[0] != want {
		t.Errorf("the other is told %q, want %q", lines, want)
	}
}

// A message that another session expunges keeps its number until the client may be told.
func TestIMAPExpungeIsToldLate(t *testing.T) {
	w := serve(t, strictLike, false)
	first := w.deliver("INBOX", "", letterOne)
	w.deliver("INBOX", "", letterParts)
	c := w.signIn()
	c.ask("SELECT INBOX")
	if !w.a.remove("INBOX", first) {
		t.Fatal("the message could not be removed")
	}
	c.play(`
		C: a1 FETCH 2 UID
		S: * 2 FETCH (UID 432)
		S: a1 OK FETCH completed
		C: a2 SEARCH ALL
		S: * SEARCH 1 2
		S: a2 OK SEARCH completed
		C: a3 UID SEARCH ALL
		S: * SEARCH 431 432
		S: * 1 EXPUNGE
		S: a3 OK SEARCH completed
		C: a4 FETCH 1 UID
		S: * 1 FETCH (UID 432)
		S: a4 OK FETCH completed
		C: a5 STORE 1 +FLAGS.SILENT (\Deleted)
		S: a5 OK STORE completed
		C: a6 CLOSE
		S: a6 OK CLOSE completed
		C: a7 STATUS INBOX (MESSAGES)
		S: * STATUS "INBOX" (MESSAGES 0)
		S: a7 OK STATUS completed
	`)
}
