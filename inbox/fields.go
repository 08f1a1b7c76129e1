package inbox

import (
	"bytes"
	"strings"
)

// maxFields bounds how many fields of one header are read.
const maxFields = 2000

// fields is a header read tolerantly: a line that is no field hides no other.
type fields map[string][]string

// Values implements Header.
func (f fields) Values(name string) []string { return f[strings.ToLower(name)] }

// readFields splits a header as it was fetched. Folded lines are joined.
func readFields(raw []byte) fields {
	f := fields{}
	var name string
	var value []byte
	n := 0
	flush := func() {
		if name != "" {
			f[name] = append(f[name], strings.TrimSpace(string(value)))
		}
		name, value = "", nil
	}
	for line := range bytes.Lines(raw) {
		text := string(bytes.TrimRight(line, "\r\n"))
		if text != "" && (text[0] == ' ' || text[0] == '\t') {
			value = append(append(value, ' '), strings.TrimLeft(text, " \t")...)
			continue
		}
		flush()
		if n++; n > maxFields {
			break
		}
		if before, after, ok := strings.Cut(text, ":"); ok {
			name, value = strings.ToLower(strings.TrimRight(before, " \t")), []byte(after)
		}
	}
	flush()
	return f
}
