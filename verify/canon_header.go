package verify

import "bytes"

// appendField appends a header field in a form, with its final CRLF (RFC 6376 sections 3.4.1 and
// 3.4.2).
func appendField(dst, field []byte, f form) []byte {
	colon := bytes.IndexByte(field, ':')
	if f == formSimple || colon < 0 {
		return append(dst, field...)
	}
	for _, c := range bytes.TrimRight(field[:colon], " \t") {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	blank, start := false, len(dst)
	for value := field[colon+1:]; len(value) > 0; value = value[1:] {
		switch c := value[0]; {
		case isBlank(c):
			blank = true
			continue
		case bytes.HasPrefix(value, []byte("\r\n")):
			value = value[1:]
			continue
		case blank && len(dst) > start:
			dst = append(dst, ' ')
		}
		blank = false
		dst = append(dst, value[0])
	}
	return append(dst, "\r\n"...)
}

// appendUnsigned appends the field of a signature as it was signed: with an empty b= and without
// the final CRLF (RFC 6376 section 3.7).
func appendUnsigned(dst, field []byte, f form) []byte {
	bare := make([]byte, 0, len(field))
	colon := bytes.IndexByte(field, ':') + 1
	bare = append(bare, field[:colon]...)
	rest := bytes.TrimSuffix(field[colon:], []byte("\r\n"))
	for more := true; more; {
		var spec []byte
		spec, rest, more = bytes.Cut(rest, []byte(";"))
		name, _, valued := bytes.Cut(spec, []byte("="))
		if valued && string(bytes.Trim(name, " \t\r\n")) == "b" {
			spec = spec[:len(name)+1]
		}
		bare = append(bare, spec...)
		if more {
			bare = append(bare, ';')
		}
	}
	dst = appendField(dst, append(bare, "\r\n"...), f)
	return dst[:len(dst)-len("\r\n")]
}

// mostSigned is how many octets of header are read for all signatures of a message. Mail has some
// kilobytes of header and some signatures; megabytes, signed dozens of times, are an attack.
const mostSigned = 32 << 20

// headerHash returns the hash of the fields that a signature names and of its own. Of a name that
// is listed n times the n lowest fields are meant, the lowest first; one that is not there is empty
// (RFC 6376 section 5.4.2). It is nil where the signatures before it have used mostSigned up.
func (m *message) headerHash(s *signature) []byte {
	if m.taken > mostSigned {
		return nil
	}
	h := s.hash.New()
	taken := make(map[string]int, len(s.signed))
	var text []byte
	for _, name := range s.signed {
		places, n := m.names[name], taken[name]
		if n == len(places) {
			continue
		}
		taken[name]++
		text = appendField(text[:0], m.field(places[len(places)-1-n]), s.headerForm)
		h.Write(text)
	}
	h.Write(appendUnsigned(text[:0], m.field(s.place), s.headerForm))
	return h.Sum(nil)
}
