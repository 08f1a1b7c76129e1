package seedtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"

	"github.com/google/uuid"
)

// Token names one composed message. It is the lower-case base32 of a UUIDv7 and an 80-bit HMAC
// over it, 42 characters of a to z and 2 to 7, so that tokens of other installations, and forged
// ones, never match (rule 4).
type Token string

const (
	// TokenLen is the length of every token in characters.
	TokenLen = 42
	// RefLen is the length of every subject reference in characters.
	RefLen = 10

	macLen = 10
)

var tokenCode = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// MintToken makes the token of id under the installation's key.
func MintToken(id uuid.UUID, key []byte) Token {
	return Token(tokenCode.EncodeToString(append(id[:], tokenMAC(id[:], key)...)))
}

// ErrForeignToken says that a text is no token of this installation.
var ErrForeignToken = errors.New("not a tag of this installation")

// Verify returns the token's UUID, or ErrForeignToken if it was not minted under key.
func (t Token) Verify(key []byte) (uuid.UUID, error) {
	raw, err := tokenCode.DecodeString(strings.ToLower(string(t)))
	if err != nil || len(raw) != len(uuid.UUID{})+macLen {
		return uuid.Nil, ErrForeignToken
	}
	id, mac := raw[:len(raw)-macLen], raw[len(raw)-macLen:]
	if !hmac.Equal(mac, tokenMAC(id, key)) {
		return uuid.Nil, ErrForeignToken
	}
	return uuid.UUID(id), nil
}

// Ref returns the short reference that the subject carries: 50 bits of the HMAC. It is compared
// within one run only (rule 4).
func (t Token) Ref() string {
	if len(t) < RefLen {
		return ""
	}
	return string(t[len(t)-RefLen:])
}

// tokenMAC returns the first 80 bits of HMAC-SHA256 over id.
func tokenMAC(id, key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(id)
	return mac.Sum(nil)[:macLen]
}

// Carrier is a place in a message where the tag travels.
type Carrier string

// The carriers. The first three are header carriers, any of which makes a sighting (rule 9).
const (
	CarrierMessageID Carrier = "message-id"
	CarrierEntityRef Carrier = "x-entity-ref-id"
	CarrierSubject   Carrier = "subject"
	CarrierBody      Carrier = "body"
)
