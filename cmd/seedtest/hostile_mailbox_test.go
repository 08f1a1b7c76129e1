package main

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pile is a mailbox of a villain. Its lock is the villain's.
type pile struct {
	name, attrs    string
	validity, next uint32
	letters        []item
}

type item struct {
	uid uint32
	raw string // header, empty line, body
}

func newPile(name, attrs string) *pile {
	return &pile{name: name, attrs: attrs, validity: 7, next: 1}
}

// put puts a message on top. The last UID of all leaves no number for UIDNEXT.
func (p *pile) put(raw string) {
	p.letters = append(p.letters, item{p.next, raw})
	p.next = max(p.next, p.next+1)
}

// status is what STATUS and SELECT tell.
func (p *pile) status() string {
	return fmt.Sprintf("MESSAGES %d UIDNEXT %d UIDVALIDITY %d", len(p.letters), p.next, p.validity)
}

// receive takes a message that came by SMTP.
func (v *villain) receive(raw string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.came = true
	if v.deliver != nil {
		v.deliver(v, raw)
		return
	}
	v.piles[0].put(raw)
}

// keeps has a villain show no mail until it turns.
func keeps(v *villain, raw string) { v.kept = append(v.kept, raw) }

// turns has a villain show what it kept, and do from now on what another one does.
func (v *villain) turns(evil *villain) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, raw := range v.kept {
		v.piles[0].put(raw)
	}
	v.greet, v.instead, v.kept = evil.greet, evil.instead, nil
}

// mailbox finds a mailbox by the name in an argument, quoted or not.
func (c *foe) mailbox(arg string) *pile {
	name := arg
	if strings.HasPrefix(arg, `"`) {
		name = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.Trim(arg, `"`))
	}
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	for _, p := range c.v.piles {
		if p.name == name {
			return p
		}
	}
	return newPile(name, "")
}

// list answers LIST with every mailbox.
func (c *foe) list() {
	c.v.mu.Lock()
	piles := slices.Clone(c.v.piles)
	c.v.mu.Unlock()
	for _, p := range piles {
		c.say("* LIST (\\HasNoChildren %s) \"/\" {%d}\r\n%s", p.attrs, len(p.name), p.name)
	}
}

// show answers FETCH of the mailbox that is open, by UID or by place.
func (c *foe) show(arg string, byUID bool) {
	for _, line := range c.shown(arg, byUID) {
		c.say("%s", line)
	}
}

// shown is what FETCH brings.
func (c *foe) shown(arg string, byUID bool) []string {
	if c.open == nil {
		return nil
	}
	set, items, _ := strings.Cut(arg, " ")
	c.v.mu.Lock()
	letters := slices.Clone(c.open.letters)
	c.v.mu.Unlock()
	var lines []string
	for i, l := range letters {
		seq := uint32(i + 1)
		number, last := seq, uint32(len(letters))
		if byUID {
			number, last = l.uid, letters[len(letters)-1].uid
		}
		if inSet(set, number, last) {
			lines = append(lines, l.fetched(seq, items))
		}
	}
	return lines
}

// usualDate is when all messages came.
const usualDate = "26-Nov-2026 08:00:00 +0000"

// fetched is a message as FETCH tells it.
func (l item) fetched(seq uint32, items string) string {
	line := fmt.Sprintf("* %d FETCH (UID %d", seq, l.uid)
	if strings.Contains(items, "INTERNALDATE") {
		line += ` INTERNALDATE "` + usualDate + `"`
	}
	head, body, _ := strings.Cut(l.raw, "\r\n\r\n")
	if strings.Contains(items, "[HEADER]") {
		line += fmt.Sprintf(" BODY[HEADER]<0> {%d}\r\n%s\r\n\r\n", len(head)+4, head)
	}
	if strings.Contains(items, "[TEXT]") {
		line += fmt.Sprintf(" BODY[TEXT]<0> {%d}\r\n%s", len(body), body)
	}
	return line + ")"
}

// inSet reports whether a number is in a set such as "1:3,7:*".
func inSet(set string, n, last uint32) bool {
	number := func(text string) uint32 {
		if text == "*" {
			return last
		}
		x, _ := strconv.ParseUint(text, 10, 32)
		return uint32(x)
	}
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		lo, hi := number(from), number(from)
		if isRange {
			hi = number(to)
		}
		if min(lo, hi) <= n && n <= max(lo, hi) {
			return true
		}
	}
	return false
}

// expunge removes messages by their UIDs.
func (c *foe) expunge(set string) {
	if c.open == nil {
		return
	}
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	c.open.letters = slices.DeleteFunc(c.open.letters, func(l item) bool {
		return inSet(set, l.uid, l.uid)
	})
}

// post is an SMTP server that takes everything, and gives it to the villain of its recipient, and to
// that of its sender.
type post struct {
	port     int
	villains map[string]*villain // by address
}

func (p *post) start(t *testing.T) *post {
	t.Helper()
	p.villains = map[string]*villain{}
	p.port = serving(t, func(conn net.Conn, _ <-chan struct{}) { p.serve(conn) })
	return p
}

func (p *post) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 post.example ESMTP")
	var to []string // and who sends
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch word := strings.ToUpper(line[:min(4, len(line))]); word {
		case "EHLO":
			say("250-post.example\r\n250 8BITMIME")
		case "MAIL", "RCPT":
			_, rest, _ := strings.Cut(line, "<")
			address, _, _ := strings.Cut(rest, ">")
			to = append(to, address)
			say("250 ok")
		case "DATA":
			say("354 go on")
			raw, err := contentOf(in)
			if err != nil {
				return
			}
			for _, address := range to {
				if v := p.villains[address]; v != nil {
					v.receive(raw)
				}
			}
			to = nil
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// content reads what follows DATA.
func contentOf(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == ".\r\n" {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}
