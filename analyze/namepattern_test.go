package analyze

import (
	"math/rand/v2"
	"strings"
	"testing"

	"seedtest/provider"
)

// TestNamePatterns holds that names compared as texts fit as the expression says.
func TestNamePatterns(t *testing.T) {
	patterns := []string{"", "(", "a|", "^", "$", "^$", "x^", "mx|^y$|z\\d", "(?i)Mk|s", "[ks]\\.com$",
		"^a(b|c)?(d|e)$", "k(\\d|x)s$", "\xfe", "é$", "(?m)^b$", "a{2}", "s(?:k)"}
	for _, id := range provider.IDs() {
		p, _ := provider.ByID(id)
		patterns = append(patterns, p.Trust.BoundaryBy, p.Trust.InsideBy)
		patterns = append(patterns, p.Trust.AuthservIDs...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, text := range patterns {
		for _, whole := range []bool{false, true} {
			p := match(text, whole)
			if p == nil {
				continue
			}
			for range 300 {
				name := nameLike(text, random)
				if got, want := p.matches(name), p.re.MatchString(name); got != want {
					t.Errorf("match(%q, %v).matches(%q) = %v, want %v", text, whole, name, got, want)
				}
			}
		}
	}
}

// nameLike makes a name that may fit a pattern.
func nameLike(pattern string, random *rand.Rand) string {
	ways := strings.Split(pattern, "|")
	name := ways[random.IntN(len(ways))]
	name = strings.NewReplacer(`\d`, "7", `[a-z0-9.-]*`, "a.b", "^", "", "$", "", "+", "", "?", "",
		"(", "", ")", "", `\`, "").Replace(name)
	parts := []string{"K", "S", "k", "ſ", "\u212a", "é", ".", "-", "mx", "\xff", "com", "1"}
	for range random.IntN(3) {
		at := random.IntN(len(name) + 1)
		name = name[:at] + parts[random.IntN(len(parts))] + name[at:]
	}
	switch random.IntN(4) {
	case 0:
		return strings.ToUpper(name)
	case 1:
		return strings.ReplaceAll(name, "k", "\u212a")
	case 2:
		return strings.ReplaceAll(name, "s", "ſ")
	}
	return name
}
