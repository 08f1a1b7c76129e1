//go:build real

package realtest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ownerTimeout bounds one command of an owner.
const ownerTimeout = time.Minute

// owner is whom a mailbox belongs to, at a mail program that has nothing of ours.
type owner struct {
	t    *testing.T
	host *host
	conn *tls.Conn
	in   *bufio.Reader
	tags int
}

// owner signs in to a mailbox by its owner's password.
func (h *host) owner(t *testing.T, user string) *owner {
	t.Helper()
	ca, err := os.ReadFile(site.path("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", h.IMAPS), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	o := &owner{t: t, host: h, conn: conn, in: bufio.NewReader(conn)}
	o.line() // the greeting
	o.do("LOGIN %q %q", h.address(user), h.passwords[h.address(user)])
	return o
}

// do sends a command, and returns what the server says before its OK.
func (o *owner) do(format string, args ...any) []string {
	o.t.Helper()
	o.tags++
	command := fmt.Sprintf(format, args...)
	_ = o.conn.SetDeadline(time.Now().Add(ownerTimeout))
	if _, err := fmt.Fprintf(o.conn, "o%d %s\r\n", o.tags, command); err != nil {
		o.t.Fatal(err)
	}
	var said []string
	for {
		line := o.line()
		if answer, ok := strings.CutPrefix(line, fmt.Sprintf("o%d ", o.tags)); ok {
			if !strings.HasPrefix(answer, "OK") {
				o.t.Fatalf("%s's owner said %s, and the server %s", o.host.Name, command, answer)
			}
			return said
		}
		said = append(said, line)
	}
}

var literal = regexp.MustCompile(`\{(\d+)\}$`)

// line reads one line, with the literals in it.
func (o *owner) line() string {
	o.t.Helper()
	var all strings.Builder
	for {
		line, err := o.in.ReadString('\n')
		if err != nil {
			o.t.Fatalf("%s: %v", o.host.Name, err)
		}
		line = strings.TrimRight(line, "\r\n")
		all.WriteString(line)
		found := literal.FindStringSubmatch(line)
		if found == nil {
			return all.String()
		}
		size, _ := strconv.Atoi(found[1])
		if _, err := io.CopyN(&all, o.in, int64(size)); err != nil {
			o.t.Fatalf("%s: %v", o.host.Name, err)
		}
	}
}

var listed = regexp.MustCompile(`^\* LIST \(.*\) "[./]" "?([^"]*)"?$`)

// mailboxes names all mailboxes.
func (o *owner) mailboxes() []string {
	o.t.Helper()
	var names []string
	for _, line := range o.do(`LIST "" "*"`) {
		if found := listed.FindStringSubmatch(line); found != nil {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return names
}

// search returns the UIDs in the mailbox that is open.
func (o *owner) search(field, text string) []string {
	o.t.Helper()
	return o.find("HEADER %s %q", field, text)
}

// find returns the UIDs of what fits in the mailbox that is open.
func (o *owner) find(format string, args ...any) []string {
	o.t.Helper()
	for _, line := range o.do("UID SEARCH "+format, args...) {
		if uids, ok := strings.CutPrefix(line, "* SEARCH"); ok {
			return strings.Fields(uids)
		}
	}
	return nil
}

var size = regexp.MustCompile(`\{(\d+)\}`)

// whole returns a message of the mailbox that is open.
func (o *owner) whole(uid string) []byte {
	o.t.Helper()
	for _, line := range o.do("UID FETCH %s (BODY.PEEK[])", uid) {
		if at := size.FindStringSubmatchIndex(line); at != nil {
			n, _ := strconv.Atoi(line[at[2]:at[3]])
			return []byte(line[at[1] : at[1]+n])
		}
	}
	o.t.Fatalf("%s: no message %s", o.host.Name, uid)
	return nil
}

// where names the mailboxes in which a message lies, once for each copy.
func (o *owner) where(messageID string) []string {
	o.t.Helper()
	if messageID == "" {
		o.t.Fatal("the report has no Message-ID")
	}
	var names []string
	for _, name := range o.mailboxes() {
		o.do("EXAMINE %q", name)
		for range o.search("Message-ID", messageID) {
			names = append(names, name)
		}
	}
	return names
}

// move moves a message from one mailbox to another.
func (o *owner) move(messageID, from, to string) {
	o.t.Helper()
	o.do("SELECT %q", o.host.mailbox(from))
	uids := o.search("Message-ID", messageID)
	if len(uids) != 1 {
		o.t.Fatalf("%s has the message %d times, want once", from, len(uids))
	}
	o.do("UID MOVE %s %q", uids[0], o.host.mailbox(to))
	o.do("CLOSE")
}

// furnish puts mail of the owner into mailboxes: read, unread, flagged and labelled.
func (o *owner) furnish() {
	o.t.Helper()
	for i, m := range []struct{ mailbox, flags string }{
		{"INBOX", ``}, {"INBOX", `\Seen`}, {"INBOX", `\Flagged \Answered $Label1`}, {"INBOX", ``},
		{"Junk", ``}, {"Junk", `\Seen`}, {"Trash", `\Seen \Deleted`}, {"Sent", `\Seen`},
	} {
		text := fmt.Sprintf("From: a@example.org\r\nTo: b@example.org\r\nSubject: letter %d\r\n"+
			"Message-ID: <letter-%d@private.example>\r\nX-Private: yes\r\n\r\nDear B,\r\n", i, i)
		o.do("APPEND %q (%s) {%d+}\r\n%s", o.host.mailbox(m.mailbox), m.flags, len(text), text)
	}
}

var (
	fetched  = regexp.MustCompile(`^\* \d+ FETCH \(.*UID (\d+)`)
	flagged  = regexp.MustCompile(`FLAGS \(([^)]*)\)`)
	validity = regexp.MustCompile(`\[UIDVALIDITY (\d+)\]`)
)

// letters lists the owner's own mail: a line for each, with mailbox, UIDVALIDITY, UID and flags.
func (o *owner) letters() []string {
	o.t.Helper()
	var all []string
	for _, name := range o.mailboxes() {
		opened := strings.Join(o.do("EXAMINE %q", name), "\n")
		uids := o.search("X-Private", "yes")
		if len(uids) == 0 {
			continue
		}
		for _, line := range o.do("UID FETCH %s (UID FLAGS)", strings.Join(uids, ",")) {
			if uid, words, ok := readFlags(line); ok {
				all = append(all, fmt.Sprintf("%s %s %s (%s)", name,
					validity.FindStringSubmatch(opened)[1], uid, words))
			}
		}
	}
	return all
}

// flags are those of each copy of a message in a mailbox, but for \Recent.
func (o *owner) flags(messageID, mailbox string) []string {
	o.t.Helper()
	o.do("EXAMINE %q", mailbox)
	var all []string
	for _, line := range o.do("UID FETCH %s (UID FLAGS)",
		strings.Join(o.search("Message-ID", messageID), ",")) {
		if _, words, ok := readFlags(line); ok {
			all = append(all, words)
		}
	}
	return all
}

// readFlags reads the UID and the flags of an answer to FETCH. \Recent is left out, because the
// owner's own look changes it.
func readFlags(line string) (uid, words string, ok bool) {
	number, flags := fetched.FindStringSubmatch(line), flagged.FindStringSubmatch(line)
	if number == nil || flags == nil {
		return "", "", false
	}
	all := slices.DeleteFunc(strings.Fields(flags[1]), func(f string) bool { return f == `\Recent` })
	slices.Sort(all)
	return number[1], strings.Join(all, " "), true
}
