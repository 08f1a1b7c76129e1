package inbox

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// answer is all that the server said to one command.
type answer struct {
	command string
	status  string // OK, NO or BAD; empty: the connection broke first
	code    string // response code with its arguments, without brackets
	text    string

	listed      []listedBox
	statuses    []boxStatus
	fetched     []fetched
	places      []place  // of every message that FETCH told of
	found       []uint32 // UIDs of SEARCH
	quotas      []Quota
	copied      string // the response code COPYUID, if it came before the end of the command
	exists      uint32
	uidValidity uint32
	uidNext     uint32
	said        int // bytes, bounded by maxAnswer
	held        int // bytes of what is kept, more or less; bounded by maxHeld
}

const (
	maxAnswer = 64 << 20 // bytes of the answer to one command
	maxHeld   = 16 << 20 // bytes kept of the answers to all commands of one write
	maxListed = 10_000   // mailboxes
)

// What an item of an answer takes in memory beside its texts, more or less.
const (
	heldPlace = 8
	heldFound = 4
	heldWord  = 32
	heldItem  = 128
)

type listedBox struct {
	Listed
	spelling spelling
	usable   bool // its name can be sent back
}

// boxStatus is a STATUS reply.
type boxStatus struct {
	mailbox     string
	messages    uint32
	uidNext     uint32
	uidValidity uint32
}

// place is where a message stands in its mailbox.
type place struct{ seq, uid uint32 }

// fetched is what FETCH told of one message beyond its place, whatever the order of its items.
type fetched struct {
	uid          uint32
	internalDate time.Time
	header       []byte
	hasHeader    bool
	text         []byte
	hasText      bool
}

// refusal is a NO or BAD.
type refusal struct {
	command string
	status  string
	code    string
	text    string
}

// refusal returns the NO or BAD that the answer is, or nil.
func (a *answer) refusal() error {
	if a.status == "OK" {
		return nil
	}
	return &refusal{command: a.command, status: a.status, code: a.code, text: a.text}
}

// limited reports whether the server says that it told of some messages only (RFC 9738).
func (a *answer) limited() bool {
	word, _, _ := strings.Cut(a.code, " ")
	return strings.EqualFold(word, "MESSAGELIMIT")
}

// firstRefusal returns the refusal of the first command that was refused, or nil.
func firstRefusal(answers []*answer) error {
	for _, a := range answers {
		if err := a.refusal(); err != nil {
			return err
		}
	}
	return nil
}

func (r *refusal) Error() string {
	if r.code != "" {
		return fmt.Sprintf("%s: %s [%s] %s", r.command, r.status, r.code, r.text)
	}
	return fmt.Sprintf("%s: %s %s", r.command, r.status, r.text)
}

// add takes an untagged response, given without its "* ". It reports what kind it was.
func (a *answer) add(raw []byte) (kind string, err error) {
	if a.said += len(raw); a.said > maxAnswer || len(a.listed) > maxListed {
		return "", errTooMuch
	}
	vs := parseValues(raw)
	if len(vs) == 0 {
		return "", nil
	}
	if n, ok := vs[0].number(); ok && len(vs) > 1 {
		return a.addNumbered(n, vs[1:]), nil
	}
	kind = strings.ToUpper(vs[0].String())
	switch kind {
	case "LIST", "XLIST":
		a.addList(vs[1:])
	case "STATUS":
		a.addStatus(vs[1:])
	case "SEARCH":
		for _, v := range vs[1:] {
			if n, ok := v.number(); ok {
				a.found = append(a.found, n)
				a.held += heldFound
			}
		}
	case "QUOTA":
		a.addQuota(vs[1:])
	case "OK":
		_, code, _ := statusLine(raw)
		a.addCode(code)
	}
	return kind, nil
}

func (a *answer) addNumbered(n uint32, vs []value) string {
	kind := strings.ToUpper(vs[0].String())
	switch kind {
	case "EXISTS":
		a.exists = n
	case "FETCH":
		if len(vs) > 1 {
			a.addFetch(n, vs[1].list)
		}
	}
	return kind
}

// addFetch reads the items in whatever order they come: UID may stand after the literal, and
// items may come that nobody asked for.
func (a *answer) addFetch(seq uint32, items []value) {
	var f fetched
	for i := 0; i+1 < len(items); i += 2 {
		name, v := strings.ToUpper(items[i].String()), items[i+1]
		switch {
		case name == "UID":
			f.uid, _ = v.number()
		case name == "INTERNALDATE":
			f.internalDate = internalDate(v.String())
		case strings.HasPrefix(name, "BODY[HEADER]"), name == "RFC822.HEADER":
			f.header, f.hasHeader = bytes.Clone(v.text), v.quoted
		case strings.HasPrefix(name, "BODY[TEXT]"):
			f.text, f.hasText = bytes.Clone(v.text), v.quoted || v.is("NIL")
		}
	}
	if f.uid == 0 {
		return
	}
	a.places = append(a.places, place{seq: seq, uid: f.uid})
	a.held += heldPlace
	if f.hasHeader || f.hasText {
		a.fetched = append(a.fetched, f)
		a.held += heldItem + len(f.header) + len(f.text)
	}
}

// internalDate reads the date of RFC 9051 section 9, date-time; the zero time if it is not one, or
// one of a year that RFC 3339, and so JSON, cannot say.
func internalDate(s string) time.Time {
	for _, layout := range []string{"_2-Jan-2006 15:04:05 -0700", "2-Jan-2006 15:04:05 -0700"} {
		t, err := time.Parse(layout, s)
		if year := t.UTC().Year(); err == nil && year > 0 && year < 10_000 {
			return t.UTC()
		}
	}
	return time.Time{}
}

func (a *answer) addList(vs []value) {
	if len(vs) < 3 {
		return
	}
	var l listedBox
	for _, v := range vs[0].list {
		l.Attrs = append(l.Attrs, v.String())
	}
	if vs[1].quoted {
		for _, r := range vs[1].String() {
			l.Delim = r
			break
		}
	}
	l.Name, l.spelling = decodeMailbox(vs[2].String())
	l.usable = l.spelling == spelledPlain || l.spelling == spelledUTF7
	a.listed = append(a.listed, l)
	a.held += heldItem + heldWord*len(l.Attrs) + len(l.Name)
}

func (a *answer) addStatus(vs []value) {
	if len(vs) < 2 {
		return
	}
	var s boxStatus
	s.mailbox, _ = decodeMailbox(vs[0].String())
	items := vs[1].list
	for i := 0; i+1 < len(items); i += 2 {
		n, _ := items[i+1].number()
		switch {
		case items[i].is("MESSAGES"):
			s.messages = n
		case items[i].is("UIDNEXT"):
			s.uidNext = n
		case items[i].is("UIDVALIDITY"):
			s.uidValidity = n
		}
	}
	a.statuses = append(a.statuses, s)
	a.held += heldItem + len(s.mailbox)
}

// addCode takes the response codes of SELECT, EXAMINE and MOVE.
func (a *answer) addCode(code string) {
	name, arg, _ := strings.Cut(code, " ")
	n, ok := value{text: []byte(arg)}.number()
	switch {
	case strings.EqualFold(name, "COPYUID"): // MOVE tells it before the end (RFC 6851 section 4.3)
		a.copied = code
	case !ok:
	case strings.EqualFold(name, "UIDNEXT"):
		a.uidNext = n
	case strings.EqualFold(name, "UIDVALIDITY"):
		a.uidValidity = n
	}
}

// statusLine splits `OK [CODE arg] text`.
func statusLine(raw []byte) (status, code, text string) {
	status, text, _ = strings.Cut(strings.TrimRight(string(raw), "\r\n"), " ")
	if strings.HasPrefix(text, "[") {
		if c, rest, ok := strings.Cut(text[1:], "]"); ok {
			code, text = c, strings.TrimLeft(rest, " ")
		}
	}
	return strings.ToUpper(status), code, text
}
