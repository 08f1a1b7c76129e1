package analyze

import (
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync/atomic"
)

// namePattern is a provider's pattern for names, compared without case. Nearly all patterns are
// simple, and are compared step by step: expressions would take longer than anything else that is
// asked about trust.
type namePattern struct {
	re   *regexp.Regexp
	ways []nameSteps // those that fit, or nil if they cannot be told
}

// longestName is up to how many bytes names are compared in steps. In what is longer, which is no
// name, going back could take long.
const longestName = 255

// matches reports whether a name fits. A pattern that is nil fits nothing. Beyond ASCII there are
// letters that fold to ASCII's, which are left to the expression.
func (p *namePattern) matches(name string) bool {
	if p == nil {
		return false
	}
	if p.ways == nil || len(name) > longestName || !onlyASCII(name) {
		return p.re.MatchString(name)
	}
	for i := range p.ways {
		if p.ways[i].in(name) {
			return true
		}
	}
	return false
}

// namePatterns remembers patterns, which cost more to compile than a message to read. It forgets
// them all when there are more than a handful of providers can have.
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
	p := &namePattern{re: re}
	// Without the folding of case, which all steps do, classes of letters are as written.
	tree, err := syntax.Parse(strings.Replace(text, "(?i:", "(?:", 1), syntax.Perl)
	if err == nil {
		p.ways = waysOf(tree)
	}
	for i := range p.ways {
		way := &p.ways[i]
		way.begins = len(way.steps) > 0 && !way.steps[0].none
		way.ends = way.end && len(way.steps) > 0 && !way.steps[len(way.steps)-1].none
		way.fixed = !slices.ContainsFunc(way.steps, func(s step) bool { return s.many || s.none })
		if !way.isQuick() {
			p.ways = nil
			break
		}
	}
	return p
}
