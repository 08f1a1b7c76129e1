package lab

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// said is a connection on which a client has said all it will.
type said struct {
	io.Reader
	bytes.Buffer
}

func (s *said) Read(p []byte) (int, error)     { return s.Reader.Read(p) }
func (*said) Close() error                     { return nil }
func (*said) LocalAddr() net.Addr              { return nil }
func (*said) RemoteAddr() net.Addr             { return nil }
func (*said) SetDeadline(time.Time) error      { return nil }
func (*said) SetReadDeadline(time.Time) error  { return nil }
func (*said) SetWriteDeadline(time.Time) error { return nil }

// Whatever a client says, every line of the answer is one that IMAP knows, and every command is
// answered once.
func FuzzIMAP(f *testing.F) {
	for _, commands := range []string{
		"a SELECT INBOX\r\nb FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (A)]<0.9>)\r\n",
		"a UID SEARCH RETURN (ALL) OR NOT SEEN X-GM-RAW \"category:primary\"\r\n",
		"a SELECT INBOX\r\nb UID SEARCH HEADER A {3}\r\nabc (TEXT x)\r\n",
		"a LIST (SPECIAL-USE) \"\" (\"*\" %) RETURN (STATUS (MESSAGES))\r\n",
		"a APPEND INBOX (\\Seen) \"01-Jan-2027 00:00:00 +0000\" {4}\r\nabcd\r\n",
		"a SELECT INBOX\r\nb UID MOVE *:1 [Gmail]/Spam\r\nc STORE 1 -FLAGS.SILENT \\Seen\r\n",
		"a EXAMINE INBOX\r\nb IDLE\r\nDONE\r\nc FETCH 1 (ENVELOPE BODYSTRUCTURE BODY)\r\n",
		"a CREATE \"&AOk-\"\r\nb RENAME \"&AOk-\" {1}\r\nx\r\nc STATUS x (UIDNEXT)\r\n",
		"a AUTHENTICATE PLAIN\r\n*\r\nb ID (\"a\" NIL)\r\nc ENABLE X\r\nd LOGOUT\r\n",
	} {
		f.Add(commands, letterParts)
	}
	f.Fuzz(func(t *testing.T, commands, letter string) {
		clock := func() time.Time { return newYear }
		a := newAccount(gmailLike, "a", "p", clock)
		if _, err := a.deliver("INBOX", "primary", []byte(letter)); err != nil {
			t.Fatal(err)
		}
		conn := &said{Reader: strings.NewReader("in LOGIN a p\r\n" + commands)}
		s := serveIMAP(deaf{}, gmailLike, []*account{a}, nil, nil, nil)
		s.serve(conn)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if a.limits.open != 0 || anyView(a) {
			t.Error("the session left something behind")
		}
		checkAnswers(t, conn.Bytes())
	})
}

// deaf is a listener to which nobody connects.
type deaf struct{}

func (deaf) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (deaf) Close() error              { return nil }
func (deaf) Addr() net.Addr            { return nil }

func anyView(a *account) bool {
	for _, box := range a.boxes {
		if len(box.views) > 0 {
			return true
		}
	}
	return false
}

// checkAnswers reads responses, and skips the literals in them.
func checkAnswers(t *testing.T, answers []byte) {
	br := bufio.NewReader(bytes.NewReader(answers))
	for begins := true; ; {
		line, err := br.ReadBytes('\n')
		if err != nil {
			if len(line) > 0 {
				t.Errorf("the last answer is cut off: %q", line)
			}
			return
		}
		word, _, found := bytes.Cut(line, []byte(" "))
		if begins && (!found || len(word) == 0) || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("answer %q", line)
		}
		size, _, literal := literalAt(line)
		if begins = !literal; begins {
			continue
		}
		if _, err := br.Discard(size); err != nil {
			t.Errorf("a literal is cut off: %v", err)
		}
	}
}
