package verify

import (
	"slices"
	"strings"

	"seedtest/header"
)

// maxAuthors bounds how many authors of one message are looked at.
const maxAuthors = 100

// Authors returns the domains of the From field, each once, in lower case and A-labels (RFC 9989
// section 5.3.1). Mailboxes within groups count. Where there are none, or no one field, why says
// what is wrong.
func Authors(h header.Header) (domains []string, why string) {
	fields := h.Values("From")
	switch len(fields) {
	case 0:
		return nil, "the message has no From field"
	case 1:
	default:
		return nil, "the message has several From fields, of which no one is the author's"
	}
	for _, address := range mailboxes(fields[0]) {
		domain := cleanDomain(address[strings.LastIndexByte(address, '@')+1:])
		switch {
		case !isName(domain) || strings.HasPrefix(domain, "["):
			why = "From has an address whose domain is no domain name"
		case !slices.Contains(domains, domain):
			domains = append(domains, domain)
		}
	}
	switch {
	case why != "":
		return nil, why
	case len(domains) == 0:
		return nil, "From has no address"
	}
	return domains, ""
}

// cleanDomain brings a domain into the form in which they are compared.
func cleanDomain(s string) string {
	return strings.ToLower(toASCII(strings.TrimSuffix(strings.TrimSpace(s), ".")))
}

// addressSpecials are the marks in a list of addresses.
var addressSpecials = header.NewSpecials("<>,:;")

// mailboxes returns the addresses in a list of mailboxes and groups (RFC 5322 section 3.4), as far
// as they have an at sign.
func mailboxes(value string) []string {
	s := header.NewScanner(value, addressSpecials)
	var m mailbox
	for {
		t := s.Next()
		if t.Kind == header.KindEnd || len(m.list) >= maxAuthors {
			m.flush()
			return m.list
		}
		m.token(t)
	}
}

// mailbox is a mailbox as it is read, and those before it.
type mailbox struct {
	list    []string
	text    string // the address so far
	end     int32  // of the last token that belongs to text
	angle   bool   // text stands in angle brackets
	settled bool   // text stood in angle brackets: what follows is not the address
}

func (m *mailbox) token(t header.Token) {
	switch {
	case t.Kind == header.KindComment:
		if m.end == t.Start {
			m.end = t.End
		}
	case t.Kind != header.KindSpecial:
		m.word(t)
	case t.Text == "<":
		if m.settled {
			m.flush()
		}
		m.text, m.angle = "", true
	case t.Text == ">":
		m.angle, m.settled = false, true
	case t.Text == ":" || t.Text == "," && m.angle: // behind a group's name, or within a route
		if !m.settled {
			m.text = ""
		}
	default:
		m.flush()
	}
}

// word adds to the address what belongs to it: what stands next to it or at its at sign.
func (m *mailbox) word(t header.Token) {
	if m.settled {
		return
	}
	text := t.Text
	if t.Kind == header.KindQuoted {
		text = strings.ReplaceAll(text, "@", " ") // it is no at sign there
	}
	joined := m.end == t.Start || strings.HasSuffix(m.text, "@") || strings.HasPrefix(text, "@")
	if m.text != "" && joined {
		text = m.text + text
	}
	m.text, m.end = text, t.End
}

func (m *mailbox) flush() {
	if strings.Contains(m.text, "@") {
		m.list = append(m.list, m.text)
	}
	*m = mailbox{list: m.list}
}
