package verify

import "bytes"

// unquoted is the message as it was before it came into an mbox, where a line of the body that
// begins with "From " gets a ">" in front. It is nil if the message is from no mbox, or has no such
// line.
func (m *message) unquoted() *message {
	if m.head.Envelope == "" {
		return nil
	}
	raw, changed := append(make([]byte, 0, len(m.raw)), m.raw[:m.head.Body]...), false
	for text := m.raw[m.head.Body:]; len(text) > 0; {
		_, rest := m.line(text)
		line := text[:len(text)-len(rest)]
		if isQuoted(line) {
			line, changed = line[1:], true
		}
		raw, text = append(raw, line...), rest
	}
	if !changed {
		return nil
	}
	return newMessage(raw, m.head)
}

// isQuoted reports whether a line begins like one that was quoted, once or more often.
func isQuoted(line []byte) bool {
	rest := bytes.TrimLeft(line, ">")
	return len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From "))
}

// hasBody reports whether the body that an mbox has quoted is the one that was signed. Part of a
// body is not looked for: l= counts the octets that were sent.
func (m *message) hasBody(s *signature) bool {
	sent := m.sent()
	return sent != nil && s.length == nil && bytes.Equal(sent.bodyHash(s).sum, s.bodySum)
}
