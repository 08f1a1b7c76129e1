package sender

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// Composer composes as Compose does, byte for byte. What is the same in all copies of a plain message
// it composes once. The zero value is ready; it is safe for concurrent use.
type Composer struct {
	mu      sync.Mutex
	letters map[letterName]*letter
}

// letterName tells the messages of a run apart, and by whom they are sent.
type letterName struct{ message, from, envelope string }

// maxLetters bounds how many messages are kept in mind.
const maxLetters = 1000

// Compose is the function of that name.
func (c *Composer) Compose(d Draft) (seedtest.Composed, error) {
	if l := c.letter(d); l != nil {
		if out, ok := l.fill(d); ok {
			var err error
			if out.Data, err = d.Keys.sign(out.Data, d.Date); err == nil {
				return out, nil
			}
		}
	}
	return Compose(d)
}

// letter is the letter of a draft, or nil if its message is none to be filled in.
func (c *Composer) letter(d Draft) *letter {
	m := d.Message
	if m.HTML != "" || m.Template != nil || m.Attachments != nil || m.GTUBE || m.EICAR {
		return nil
	}
	name := letterName{m.Name, d.From.From, d.From.EnvelopeFrom}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.letters[name]
	if l == nil || !l.isOf(m) {
		if len(c.letters) >= maxLetters || c.letters == nil {
			c.letters = map[letterName]*letter{}
		}
		l = newLetter(d)
		c.letters[name] = l
	}
	if l.pieces == nil {
		return nil
	}
	return l
}

// letter is a message with gaps where one copy differs from another.
type letter struct {
	message seedtest.Message
	from    *mail.Address
	reverse string  // the envelope sender; empty: one has the token in it
	pieces  []piece // nil: the message differs elsewhere, too
	length  int     // octets of all texts
}

// piece is text that stays, and what comes behind it.
type piece struct {
	text string
	gap  gap
}

type gap int

const (
	gapNone gap = iota
	gapDate
	gapTo // the whole field
	gapID
	gapToken
	gapRef
)

// roomForGaps is how many octets the values of most copies have at most.
const roomForGaps = 320

// standIn is a draft with values that no other has, by which gaps are found.
type standIn struct {
	token seedtest.Token
	to    string
	date  time.Time
}

var standIns = [2]standIn{
	{seedtest.Token(strings.Repeat("w3xqz", seedtest.TokenLen)[:seedtest.TokenLen]),
		"w3xqz@gap.invalid", time.Date(1971, time.February, 3, 4, 5, 6, 0, time.FixedZone("", 7*3600))},
	{seedtest.Token(strings.Repeat("k7vyj4", seedtest.TokenLen)[:seedtest.TokenLen]),
		"k7vyj4.q@other.gap.invalid", time.Date(2038, time.November, 12, 13, 14, 15, 0, time.UTC)},
}

func (s standIn) in(d Draft) Draft {
	d.Token, d.To, d.Date, d.MessageID = s.token, []string{s.to}, s.date, ""
	return d
}

// newLetter composes a message with one stand-in, takes that out, and sees whether another, put in its
// place, gives what Compose makes of it.
func newLetter(d Draft) *letter {
	l := &letter{message: d.Message}
	l.message.Headers = slices.Clone(d.Message.Headers)
	d.Keys, d.Hazard = nil, false
	first, err := Compose(standIns[0].in(d))
	if err != nil {
		return l
	}
	if l.from, err = parseFrom(d.From); err != nil {
		return l
	}
	other := standIns[1].in(d)
	want, err := Compose(other)
	if want.EnvelopeFrom == first.EnvelopeFrom {
		l.reverse = first.EnvelopeFrom
	}
	l.pieces = l.cut(string(first.Data), standIns[0])
	got, ok := l.fill(other)
	if err != nil || !ok || !bytes.Equal(want.Data, got.Data) {
		l.pieces = nil
	}
	return l
}

// isOf reports whether it is the letter of that message.
func (l *letter) isOf(m seedtest.Message) bool {
	return l.message.Subject == m.Subject && l.message.Text == m.Text &&
		slices.Equal(l.message.Headers, m.Headers)
}

// cut finds the gaps. Our To is the first one: another, of somebody's text, may be encoded or folded by what
// stands in it, and stays.
func (l *letter) cut(text string, s standIn) (pieces []piece) {
	type mark struct {
		text string
		gap  gap
	}
	marks := []mark{ // of those that begin at the same place the longest comes first
		{s.date.Format(dateForm), gapDate}, {"To: <" + s.to + ">\r\n", gapTo},
		{string(s.token) + "@" + domainOf(l.from.Address), gapID},
		{string(s.token), gapToken}, {s.token.Ref(), gapRef},
	}
	for {
		at, next := len(text), piece{}
		length := 0
		for _, m := range marks {
			if i := strings.Index(text, m.text); i >= 0 && i < at {
				at, length, next.gap = i, len(m.text), m.gap
			}
		}
		next.text = text[:at]
		pieces = append(pieces, next)
		l.length += at
		switch next.gap {
		case gapNone:
			return pieces
		case gapTo:
			marks = slices.DeleteFunc(marks, func(m mark) bool { return m.gap == gapTo })
		}
		text = text[at+length:]
	}
}

// fill makes the copy of a draft, or says that Compose knows why there is none.
func (l *letter) fill(d Draft) (seedtest.Composed, bool) {
	c := seedtest.Composed{EnvelopeID: string(d.Token), EnvelopeFrom: l.reverse, Notify: d.Notify}
	var err error
	if c.EnvelopeFrom == "" {
		if c.EnvelopeFrom, err = reversePath(d.From, l.from, d.Token); err != nil {
			return c, false
		}
	}
	if c.To, err = recipients(d.To); err != nil {
		return c, false
	}
	id, err := messageID(d, l.from)
	if err != nil || d.Date.IsZero() {
		return c, false
	}
	var b bytes.Buffer
	b.Grow(l.length + roomForGaps)
	for _, p := range l.pieces {
		b.WriteString(p.text)
		switch p.gap {
		case gapDate:
			b.Write(d.Date.AppendFormat(b.AvailableBuffer(), dateForm))
		case gapTo:
			writeTo(&b, c.To)
		case gapID:
			b.WriteString(id)
		case gapToken:
			b.WriteString(string(d.Token))
		case gapRef:
			b.WriteString(d.Token.Ref())
		}
	}
	c.Data = b.Bytes()
	return c, true
}
