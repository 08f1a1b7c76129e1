package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"
	"unicode"
	"unicode/utf8"
)

// jsonTime is a time as the contract writes it: RFC 3339, UTC, milliseconds. The zero time is not
// known, and left out by omitzero.
type jsonTime time.Time

// IsZero reports whether the time is not known. A year that RFC 3339 cannot write is none that a
// mail was sent in.
func (t jsonTime) IsZero() bool {
	year := time.Time(t).UTC().Year()
	return time.Time(t).IsZero() || year < 0 || year > 9999
}

// MarshalText implements encoding.TextMarshaler.
func (t jsonTime) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

func jsonTimeOf(t *time.Time) *jsonTime {
	if t == nil || jsonTime(*t).IsZero() {
		return nil
	}
	j := jsonTime(*t)
	return &j
}

// finite returns a number that JSON can write, or nil.
func finite(x *float64) *float64 {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return nil
	}
	return x
}

// address writes an address, or nothing if it is not known.
func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// listOf never is null: a list that is empty is an empty list.
func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// WriteJSON writes one value, indented, as harmless as a report: what servers say may stand in it.
func WriteJSON(w io.Writer, v any) error { return writeJSON(w, v, false) }

// writeJSON writes one value and a line end, indented unless it has to stay on one line.
func writeJSON(w io.Writer, v any, oneLine bool) error {
	e := json.NewEncoder(harmlessWriter{w})
	e.SetEscapeHTML(false)
	if !oneLine {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("report: writing JSON: %w", err)
	}
	return nil
}

// harmlessWriter passes JSON on as harmless leaves it. An encoder writes each value at once, so
// that no character comes in two parts.
type harmlessWriter struct{ w io.Writer }

func (h harmlessWriter) Write(b []byte) (int, error) {
	if _, err := h.w.Write(harmless(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// harmless escapes what could drive a terminal on which JSON is printed: C1 control characters,
// bidirectional overrides and other invisible characters. They stand only inside strings, where an
// escape means the same to every reader.
func harmless(b []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(b); {
		if b[i] < 0x7f { // the encoder has escaped what is below a blank
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r >= 0x7f && !unicode.IsPrint(r) && !unicode.In(r, unicode.Mn, unicode.Me) {
			out = append(out, b[done:i]...)
			out = append(out, utf16Escape(r)...)
			done = i + n
		}
		i += n
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

func utf16Escape(r rune) string {
	if r < 0x10000 {
		return fmt.Sprintf(`\u%04x`, r)
	}
	r -= 0x10000
	return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
}
