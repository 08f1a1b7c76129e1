package main

import (
	"bytes"
	"errors"
	"strings"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/authres"
)

// goMessage reads a message as the documentation of go-message does, with mail.CreateReader, and
// the results in it with go-msgauth/authres. Neither reads hops. Besides it asks for what every
// reader of mail asks: subject, date, From, Message-ID. Of the body nothing is read. What authres
// refuses counts as nothing.
func goMessage(raw []byte) (int, error) {
	_, rest, _ := bytes.Cut(raw, []byte("\n")) // the mbox line
	reader, err := mail.CreateReader(bytes.NewReader(rest))
	if err != nil {
		return 0, err
	}
	header := reader.Header
	_, err1 := header.Subject()
	_, err2 := header.Date()
	_, err3 := header.AddressList("From")
	_, err4 := header.MessageID()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return 0, err
	}
	n := 0
	for all := header.Fields(); all.Next(); {
		value := all.Value()
		switch all.Key() {
		case "Arc-Authentication-Results":
			_, value, _ = strings.Cut(value, ";")
		case "Authentication-Results":
		default:
			continue
		}
		if _, results, err := authres.Parse(value); err == nil {
			n += len(results)
		}
	}
	return n, nil
}
