package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// maxInstance is the highest number that an ARC set may have (RFC 8617 section 4.2.1).
const maxInstance = 50

// addARC puts one field of an ARC set (RFC 8617 section 4) where it belongs; key is its name in
// lower case. Of two fields that claim the same place the upper one stays. Fields whose number
// cannot be used are in a set of their own, of instance 0.
func (r *authReader) addARC(sets []seedtest.ARCSet, key, value string) []seedtest.ARCSet {
	number, tags, problem := r.arcTags(key, value)
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxInstance {
		n, problem = 0, fmt.Sprintf("%s: the instance is not a number from 1 to %d", key, maxInstance)
	}
	i := slices.IndexFunc(sets, func(s seedtest.ARCSet) bool { return s.Instance == n })
	if i < 0 {
		sets = append(sets, seedtest.ARCSet{Instance: n})
		i = len(sets) - 1
	}
	set := &sets[i]
	if problem != "" {
		arcProblem(set, problem)
	}
	place := &set.Results
	switch key {
	case "arc-seal":
		place = &set.Seal
	case "arc-message-signature":
		place = &set.Message
	}
	switch {
	case *place != "":
		arcProblem(set, "two fields "+key)
		return sets
	case key == "arc-seal":
		set.Validation = strings.ToLower(tagValue(tags, "cv"))
	}
	*place = value
	return sets
}

// arcTags returns the instance of a field and, of seals and signatures, the tags and what is wrong
// with them.
func (r *authReader) arcTags(key, value string) (number string, tags []seedtest.Property,
	problem string) {
	required := sealTags[:]
	switch key {
	case "arc-seal":
	case "arc-message-signature":
		required = messageTags[:]
	default:
		first, _, _ := strings.Cut(value, ";")
		name, number, _ := strings.Cut(first, "=")
		if strings.TrimSpace(name) != "i" {
			return "", nil, ""
		}
		return strings.TrimSpace(number), nil, ""
	}
	tags, problem = r.tagList(value)
	for _, name := range required {
		if problem == "" && tagValue(tags, name) == "" {
			problem = "no " + name + "="
		}
	}
	if problem != "" {
		problem = key + ": " + problem
	}
	return tagValue(tags, "i"), tags, problem
}

// What a seal and a message signature must have (RFC 8617 sections 4.1.2 and 4.1.3).
var (
	sealTags    = [...]string{"i", "a", "b", "cv", "d", "s"}
	messageTags = [...]string{"i", "a", "b", "bh", "d", "h", "s"}
)

// finishARC orders sets by instance, the first sealer's first, and says what they lack.
func finishARC(sets []seedtest.ARCSet) {
	slices.SortStableFunc(sets, func(a, b seedtest.ARCSet) int {
		return cmp.Compare(a.Instance, b.Instance)
	})
	before := 0
	for i := range sets {
		set := &sets[i]
		if set.Instance == 0 {
			continue
		}
		if set.Instance > before+1 {
			arcProblem(set, fmt.Sprintf("instance %d is missing", before+1))
		}
		before = set.Instance
		checkARC(set)
	}
}

// checkARC says what one set lacks (RFC 8617 sections 4.1.3 and 5.1.1).
func checkARC(set *seedtest.ARCSet) {
	if set.Seal == "" {
		arcProblem(set, "no arc-seal")
	}
	if set.Message == "" {
		arcProblem(set, "no arc-message-signature")
	}
	if set.Results == "" {
		arcProblem(set, "no arc-authentication-results")
	}
	switch first := set.Instance == 1; {
	case set.Validation == "":
	case first && set.Validation != "none":
		arcProblem(set, "the first seal claims cv="+set.Validation)
	case !first && set.Validation != "pass" && set.Validation != "fail":
		arcProblem(set, "a later seal claims cv="+set.Validation)
	}
}

// arcProblem notes a problem once. A forged header may have many.
func arcProblem(set *seedtest.ARCSet, text string) {
	if len(set.Problems) < 20 && !slices.Contains(set.Problems, text) {
		set.Problems = append(set.Problems, text)
	}
}
