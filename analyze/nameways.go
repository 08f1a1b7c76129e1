package analyze

import (
	"regexp/syntax"
	"slices"
)

// mostWays is how many ways of steps an expression may be written out to.
const mostWays = 16

// waysOf writes an expression out to lists of steps one of which must be found. It returns nil if
// they cannot say what it says, or are many.
func waysOf(tree *syntax.Regexp) []nameSteps {
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return []nameSteps{{}}
	case syntax.OpBeginText:
		return []nameSteps{{begin: true}}
	case syntax.OpEndText:
		return []nameSteps{{end: true}}
	case syntax.OpLiteral:
		return literalWay(tree.Rune)
	case syntax.OpCharClass:
		return classWay(tree.Rune)
	case syntax.OpAnyChar:
		return classWay([]rune{0, 0x7f})
	case syntax.OpAnyCharNotNL:
		return classWay([]rune{0, '\n' - 1, '\n' + 1, 0x7f})
	case syntax.OpCapture:
		return waysOf(tree.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		return repeatedWay(tree)
	case syntax.OpConcat:
		return eachBehindEach(tree.Sub)
	case syntax.OpAlternate:
		return eitherWay(tree.Sub)
	}
	return nil
}

// literalWay is one byte after the other, in either case.
func literalWay(text []rune) []nameSteps {
	var p nameSteps
	for _, r := range text {
		if r > 0x7f {
			return nil
		}
		p.steps = append(p.steps, step{bytes: inEitherCase(r, r)})
	}
	return []nameSteps{p}
}

// classWay is one byte of a class, given as pairs of the first and the last of each range.
func classWay(ranges []rune) []nameSteps {
	var s step
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] > 0x7f {
			return nil
		}
		more := inEitherCase(ranges[i], ranges[i+1])
		s.bytes[0], s.bytes[1] = s.bytes[0]|more[0], s.bytes[1]|more[1]
	}
	return []nameSteps{{steps: []step{s}}}
}

func inEitherCase(first, last rune) asciiSet {
	var set asciiSet
	for r := first; r <= last; r++ {
		set.add(byte(r))
		if isLetter(byte(r)) {
			set.add(byte(r) ^ 0x20)
		}
	}
	return set
}

// repeatedWay is what stands any number of times, which must be one step, or may be missing.
func repeatedWay(tree *syntax.Regexp) []nameSteps {
	ways := waysOf(tree.Sub[0])
	if tree.Op == syntax.OpQuest && ways != nil {
		return append(ways, nameSteps{})
	}
	if len(ways) != 1 || len(ways[0].steps) != 1 || ways[0].begin || ways[0].end {
		return nil
	}
	s := &ways[0].steps[0]
	if s.many || s.none {
		return nil
	}
	s.many, s.none = true, tree.Op == syntax.OpStar
	return ways
}

func eitherWay(parts []*syntax.Regexp) []nameSteps {
	var list []nameSteps
	for _, part := range parts {
		ways := waysOf(part)
		if list = append(list, ways...); ways == nil || len(list) > mostWays {
			return nil
		}
	}
	return list
}

// eachBehindEach writes out expressions that follow each other. Where one stands before the begin
// or behind the end, there is no way to write it.
func eachBehindEach(parts []*syntax.Regexp) []nameSteps {
	list := []nameSteps{{}}
	for _, part := range parts {
		var longer []nameSteps
		for _, back := range waysOf(part) {
			for _, front := range list {
				if front.end || back.begin && len(front.steps) > 0 {
					return nil
				}
				longer = append(longer, nameSteps{
					steps: slices.Concat(front.steps, back.steps),
					begin: front.begin || back.begin, end: back.end})
			}
		}
		if list = longer; len(list) == 0 || len(list) > mostWays {
			return nil
		}
	}
	return list
}
