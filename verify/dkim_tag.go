package verify

import (
	"errors"
	"fmt"
	"strings"
)

// maxTags bounds a tag list. The longest that is defined has 13.
const maxTags = 100

// tagList is a list of tags in the order written (RFC 6376 section 3.2).
type tagList []struct{ name, value string }

// parseTagList reads "name=value; name=value". As RFC 6376 demands, a name that stands twice or a
// part that is no tag makes the whole list unreadable.
func parseTagList(text string) (tagList, error) {
	var list tagList
	for more := true; more; {
		var spec string
		spec, text, more = strings.Cut(text, ";")
		if spec = trimFold(spec); spec == "" && !more && len(list) > 0 {
			break // what follows the last semicolon
		}
		name, value, ok := strings.Cut(spec, "=")
		name = trimFold(name)
		switch {
		case !ok || !isTagName(name):
			return list, fmt.Errorf("%.40q is no tag", spec)
		case list.has(name):
			return list, fmt.Errorf("tag %.40q stands twice", name)
		case len(list) == maxTags:
			return list, errors.New("there are too many tags")
		}
		list = append(list, struct{ name, value string }{name, trimFold(value)})
	}
	return list, nil
}

func (l tagList) get(name string) (string, bool) {
	for _, t := range l {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}

func (l tagList) has(name string) bool {
	_, ok := l.get(name)
	return ok
}

// listed reports whether a tag whose value is a list with colons holds one of some words.
func (l tagList) listed(name string, words ...string) bool {
	value, _ := l.get(name)
	for item := range strings.SplitSeq(value, ":") {
		item = trimFold(item)
		for _, word := range words {
			if item == word {
				return true
			}
		}
	}
	return false
}

func isTagName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || s[i] != '_' && (s[i] < '0' || s[i] > '9')) {
			return false
		}
	}
	return s != ""
}

// trimFold removes the blanks around a text, and the line ends of folds.
func trimFold(s string) string { return strings.Trim(s, " \t\r\n") }

// withoutBlanks removes the blanks and folds that may stand anywhere in base64 text.
func withoutBlanks(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
}
