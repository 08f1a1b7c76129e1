package inbox

import (
	"strings"

	"seedtest"
)

// classUnknown is the class of a message whose class could not be read.
const classUnknown = "unknown"

// classAt says what class a message within INBOX has, as far as its header tells (rule 11): ""
// where the provider has none, unknown where somebody else has to be asked or nobody knows. The
// lowest field of that name may be the sender's, so the topmost counts.
func classAt(p seedtest.Provider, h Header) string {
	switch p.ClassBy {
	case seedtest.ClassNone:
		return ""
	case seedtest.ClassHeader:
		values := h.Values(p.ClassField)
		if len(values) == 0 {
			return classUnknown
		}
		for _, class := range p.Classes {
			if strings.EqualFold(strings.TrimSpace(values[0]), class) {
				return class
			}
		}
	}
	return classUnknown
}
