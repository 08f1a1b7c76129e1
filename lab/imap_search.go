package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// searchTest is a search key (RFC 9051 section 6.4.4) as it holds for a message or not.
type searchTest func(picked) bool

// imapSearch reads the keys of one SEARCH.
type imapSearch struct {
	*imapParser
	conn  *imapConn
	last  uint32 // highest message number
	top   uint32 // highest UID
	depth int
}

const imapMaxDepth = 50

func searchIMAP(byUID bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		s := &imapSearch{imapParser: p, conn: c, last: uint32(len(c.view.known))}
		if s.last > 0 {
			s.top = c.view.known[s.last-1].uid
		}
		returns, extended := s.returns()
		if s.word("CHARSET") {
			p.space()
			if name := strings.ToUpper(p.astring()); name != "UTF-8" && name != "US-ASCII" {
				return imapNo("BADCHARSET (US-ASCII UTF-8)", "Unknown charset")
			}
			p.space()
		}
		test := s.all()
		if p.end(); p.err != nil {
			return p.refusal()
		}
		c.search(test, returns, extended, byUID)
		return imapOK("SEARCH completed")
	}
}

// search tells which messages pass: their numbers, or what RETURN asks for (RFC 4731).
func (c *imapConn) search(test searchTest, returns []string, extended, byUID bool) {
	var found []uint32
	for _, m := range c.pick(imapSet{{1, imapLast}}, false) {
		switch {
		case !test(m):
		case byUID:
			found = append(found, m.uid)
		default:
			found = append(found, uint32(m.number))
		}
	}
	if !extended {
		c.untagged("%s", strings.TrimRight("SEARCH "+imapNumbers(found, " "), " "))
		return
	}
	c.untagged("ESEARCH (TAG %s)%s", imapQuoted(c.tag), searchResult(found, returns, byUID))
}

func searchResult(found []uint32, returns []string, byUID bool) string {
	text := ""
	if byUID {
		text = " UID"
	}
	for _, r := range returns {
		switch {
		case r == "COUNT":
			text += fmt.Sprintf(" COUNT %d", len(found))
		case len(found) == 0:
		case r == "MIN":
			text += fmt.Sprintf(" MIN %d", found[0])
		case r == "MAX":
			text += fmt.Sprintf(" MAX %d", found[len(found)-1])
		default:
			text += " ALL " + imapNumbers(found, ",")
		}
	}
	return text
}

// returns reads RETURN (...), which stands before the keys.
func (s *imapSearch) returns() (options []string, extended bool) {
	if !s.conn.style.has("ESEARCH") || !s.word("RETURN") {
		return nil, false
	}
	s.space()
	options = s.words()
	s.space()
	for _, o := range options {
		if !slices.Contains([]string{"MIN", "MAX", "ALL", "COUNT"}, o) {
			s.fail("unknown option %s", imapShown(o))
		}
	}
	if len(options) == 0 {
		options = []string{"ALL"}
	}
	return options, true
}

// word reads a word if it comes next.
func (s *imapSearch) word(word string) bool {
	n := len(word)
	if len(s.rest) < n || !strings.EqualFold(string(s.rest[:n]), word) ||
		len(s.rest) > n && atomChar(s.rest[n]) {
		return false
	}
	s.rest = s.rest[n:]
	return true
}

// all reads keys of which all must hold, up to a ")" or the end.
func (s *imapSearch) all() searchTest {
	tests := []searchTest{s.key()}
	for s.err == nil && s.skip(' ') {
		tests = append(tests, s.key())
	}
	return func(m picked) bool {
		return !slices.ContainsFunc(tests, func(t searchTest) bool { return !t(m) })
	}
}

func (s *imapSearch) key() searchTest {
	if s.depth++; s.depth > imapMaxDepth {
		s.fail("too deep a search")
	}
	defer func() { s.depth-- }()
	if s.skip('(') {
		test := s.all()
		s.expect(')')
		return test
	}
	if s.next('*') || len(s.rest) > 0 && isDigit(s.rest[0]) {
		set := s.set()
		return func(m picked) bool { return set.holds(uint32(m.number), s.last) }
	}
	name := strings.ToUpper(s.atom())
	if test := flagTest(name); test != nil {
		return test
	}
	return s.keyWithArgument(name)
}

// flagTest is a key that asks for a flag, or for nothing.
func flagTest(name string) searchTest {
	switch name {
	case "ALL", "OLD":
		return func(picked) bool { return true }
	case "NEW", "RECENT": // no session is the first to see a message
		return func(picked) bool { return false }
	}
	bare, without := strings.CutPrefix(name, "UN")
	flag, ok := map[string]string{"SEEN": `\Seen`, "ANSWERED": `\Answered`, "DRAFT": `\Draft`,
		"DELETED": `\Deleted`, "FLAGGED": `\Flagged`}[bare]
	if !ok {
		return nil
	}
	return hasFlag(flag, !without)
}

func hasFlag(flag string, want bool) searchTest {
	return func(m picked) bool {
		has := slices.ContainsFunc(m.flags, func(f string) bool { return strings.EqualFold(f, flag) })
		return has == want
	}
}

func (s *imapSearch) keyWithArgument(name string) searchTest {
	s.space()
	switch name {
	case "NOT":
		test := s.key()
		return func(m picked) bool { return !test(m) }
	case "OR":
		a := s.key()
		s.space()
		b := s.key()
		return func(m picked) bool { return a(m) || b(m) }
	case "UID":
		set := s.set()
		return func(m picked) bool { return set.holds(m.uid, s.top) }
	case "KEYWORD", "UNKEYWORD":
		return hasFlag(s.atom(), name == "KEYWORD")
	case "LARGER", "SMALLER":
		n := int64(s.number())
		return func(m picked) bool {
			size := int64(len(m.raw))
			return name == "LARGER" && size > n || name == "SMALLER" && size < n
		}
	}
	if strings.HasPrefix(name, "X-GM-") && s.conn.style.has("X-GM-EXT-1") {
		return s.gmailKey(name)
	}
	return s.textKey(name)
}

func (s *imapSearch) textKey(name string) searchTest {
	switch name {
	case "HEADER":
		field := s.astring()
		s.space()
		return headerHas(field, s.astring())
	case "FROM", "TO", "CC", "BCC", "SUBJECT":
		return headerHas(name, s.astring())
	case "TEXT":
		return textHas(s.astring(), func(m picked) []byte { return m.raw })
	case "BODY":
		return textHas(s.astring(), func(m picked) []byte { _, text := splitLetter(m.raw); return text })
	case "BEFORE", "ON", "SINCE":
		return dateIs(name, s.date(), func(m picked) time.Time { return m.at })
	case "SENTBEFORE", "SENTON", "SENTSINCE":
		return dateIs(strings.TrimPrefix(name, "SENT"), s.date(), sentDate)
	}
	s.fail("unknown search key %s", imapShown(name))
	return func(picked) bool { return false }
}

func (s *imapSearch) date() time.Time {
	at, err := time.Parse("2-Jan-2006", s.astring())
	if err != nil {
		s.fail("a date that is none")
	}
	return at
}
