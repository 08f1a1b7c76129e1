package analyze

import (
	"maps"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync/atomic"
)

// namePattern is a provider's pattern for names, compared without case. Most patterns only list
// names, or how they begin or end, and are compared as such: all expressions together would take
// longer than anything else about trust.
type namePattern struct {
	re    *regexp.Regexp
	plain []plainName // what fits, as far as it can be listed
	more  bool        // not all can
	needs string      // what stands in all that fits, in lower case
}

// plainName is a text, in lower case, that stands in a name: at its begin, at its end or anywhere.
type plainName struct {
	text       string
	begin, end bool
}

// matches reports whether a name fits. A pattern that is nil fits nothing. Beyond ASCII there are
// letters that fold to ASCII's, which are left to the expression.
func (p *namePattern) matches(name string) bool {
	if p == nil {
		return false
	}
	for i := range p.plain {
		if p.plain[i].in(name) {
			return true
		}
	}
	hopeless := !p.more || p.needs != "" && !containsFold(name, p.needs)
	if hopeless && onlyASCII(name) {
		return false
	}
	return p.re.MatchString(name)
}

func (p *plainName) in(name string) bool {
	rest := len(name) - len(p.text)
	switch {
	case rest < 0 || p.begin && p.end && rest > 0:
		return false
	case p.end:
		return strings.EqualFold(name[rest:], p.text)
	case p.begin:
		return strings.EqualFold(name[:len(p.text)], p.text)
	}
	return containsFold(name, p.text)
}

// namePatterns remembers patterns, which cost more to compile than a message to read. It forgets them
// all when there are more than a handful of providers can have.
var namePatterns atomic.Pointer[map[patternKey]*namePattern]

type patternKey struct {
	text  string
	whole bool
}

const maxNamePatterns = 512

// match compiles a pattern of a provider's, to be compared whole if so told. A pattern that is
// empty or no RE2 gives nil.
func match(pattern string, whole bool) *namePattern {
	if pattern == "" {
		return nil
	}
	key := patternKey{pattern, whole}
	known := namePatterns.Load()
	if known != nil {
		if p, ok := (*known)[key]; ok {
			return p
		}
	}
	p := newNamePattern(pattern, whole)
	more := map[patternKey]*namePattern{key: p}
	if known != nil && len(*known) < maxNamePatterns {
		maps.Copy(more, *known)
	}
	namePatterns.Store(&more) // what another stores at the same time is compiled again
	return p
}

func newNamePattern(pattern string, whole bool) *namePattern {
	text := "(?i:" + pattern + ")"
	if whole {
		text = "^" + text + "$"
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	p := &namePattern{re: re, more: true}
	// Without the folding of case, which all comparisons do, classes of letters are as written.
	tree, err := syntax.Parse(strings.Replace(text, "(?i:", "(?:", 1), syntax.Perl)
	if err != nil {
		return p
	}
	p.needs, p.more = strings.ToLower(longestText(tree)), false
	for _, way := range alternatives(tree) {
		list := plainNames(way)
		p.plain, p.more = append(p.plain, list...), p.more || list == nil
	}
	return p
}

// alternatives returns the expressions one of which must fit.
func alternatives(tree *syntax.Regexp) []*syntax.Regexp {
	if tree.Op == syntax.OpAlternate {
		return tree.Sub
	}
	return []*syntax.Regexp{tree}
}

// These stand for ^ and $ in what an expression is written out to. No text of an expression holds
// them, as they are not UTF-8.
const (
	beginAnchor = "\xfe"
	endAnchor   = "\xff"
)

// plainNames writes an expression out as a list, or returns nil if it says more than one can.
func plainNames(tree *syntax.Regexp) []plainName {
	var list []plainName
	for _, text := range writtenOut(tree) {
		var p plainName
		text, p.begin = strings.CutPrefix(text, beginAnchor)
		text, p.end = strings.CutSuffix(text, endAnchor)
		if text == "" || !onlyASCII(text) { // or holds an anchor
			return nil
		}
		p.text = strings.ToLower(text)
		list = append(list, p)
	}
	return list
}

// mostWrittenOut is how many texts an expression may stand for to be written out.
const mostWrittenOut = 16

// writtenOut returns all texts that an expression stands for, or nil if they are many.
func writtenOut(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpBeginText:
		return []string{beginAnchor}
	case syntax.OpEndText:
		return []string{endAnchor}
	case syntax.OpLiteral:
		return []string{string(tree.Rune)}
	case syntax.OpCapture:
		return writtenOut(tree.Sub[0])
	case syntax.OpQuest:
		if list := writtenOut(tree.Sub[0]); list != nil {
			return append(list, "")
		}
	case syntax.OpConcat:
		return eachBehindEach(tree.Sub)
	case syntax.OpAlternate:
		var list []string
		for _, sub := range tree.Sub {
			texts := writtenOut(sub)
			if list = append(list, texts...); texts == nil || len(list) > mostWrittenOut {
				return nil
			}
		}
		return list
	}
	return nil
}

// eachBehindEach writes out expressions that follow each other.
func eachBehindEach(parts []*syntax.Regexp) []string {
	list := []string{""}
	for _, part := range parts {
		var longer []string
		for _, end := range writtenOut(part) {
			for _, begin := range list {
				longer = append(longer, begin+end)
			}
		}
		if list = longer; len(list) == 0 || len(list) > mostWrittenOut {
			return nil
		}
	}
	return list
}

// longestText returns the longest text that stands in all that an expression fits.
func longestText(tree *syntax.Regexp) string {
	switch tree.Op {
	case syntax.OpLiteral:
		return string(tree.Rune)
	case syntax.OpCapture, syntax.OpConcat:
		longest := ""
		for _, sub := range tree.Sub {
			if text := longestText(sub); len(text) > len(longest) && onlyASCII(text) {
				longest = text
			}
		}
		return longest
	}
	return ""
}
