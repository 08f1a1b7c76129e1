package sender

import (
	"errors"
	"time"

	"seedtest"
)

// Draft is a message before it is composed.
type Draft struct {
	Message   seedtest.Message
	From      seedtest.Identity
	To        []string // addresses, without names
	Token     seedtest.Token
	MessageID string    // without angle brackets; empty: MessageID(Token, From)
	Date      time.Time // of the Date field
}

// Compose writes the message. Equal drafts give equal bytes.
func Compose(d Draft) (seedtest.Composed, error) {
	return seedtest.Composed{}, errors.New("not built yet")
}

// MessageID returns the Message-ID of the message with that token, without angle brackets.
func MessageID(t seedtest.Token, from seedtest.Identity) (string, error) {
	return "", errors.New("not built yet")
}
