package lab

import (
	"bytes"
	"mime"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// headerHas asks whether a field contains a text, in any case, encoded words decoded. Any field of
// the name has the empty text.
func headerHas(field, text string) searchTest {
	text = strings.ToLower(text)
	return func(m picked) bool {
		header, _ := splitLetter(m.raw)
		for _, line := range headerLines(header) {
			name, value := fieldOf(line)
			if strings.EqualFold(name, field) &&
				(contains(value, text) || contains(decodedWords(value), text)) {
				return true
			}
		}
		return false
	}
}

func contains(value, low string) bool { return strings.Contains(strings.ToLower(value), low) }

// decodedWords decodes RFC 2047 words, if they can be.
func decodedWords(value string) string {
	decoder := mime.WordDecoder{}
	if text, err := decoder.DecodeHeader(value); err == nil {
		return text
	}
	return value
}

func textHas(text string, part func(picked) []byte) searchTest {
	low := bytes.ToLower([]byte(text))
	return func(m picked) bool { return bytes.Contains(bytes.ToLower(part(m)), low) }
}

// dateIs compares days, without regard to the time and the zone (RFC 9051 section 6.4.4).
func dateIs(how string, day time.Time, of func(picked) time.Time) searchTest {
	return func(m picked) bool {
		at := of(m)
		if at.IsZero() {
			return false
		}
		date := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		switch how {
		case "BEFORE":
			return date.Before(day)
		case "ON":
			return date.Equal(day)
		}
		return !date.Before(day)
	}
}

// sentDate is the Date field; the zero time if there is none that can be read.
func sentDate(m picked) time.Time {
	header, _ := splitLetter(m.raw)
	for _, line := range headerLines(header) {
		if name, value := fieldOf(line); strings.EqualFold(name, "Date") {
			at, _ := mail.ParseDate(value)
			return at
		}
	}
	return time.Time{}
}

// gmailKey is a key of X-GM-EXT-1.
func (s *imapSearch) gmailKey(name string) searchTest {
	word := s.astring()
	switch name {
	case "X-GM-RAW":
		return s.rawQuery(word)
	case "X-GM-MSGID", "X-GM-THRID":
		return func(m picked) bool { return strconv.FormatUint(m.id, 10) == word }
	case "X-GM-LABELS":
		return func(m picked) bool {
			for _, l := range m.labels {
				if strings.EqualFold(utf7(l), word) {
					return true
				}
			}
			return false
		}
	}
	s.fail("unknown search key %s", imapShown(name))
	return func(picked) bool { return false }
}

// rawQuery is what people type into Gmail's search box: words, all of which must hold, each with
// "-" before it where it must not.
func (s *imapSearch) rawQuery(query string) searchTest {
	var tests []searchTest
	for word := range strings.FieldsSeq(query) {
		bare, not := strings.CutPrefix(word, "-")
		test := s.rawWord(bare)
		tests = append(tests, func(m picked) bool { return test(m) != not })
	}
	return func(m picked) bool {
		for _, test := range tests {
			if !test(m) {
				return false
			}
		}
		return true
	}
}

func (s *imapSearch) rawWord(word string) searchTest {
	operator, value, ok := strings.Cut(word, ":")
	value = strings.Trim(value, `"()`)
	switch strings.ToLower(operator) {
	case "category":
		return s.inCategory(value)
	case "in", "label":
		return s.inMailbox(value)
	case "rfc822msgid":
		return headerHas("Message-ID", strings.Trim(value, "<>"))
	case "subject", "from", "to", "cc":
		return headerHas(operator, value)
	}
	if ok {
		return func(picked) bool { return false }
	}
	return textHas(strings.Trim(word, `"`), func(m picked) []byte { return m.raw })
}

// inCategory holds for messages of a class; only the inbox has classes.
func (s *imapSearch) inCategory(class string) searchTest {
	return func(m picked) bool {
		s.conn.account.mu.Lock()
		defer s.conn.account.mu.Unlock()
		return strings.EqualFold(m.class, class) &&
			s.conn.account.inRole(m.letter, seedtest.RoleInbox)
	}
}

func (s *imapSearch) inMailbox(name string) searchTest {
	roles := map[string]seedtest.Role{"inbox": seedtest.RoleInbox, "spam": seedtest.RoleJunk,
		"trash": seedtest.RoleTrash, "sent": seedtest.RoleSent, "drafts": seedtest.RoleDrafts,
		"starred": seedtest.RoleFlagged, "important": seedtest.RoleImportant,
		"anywhere": seedtest.RoleNone}
	role, known := roles[strings.ToLower(name)]
	return func(m picked) bool {
		a := s.conn.account
		a.mu.Lock()
		defer a.mu.Unlock()
		switch {
		case !known:
			box := a.find(name)
			return box != nil && box.holding(m.letter) != nil
		case role == seedtest.RoleNone:
			return true
		}
		return a.inRole(m.letter, role)
	}
}
