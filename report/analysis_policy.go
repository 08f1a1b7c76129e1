package report

import (
	"slices"
	"strings"

	"seedtest"
)

// policy is what a DMARC result tells beside the result: what the author's domain asks for, and
// what the receiver did.
type policy struct{ asked, ofSubdomains, done string }

// words says a policy.
func (p policy) words() string {
	asked := labelOf("policy ", strings.ToLower(p.asked))
	if p.ofSubdomains != "" && !strings.EqualFold(p.ofSubdomains, p.asked) {
		asked = joined(", ", asked, "of subdomains "+strings.ToLower(p.ofSubdomains))
	}
	return joined(", ", asked, labelOf("applied ", strings.ToLower(p.done)))
}

// take keeps a value if it is of the policy, by the names that Google, Microsoft, Fastmail and
// OpenDMARC give it, and says so. What was evaluated and then not applied is not kept.
func (p *policy) take(name, value string) bool {
	switch name {
	case "p", "policy.published-domain-policy":
		p.asked = value
	case "dis", "d", "action", "policy.applied-disposition":
		p.done = value
	case "sp":
		p.ofSubdomains = value
	case "d.eval", "policy.evaluated-disposition", "policy.policy-from":
	default:
		return false
	}
	return true
}

// policyOf says the policy that a DMARC result tells in properties and comments, and returns what
// that leaves of them.
func policyOf(r seedtest.AuthResult, list []seedtest.Property) (string, []seedtest.Property,
	[]string) {
	if r.Method != "dmarc" {
		return "", list, r.Comments
	}
	var p policy
	list = slices.DeleteFunc(slices.Clone(list), func(x seedtest.Property) bool {
		return p.take(propertyName(x), x.Value)
	})
	var comments []string
	for _, c := range r.Comments {
		if c = p.takeAll(c); c != "" {
			comments = append(comments, c)
		}
	}
	return p.words(), list, comments
}

// takeAll keeps what a comment tells of the policy, "p=REJECT sp=REJECT dis=NONE" or
// "p=none,d=none", and returns the rest of it.
func (p *policy) takeAll(comment string) string {
	words := strings.FieldsFunc(comment, func(r rune) bool { return r == ' ' || r == ',' })
	rest := slices.DeleteFunc(words, func(word string) bool {
		name, value, ok := strings.Cut(word, "=")
		return ok && p.take(name, value)
	})
	return strings.Join(rest, " ")
}
