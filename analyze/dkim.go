package analyze

import (
	"strings"

	"seedtest"
)

// maxTags bounds the tags of one list. RFC 6376 and RFC 8617 know fewer than twenty.
const maxTags = 100

// signature reads the value of a DKIM-Signature field (RFC 6376 section 3.5). Blanks are taken out
// of the values in which they mean nothing: folds stand in the middle of them.
func (r *authReader) signature(value string, s *seedtest.DKIMSignature) {
	s.Raw = value
	tags, problem := r.tagList(value)
	s.Tags = r.keptPairs.copyOf(tags)
	for i := range s.Tags {
		if t := &s.Tags[i]; isPacked(t.Name) {
			t.Value = r.withoutBlanks(t.Value)
		}
	}
	if problem != "" {
		s.Problems = append(s.Problems, problem)
	}
	for _, name := range signatureTags {
		if tagValue(s.Tags, name) == "" {
			s.Problems = append(s.Problems, "no "+name+"=")
		}
	}
	s.Problems = appendOdd(s.Problems, s.Tags)
}

// signatureTags must be there.
var signatureTags = [...]string{"v", "a", "b", "bh", "d", "h", "s"}

// isPacked knows the tags whose values blanks may fold: base64, lists with colons, and text in
// which a blank is written as "=20".
func isPacked(tag string) bool {
	switch tag {
	case "b", "bh", "h", "z", "q", "i":
		return true
	}
	return false
}

// appendOdd adds what cannot be meant.
func appendOdd(problems []string, tags []seedtest.Property) []string {
	if v := tagValue(tags, "v"); v != "" && v != "1" {
		problems = append(problems, "v= is not 1")
	}
	for _, name := range [...]string{"l", "t", "x"} {
		if v := tagValue(tags, name); v != "" && !isNumber(v) {
			problems = append(problems, name+"= is not a number")
		}
	}
	if h := tagValue(tags, "h"); h != "" && !names(h, "from") {
		problems = append(problems, "h= does not name From")
	}
	return problems
}

// names reports whether a list with colons holds a word, compared without case.
func names(list, word string) bool {
	for name := range strings.SplitSeq(list, ":") {
		if strings.EqualFold(name, word) {
			return true
		}
	}
	return false
}

// tagList splits a list of tags (RFC 6376 section 3.2), in the order written, and says what is
// wrong with it. The tags are valid until the next call. Of a tag that comes twice both are kept.
func (r *authReader) tagList(list string) (tags []seedtest.Property, problem string) {
	r.tags = r.tags[:0]
	seen := uint32(0) // a bit for each letter with which a name began
	for spec := ""; list != ""; {
		spec, list, _ = strings.Cut(list, ";")
		if spec = strings.TrimSpace(spec); spec == "" {
			continue
		}
		if len(r.tags) == maxTags || r.spent >= maxTokens {
			return r.tags, "too many tags: the rest is not read"
		}
		r.spent++
		name, value, ok := strings.Cut(spec, "=")
		name = strings.TrimSpace(name)
		if !ok || !isTagName(name) {
			problem = "there is text that is no tag"
			continue
		}
		letter := uint32(1) << (name[0] & 31)
		if seen&letter != 0 && hasTag(r.tags, name) {
			problem = "two tags " + name + "="
		}
		seen |= letter
		r.tags = append(r.tags, seedtest.Property{Name: name, Value: strings.TrimSpace(value)})
	}
	return r.tags, problem
}

func hasTag(tags []seedtest.Property, name string) bool {
	for i := range tags {
		if tags[i].Name == name {
			return true
		}
	}
	return false
}

// tagValue returns the first value of a tag or another pair, or "".
func tagValue(tags []seedtest.Property, name string) string {
	for i := range tags {
		if sameName(tags[i].Name, name) {
			return tags[i].Value
		}
	}
	return ""
}

// sameName compares names, most of which differ in the first letter.
func sameName(a, b string) bool {
	return len(a) == len(b) && (a == "" || a[0] == b[0] && a[1:] == b[1:])
}

// isTagName reports whether a text is a tag-name of RFC 6376 section 3.2.
func isTagName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || !isDigit(s[i]) && s[i] != '_') {
			return false
		}
	}
	return s != ""
}

// withoutBlanks takes blanks out of a text.
func (r *authReader) withoutBlanks(s string) string {
	if strings.IndexByte(s, ' ') < 0 && strings.IndexByte(s, '\t') < 0 {
		return s
	}
	r.joined = r.joined[:0]
	for s != "" {
		end := 0
		for end < len(s) && s[end] != ' ' && s[end] != '\t' {
			end++
		}
		r.joined = append(r.joined, s[:end]...)
		s = s[min(end+1, len(s)):]
	}
	return string(r.joined)
}
