package analyze

import (
	"strconv"
	"strings"

	"seedtest"
)

// The forms of values.
const (
	formText    = "text"    // kept as it is
	formOpaque  = "opaque"  // only its writer can read it
	formWord    = "word"    // the first word
	formNumber  = "number"  // a number, perhaps with more behind it
	formBar     = "bar"     // as many characters as the score has points
	formPairs   = "pairs"   // KEY:value;KEY:value
	formStatus  = "status"  // a word, then key=value parted by blanks or commas
	formRspamd  = "rspamd"  // default: False [1.20 / 15.00]; then symbols
	formPattern = "pattern" // the first pattern that fits
)

// maxValues is how many values of one stamp are kept apart; the raw text has them all.
const maxValues = 200

// values adds to a list what a value is made of.
func (f *stampForm) values(list []seedtest.Property, text string) []seedtest.Property {
	switch f.Form {
	case formWord, formNumber:
		word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
		return add(list, "", strings.TrimRight(word, ",;"))
	case formBar:
		return f.bar(list, text)
	case formPairs:
		return f.pairs(list, text)
	case formStatus:
		return readStatusForm(list, text)
	case formRspamd:
		return readRspamd(list, text)
	case formPattern:
		for i := range f.patterns {
			if read, ok := f.patterns[i].read(list, text); ok {
				return read
			}
		}
	}
	return list
}

// add adds a value that is there, as long as there are not too many.
func add(list []seedtest.Property, key, value string) []seedtest.Property {
	if key == "" && value == "" || len(list) >= maxValues {
		return list
	}
	return append(list, seedtest.Property{Name: key, Value: value})
}

// bar counts the characters of a bar: +++ is 3, --- is -3 and a slash is 0.
func (f *stampForm) bar(list []seedtest.Property, text string) []seedtest.Property {
	word, _, _ := strings.Cut(text, " ")
	n := len(word)
	switch {
	case strings.Trim(word, f.Bar) == "":
	case f.Minus != "" && strings.Trim(word, f.Minus) == "":
		n = -n
	case f.Zero != "" && word == f.Zero:
		n = 0
	default:
		return list
	}
	return add(list, "", strconv.Itoa(n))
}

// pairs reads KEY:value;KEY:value. What stands in front without a key is the value named "".
func (f *stampForm) pairs(list []seedtest.Property, text string) []seedtest.Property {
	for part := range strings.SplitSeq(text, f.Separator) {
		key, value, ok := strings.Cut(strings.TrimSpace(part), f.Assign)
		key, value = strings.TrimSpace(key), unquote(strings.TrimSpace(value))
		switch {
		case key == "" || !ok && len(list) > 0:
			continue
		case !ok:
			key, value = "", key
		case f.First && len(list) == 0:
			list = add(list, "", key)
		}
		list = add(list, key, value)
	}
	return list
}

// unquote takes quotation marks of either kind off.
func unquote(s string) string {
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// readStatusForm reads "Yes, score=5.1 required=5.0 tests=A,B", or "Yes (score=5.1; required=5.0)".
// The names of the values are made lower case, and the brackets of a list taken off.
func readStatusForm(list []seedtest.Property, text string) []seedtest.Property {
	for begin := true; text != ""; begin = false {
		if text = strings.TrimLeft(text, " \t,;("); text == "" {
			break
		}
		end := strings.IndexAny(text, "= \t,;")
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		if text = text[end:]; text == "" || text[0] != '=' {
			if begin {
				list = add(list, "", word)
			}
			continue
		}
		var value string
		value, text = statusValue(text[1:])
		if strings.IndexByte(value, '(') < 0 {
			value = strings.TrimSuffix(value, ")")
		}
		list = add(list, strings.ToLower(word), value)
	}
	return list
}

// statusValue reads one value and returns the rest: a list in brackets, or one whose commas may be
// followed by a fold, or a single word.
func statusValue(text string) (value, rest string) {
	if strings.HasPrefix(text, "[") {
		if end := strings.IndexByte(text, ']'); end >= 0 {
			return text[1:end], text[end+1:]
		}
	}
	end := 0
	for {
		n := strings.IndexAny(text[end:], " \t;")
		if n < 0 {
			return strings.TrimRight(text, ","), ""
		}
		end += n
		if end == 0 || text[end-1] != ',' || !isListItem(text[end:]) {
			return strings.TrimRight(text[:end], ","), text[end:]
		}
		end += len(text[end:]) - len(strings.TrimLeft(text[end:], " \t"))
	}
}

// isListItem reports whether a list goes on: the next word is no key with a value.
func isListItem(text string) bool {
	text = strings.TrimLeft(text, " \t")
	end := strings.IndexAny(text, "= \t,;(")
	return text != "" && (end < 0 || end > 0 && text[end] != '=' && text[end] != '(')
}

// readRspamd reads "default: False [1.20 / 15.00]; SYMBOL(0.10)[...]; ...".
func readRspamd(list []seedtest.Property, text string) []seedtest.Property {
	head, symbols, _ := strings.Cut(text, ";")
	_, verdict, _ := strings.Cut(head, ":")
	word, numbers, _ := strings.Cut(verdict, "[")
	list = add(list, "", strings.TrimSpace(word))
	score, required, ok := strings.Cut(strings.TrimRight(numbers, "] "), "/")
	if ok {
		list = add(list, "score", strings.TrimSpace(score))
		list = add(list, "required", strings.TrimSpace(required))
	}
	for part := range strings.SplitSeq(symbols, ";") {
		name, rest, ok := strings.Cut(strings.TrimSpace(part), "(")
		weight, _, closed := strings.Cut(rest, ")")
		if _, number := frontNumber(weight); ok && closed && number && name != "" {
			list = add(list, strings.TrimSpace(name), weight)
		}
	}
	return list
}

// pattern is text with gaps: "{}-{score#}-{rest}".
type pattern []patternPart

// patternPart is a gap and the text that follows it; the first part of a pattern has no gap.
type patternPart struct {
	gap    bool
	name   string // "*" is passed over
	number bool   // the gap holds a number
	text   string
}

func newPattern(s string) pattern {
	text, rest, more := strings.Cut(s, "{")
	p := pattern{{text: text}}
	for more {
		var name string
		name, rest, _ = strings.Cut(rest, "}")
		part := patternPart{gap: true}
		part.name, part.number = strings.CutSuffix(name, "#")
		part.text, rest, more = strings.Cut(rest, "{")
		p = append(p, part)
	}
	return p
}

// read fills the gaps. Each ends where the text behind it begins, the last one with the value.
func (p pattern) read(list []seedtest.Property, value string) ([]seedtest.Property, bool) {
	for i := range p {
		part := &p[i]
		if part.gap {
			end := part.end(value)
			if end < 0 {
				return nil, false
			}
			if part.name != "*" {
				list = add(list, part.name, strings.TrimSpace(value[:end]))
			}
			value = value[end:]
		}
		if !hasPrefix(value, part.text) {
			return nil, false
		}
		value = value[len(part.text):]
	}
	return list, true
}

// end returns where the gap ends, or -1 if nothing fits.
func (p *patternPart) end(value string) int {
	switch {
	case p.number:
		end := 0
		for end < len(value) && strings.IndexByte(".0123456789", value[end]) >= 0 ||
			end == 0 && value != "" && (value[0] == '-' || value[0] == '+') {
			end++
		}
		if _, ok := frontNumber(value[:end]); !ok {
			return -1
		}
		return end
	case p.text == "":
		return len(value)
	}
	return strings.Index(value, p.text)
}
