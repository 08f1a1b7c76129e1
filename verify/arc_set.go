package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seedtest"
	"seedtest/header"
)

// arcSet is the three fields of one instance.
type arcSet struct {
	check   seedtest.ARCSetCheck
	results int // place of the ARC-Authentication-Results field, -1 for none
	message *signature
	seal    *signature
	flaw    *flaw // the first thing that RFC 8617 does not allow
}

func (s *arcSet) spoil(x *flaw) {
	if s.flaw == nil && x != nil {
		s.flaw = x
	}
}

// collectSets reads the sets of a message, the oldest first. The flaw says what is wrong with the
// structure of the chain (RFC 8617 section 5.2, steps 1 to 3), if anything is.
func collectSets(h header.Header) ([]arcSet, *flaw) {
	var sets []arcSet
	var first *flaw
	for place, f := range h.Fields {
		k, ok := arcField(f.Name)
		if !ok {
			continue
		}
		instance := arcInstance(f.Value, k)
		if instance == 0 {
			if first == nil {
				first = chainFail("%s without an instance from 1 to %d", f.Name, maxSets)
			}
			continue
		}
		i, found := slices.BinarySearchFunc(sets, instance, func(s arcSet, n int) int {
			return s.check.Instance - n
		})
		if !found {
			sets = slices.Insert(sets, i, arcSet{results: -1,
				check: seedtest.ARCSetCheck{Instance: instance}})
		}
		sets[i].add(f, place, k)
	}
	if first == nil {
		first = chainFlaw(sets)
	}
	return sets, first
}

// kindResults stands beside the kinds of signatures for an ARC-Authentication-Results field.
const kindResults = kindSeal + 1

func arcField(name string) (kind, bool) {
	switch {
	case strings.EqualFold(name, "ARC-Seal"):
		return kindSeal, true
	case strings.EqualFold(name, "ARC-Message-Signature"):
		return kindMessage, true
	case strings.EqualFold(name, "ARC-Authentication-Results"):
		return kindResults, true
	}
	return 0, false
}

// arcInstance reads i=, which comes first in ARC-Authentication-Results. It is 0 if there is none.
func arcInstance(value string, k kind) int {
	text := ""
	if k == kindResults {
		spec, _, ok := strings.Cut(value, ";")
		name, number, _ := strings.Cut(spec, "=")
		if ok && trimFold(name) == "i" {
			text = trimFold(number)
		}
	} else {
		tags, _ := parseTagList(value)
		text, _ = tags.get("i")
	}
	n, err := strconv.Atoi(text)
	if err != nil || !isDigits(text) || n > maxSets {
		return 0
	}
	return n
}

// add takes the next field of a set.
func (s *arcSet) add(f header.Field, place int, k kind) {
	double := k == kindResults && s.results >= 0 || k == kindMessage && s.message != nil ||
		k == kindSeal && s.seal != nil
	if double {
		s.spoil(chainFail("instance %d has two %s fields", s.check.Instance, f.Name))
		return
	}
	var x *flaw
	switch k {
	case kindResults:
		s.results = place
	case kindMessage:
		s.message, x = parseSignature(f, place, k)
	case kindSeal:
		s.seal, x = parseSignature(f, place, k)
		s.readSeal(f)
	}
	if x != nil {
		s.spoil(chainFail("%s of instance %d: %s", f.Name, s.check.Instance, x.reason))
	}
}

// readSeal reads what only a seal has, and what it must not have (RFC 8617 section 4.1.3).
func (s *arcSet) readSeal(f header.Field) {
	tags, _ := parseTagList(f.Value)
	s.check.Domain, s.check.Selector = s.seal.domain, s.seal.selector
	s.check.Claimed, _ = tags.get("cv")
	want := resultPass
	if s.check.Instance == 1 {
		want = "none"
	}
	if tags.has("h") {
		s.spoil(chainFail("ARC-Seal of instance %d has h=", s.check.Instance))
	}
	if s.check.Claimed != want {
		s.spoil(chainFail("instance %d claims cv=%.40q, not %s", s.check.Instance,
			s.check.Claimed, want))
	}
}

// chainFlaw says what makes the sets no chain from 1 to the newest.
func chainFlaw(sets []arcSet) *flaw {
	for i := range sets {
		s := &sets[i]
		switch {
		case s.check.Instance != i+1:
			return chainFail("instance %d is missing", i+1)
		case s.results < 0 || s.message == nil || s.seal == nil:
			return chainFail("instance %d is incomplete", i+1)
		case s.flaw != nil:
			return s.flaw
		}
	}
	return nil
}

func chainFail(format string, args ...any) *flaw {
	return &flaw{resultFail, fmt.Sprintf(format, args...)}
}
