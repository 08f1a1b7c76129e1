package seedtest

import "strings"

// TagMark stands in an envelope sender for the tag of each message.
const TagMark = "{tag}"

// ReversePath is the envelope sender of the message with a tag.
func (i Identity) ReversePath(t Token) string {
	return strings.ReplaceAll(i.EnvelopeFrom, TagMark, string(t))
}
