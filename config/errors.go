package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a configuration file.
type Error struct {
	File    string // as it was named to Load or Parse
	Line    int    // from 1; 0: the file as a whole
	Key     string // dotted, such as seed.gmail-a.address; empty: no key is to blame
	Problem string // what is wrong
	Hint    string // what to do about it
}

// Error returns the mistake on one line: FILE:LINE: key: problem; hint.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	b.WriteString(": " + e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return printable(b.String())
}

// Errors are the mistakes of a file in the order of its lines. There is at least one.
type Errors []Error

// Error returns the mistakes, one a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes one by one.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i := range e {
		errs[i] = e[i]
	}
	return errs
}

// maxErrors bounds what a hopeless file prints.
const maxErrors = 100

// sorted returns the mistakes by line, or nil if there are none.
func sorted(mistakes []Error) error {
	if len(mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(mistakes, func(a, b Error) int { return cmp.Compare(a.Line, b.Line) })
	if len(mistakes) > maxErrors {
		mistakes = mistakes[:maxErrors]
	}
	return Errors(mistakes)
}

// printable keeps control characters of a file away from a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
