package inbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is an IMAP server in memory. It is honest unless a test says otherwise: answer may take
// any command line and answer it in its stead.
type server struct {
	mu     sync.Mutex
	boxes  []*mailbox
	caps   string
	greet  string // the first line
	answer func(c *client, tag, line string) bool
	down   error                   // dialling fails with it
	dialed func(net.Conn) net.Conn // what a client gets in place of its connection; nil: that
	deaf   bool                    // it pushes nothing
	conns  []*client
	log    []string // every command line without its tag
	logins int
	wait   sync.WaitGroup
}

type mailbox struct {
	name, attrs    string
	validity, next uint32
	messages       []letter
}

type letter struct {
	uid          uint32
	date         time.Time
	header, text string
	deleted      bool // marked as such
}

// client is one connection to the server.
type client struct {
	*server
	net.Conn
	open   *mailbox
	idling string          // tag of IDLE
	told   map[string]bool // mailboxes that NOTIFY asked for
}

const allCaps = "IMAP4rev1 IDLE UNSELECT LITERAL+ SASL-IR SPECIAL-USE LIST-EXTENDED ID"

// newServer returns a server with the mailboxes that most have.
func newServer(t testing.TB) *server {
	s := &server{caps: allCaps, greet: "* OK ready"}
	s.create("INBOX", "")
	s.create("Spam", `\Junk`)
	s.create("Trash", `\Trash`)
	s.create("Sent", `\Sent`)
	s.create("News", "")
	t.Cleanup(func() {
		s.hangUp()
		s.wait.Wait()
	})
	return s
}

func (s *server) create(name, attrs string) *mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &mailbox{name: name, attrs: attrs, validity: 7, next: 1}
	s.boxes = append(s.boxes, m)
	return m
}

// instead has command lines answered by answer from now on; nil: honestly.
func (s *server) instead(answer func(c *client, tag, line string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// refuse makes dialling fail, or work again.
func (s *server) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// count returns how many messages are in a mailbox.
func (s *server) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.box(name).messages)
}

func (s *server) box(name string) *mailbox {
	for _, m := range s.boxes {
		if m.name == name {
			return m
		}
	}
	return nil
}

// deliver puts a message into a mailbox, and tells whoever idles there.
func (s *server) deliver(name, header, text string) uint32 {
	s.mu.Lock()
	m := s.box(name)
	m.messages = append(m.messages, letter{m.next, time.Now(), header, text, false})
	m.next++
	n, uid := len(m.messages), m.next-1
	var push []*client
	for _, c := range s.conns {
		if c.idling != "" && !s.deaf && (c.open == m || c.told[name]) {
			push = append(push, c)
		}
	}
	s.mu.Unlock()
	for _, c := range push {
		if c.told[name] {
			c.sayStatus(m)
		} else {
			c.say("* %d EXISTS", n)
		}
	}
	return uid
}

// remove takes a message out of a mailbox.
func (s *server) remove(name string, uid uint32) letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.box(name)
	i := slices.IndexFunc(m.messages, func(l letter) bool { return l.uid == uid })
	l := m.messages[i]
	m.messages = slices.Delete(m.messages, i, i+1)
	return l
}

// move moves a message.
func (s *server) move(from string, uid uint32, to string) {
	l := s.remove(from, uid)
	s.deliver(to, l.header, l.text)
}

// hangUp breaks every connection.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Conn.Close()
	}
	s.conns = nil
}

// asked counts the command lines that begin with a word.
func (s *server) asked(word string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, line := range s.log {
		if strings.HasPrefix(line, word) {
			n++
		}
	}
	return n
}

func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	near, far := net.Pipe()
	c := &client{server: s, Conn: far}
	s.conns = append(s.conns, c)
	s.wait.Add(1)
	go c.serve()
	if s.dialed != nil {
		near = s.dialed(near)
	}
	return near, nil
}

func (c *client) serve() {
	defer c.wait.Done()
	defer c.Conn.Close()
	c.say("%s", c.greet)
	lines := bufio.NewScanner(c.Conn)
	for lines.Scan() {
		if c.take(lines.Text()) != nil {
			return
		}
	}
}

var errBye = errors.New("bye")

func (c *client) take(line string) error {
	tag, rest, _ := strings.Cut(line, " ")
	c.mu.Lock()
	idling := c.idling
	if idling != "" {
		tag, rest = idling, line
		c.idling = ""
	}
	c.log = append(c.log, rest)
	answer := c.answer
	c.mu.Unlock()
	if answer != nil && answer(c, tag, rest) {
		return nil
	}
	return c.honest(tag, rest)
}

func (c *client) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Conn, format+"\r\n", args...)
}

// honest answers a command as the standard says.
func (c *client) honest(tag, rest string) error {
	name, arg, _ := strings.Cut(rest, " ")
	switch name {
	case "CAPABILITY":
		c.say("* CAPABILITY %s", c.caps)
	case "LOGIN":
		c.mu.Lock()
		c.logins++
		c.mu.Unlock()
	case "LIST":
		c.list(arg)
	case "STATUS":
		return c.status(tag, arg)
	case "EXAMINE":
		return c.examine(tag, arg)
	case "UNSELECT", "CLOSE":
		c.mu.Lock()
		c.open = nil
		c.mu.Unlock()
	case "FETCH":
		c.fetch(arg, false)
	case "UID":
		if kind, arg, _ := strings.Cut(arg, " "); kind == "FETCH" {
			c.fetch(arg, true)
		}
	case "NOTIFY":
		return c.notify(tag, arg)
	case "IDLE":
		c.mu.Lock()
		c.idling = tag
		c.mu.Unlock()
		c.say("+ idling")
		return nil
	case "LOGOUT":
		c.say("* BYE see you")
		c.say("%s OK done", tag)
		return errBye
	case "ID":
		c.say(`* ID ("name" "Memory" "version" "1")`)
	}
	c.say("%s OK done", tag)
	return nil
}

func (c *client) list(arg string) {
	c.mu.Lock()
	boxes := slices.Clone(c.boxes)
	c.mu.Unlock()
	for _, m := range boxes {
		c.say(`* LIST (%s) "/" "%s"`, m.attrs, m.name)
		if strings.Contains(arg, "STATUS") {
			c.sayStatus(m)
		}
	}
}

func (c *client) sayStatus(m *mailbox) {
	c.mu.Lock()
	n, next, validity := len(m.messages), m.next, m.validity
	c.mu.Unlock()
	c.say(`* STATUS "%s" (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)`, m.name, n, next, validity)
}

// named finds the mailbox that begins an argument.
func (c *client) named(arg string) *mailbox {
	name, _, _ := strings.Cut(arg, " ")
	if strings.HasPrefix(arg, `"`) {
		name, _, _ = strings.Cut(arg[1:], `"`)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.box(name)
}

func (c *client) status(tag, arg string) error {
	m := c.named(arg)
	switch {
	case m == nil:
		c.say("%s NO no such mailbox", tag)
		return nil
	case m == c.open:
		c.say("%s BAD STATUS of the selected mailbox", tag)
		return nil
	}
	c.sayStatus(m)
	c.say("%s OK done", tag)
	return nil
}

func (c *client) examine(tag, arg string) error {
	m := c.named(arg)
	if m == nil {
		c.say("%s NO no such mailbox", tag)
		return nil
	}
	c.mu.Lock()
	c.open = m
	n, next, validity := len(m.messages), m.next, m.validity
	c.mu.Unlock()
	c.say("* FLAGS (\\Seen)")
	c.say("* %d EXISTS", n)
	c.say("* OK [UIDVALIDITY %d] valid", validity)
	c.say("* OK [UIDNEXT %d] next", next)
	c.say("%s OK [READ-ONLY] done", tag)
	return nil
}

func (c *client) fetch(arg string, byUID bool) {
	set, items, _ := strings.Cut(arg, " ")
	for _, l := range c.chosen(set, byUID) {
		out := fmt.Sprintf("UID %d", l.uid)
		if strings.Contains(items, "INTERNALDATE") {
			out += l.date.Format(` INTERNALDATE "_2-Jan-2006 15:04:05 -0700"`)
		}
		if strings.Contains(items, "BODY.PEEK[HEADER]") {
			out += fmt.Sprintf(" BODY[HEADER]<0> {%d}\r\n%s", len(l.header), l.header)
		}
		if strings.Contains(items, "BODY.PEEK[TEXT]") {
			out += fmt.Sprintf(" BODY[TEXT]<0> {%d}\r\n%s", len(l.text), l.text)
		}
		c.say("* %d FETCH (%s)", l.seq, out)
	}
}

type numbered struct {
	letter
	seq int
}

// chosen returns the messages of the open mailbox that a set names.
func (c *client) chosen(set string, byUID bool) []numbered {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		return nil
	}
	all := c.open.messages
	var found []numbered
	for i, l := range all {
		n, last := uint32(i+1), uint32(len(all))
		if byUID {
			n, last = l.uid, all[len(all)-1].uid
		}
		if inSet(set, n, last) {
			found = append(found, numbered{l, i + 1})
		}
	}
	return found
}

// inSet reports whether a sequence set names a number; "*" is the last one.
func inSet(set string, n, last uint32) bool {
	number := func(s string) uint32 {
		if s == "*" {
			return last
		}
		v, _ := strconv.ParseUint(s, 10, 32)
		return uint32(v)
	}
	for part := range strings.SplitSeq(set, ",") {
		lo, hi, isRange := strings.Cut(part, ":")
		if !isRange {
			hi = lo
		}
		a, b := number(lo), number(hi)
		if n >= min(a, b) && n <= max(a, b) {
			return true
		}
	}
	return false
}

var errDown = errors.New("connection refused")
