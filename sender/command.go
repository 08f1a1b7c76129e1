package sender

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// command is one of those before the content.
type command struct {
	stage seedtest.Stage // MAIL, RCPT or DATA
	to    string         // of RCPT
	many  bool           // it is one of several recipients
	asks  bool           // for reports too, for which alone it may be refused
}

// commands are those of a message up to DATA.
func (s *session) commands(m seedtest.Composed) []command {
	asks := s.asks(m)
	list := append(make([]command, 0, len(m.To)+2), command{stage: seedtest.StageMAIL, asks: asks})
	for _, to := range m.To {
		list = append(list, command{stage: seedtest.StageRCPT, to: to, many: len(m.To) > 1,
			asks: asks && len(m.Notify) > 0})
	}
	return list
}

// bySMTP has go-smtp say a command and hear the answer.
func (c command) bySMTP(to *smtp.Client, m seedtest.Composed) error {
	if c.stage == seedtest.StageMAIL {
		return to.Mail(m.EnvelopeFrom, mailOptions(m))
	}
	return to.Rcpt(c.to, rcptOptions(m, c.to))
}

// write puts a command at the end of b, with the parameters of what the server offers, as go-smtp
// would: their size (RFC 1870), that the content may have 8 bits (RFC 6152), and those of reports
// (RFC 3461).
func (c command) write(b []byte, s *session, m seedtest.Composed) []byte {
	dsn := s.offers("DSN")
	switch c.stage {
	case seedtest.StageMAIL:
		b = append(append(append(b, "MAIL FROM:<"...), m.EnvelopeFrom...), '>')
		if s.offers("8BITMIME") {
			b = append(b, " BODY=8BITMIME"...)
		}
		if s.offers("SIZE") {
			b = strconv.AppendInt(append(b, " SIZE="...), int64(len(m.Data)), 10)
		}
		if dsn && len(m.Notify) > 0 {
			b = append(b, " RET=HDRS"...)
		}
		if dsn && m.EnvelopeID != "" {
			b = appendXtext(append(b, " ENVID="...), m.EnvelopeID)
		}
	case seedtest.StageRCPT:
		b = append(append(append(b, "RCPT TO:<"...), c.to...), '>')
		if dsn && len(m.Notify) > 0 {
			b = append(b, " NOTIFY="...)
			for i, event := range m.Notify {
				if i > 0 {
					b = append(b, ',')
				}
				b = append(b, strings.ToUpper(string(event))...)
			}
			b = appendXtext(append(b, " ORCPT=RFC822;"...), c.to)
		}
	default:
		b = append(b, "DATA"...)
	}
	return append(b, "\r\n"...)
}

// appendXtext is text as a parameter holds it (RFC 3461 section 4).
func appendXtext(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c > ' ' && c <= '~' && c != '+' && c != '=' {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "+%02X", c)
		}
	}
	return b
}

// explain says of which recipient a trouble is that ended the message for all.
func (c command) explain(t *trouble, m seedtest.Composed) *trouble {
	if c.many {
		t.hint = fmt.Sprintf("<%s> of %d recipients ended it for all", c.to, len(m.To))
	}
	return t
}

// mailOptions are those of MAIL. Reports shall quote the header alone, which has all tags.
func mailOptions(m seedtest.Composed) *smtp.MailOptions {
	o := &smtp.MailOptions{Size: int64(len(m.Data)), EnvelopeID: m.EnvelopeID}
	if len(m.Notify) > 0 {
		o.Return = smtp.DSNReturnHeaders
	}
	return o
}

// rcptOptions are those of RCPT. With ORCPT a report names the recipient as we know it, whatever
// aliases made of it.
func rcptOptions(m seedtest.Composed, to string) *smtp.RcptOptions {
	if len(m.Notify) == 0 {
		return nil
	}
	o := &smtp.RcptOptions{OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: to}
	for _, event := range m.Notify {
		o.Notify = append(o.Notify, smtp.DSNNotify(strings.ToUpper(string(event))))
	}
	return o
}

// checkAsked refuses what no server could read of what is asked of it.
func checkAsked(m seedtest.Composed) error {
	if !plain(m.EnvelopeID) {
		return fmt.Errorf("envelope: %q is no id", m.EnvelopeID)
	}
	for i, event := range m.Notify {
		switch event {
		case seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay:
		case seedtest.NotifyNever:
			if len(m.Notify) > 1 {
				return errors.New("envelope: reports are asked for, and none")
			}
		default:
			return fmt.Errorf("envelope: %q is no event to report", event)
		}
		if slices.Contains(m.Notify[:i], event) {
			return fmt.Errorf("envelope: %q is asked for twice", event)
		}
	}
	return nil
}
