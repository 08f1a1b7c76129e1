package diagnose

import (
	_ "embed" // the data files
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"seedtest"
)

//go:embed causes.toml
var causesData string

//go:embed rules.toml
var rulesData string

//go:embed replies.toml
var repliesData string

// cause is an entry of causes.toml.
type cause struct {
	ID          string
	Title       string
	Plain       string
	Severity    seedtest.Severity
	Damage      int
	Per         scope
	Universal   bool
	ExplainedBy []string `toml:"explained_by"`
	Fix         []string
	Sources     []string

	order int
}

// scope is what one finding of a cause speaks of.
type scope string

const (
	perRoute    scope = "route"
	perProvider scope = "provider"
	perSeed     scope = "seed"
)

// rule is an entry of rules.toml.
type rule struct {
	ID         string
	Group      string
	When       []condition
	Unless     []condition
	Cause      string
	Confidence float64
	Status     string
	Source     string
}

// replyRule is an entry of replies.toml.
type replyRule struct {
	ID         string
	Provider   string
	Code       pattern
	Enh        pattern
	Text       pattern
	Cause      string
	Confidence float64
	Breaker    string
	Status     string
	Source     string
	Example    string
}

// mark tells a provider by what it leaves in its replies.
type mark struct {
	ID   string
	Mark pattern
}

// book is all the data, read and checked.
type book struct {
	causes  map[string]cause
	rules   []rule
	replies []replyRule // the most confident first
	marks   []mark
}

// pattern is an RE2 without regard to case. The zero value matches everything.
type pattern struct{ re *regexp.Regexp }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *pattern) UnmarshalText(text []byte) error {
	re, err := regexp.Compile("(?i)" + string(text))
	p.re = re
	return err
}

func (p pattern) matches(s string) bool { return p.re == nil || p.re.MatchString(s) }

// theBook reads the embedded data once. The data is part of the program and a test reads it, so an
// error in it is a defect of the build, as in regexp.MustCompile.
var theBook = sync.OnceValue(func() *book {
	b, err := readBook(causesData, rulesData, repliesData)
	if err != nil {
		panic("diagnose: embedded data: " + err.Error())
	}
	return b
})

// readBook reads the three data files. Unknown keys, rules without a cause and conditions that
// cannot be read are errors.
func readBook(causes, rules, replies string) (*book, error) {
	var c struct {
		Schema int
		Cause  []cause
	}
	var r struct {
		Schema int
		Rule   []rule
	}
	var p struct {
		Schema   int
		Provider []mark
		Reply    []replyRule
	}
	for _, f := range []struct {
		name, text string
		into       any
	}{{"causes.toml", causes, &c}, {"rules.toml", rules, &r}, {"replies.toml", replies, &p}} {
		if err := decode(f.text, f.into); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	b := &book{causes: map[string]cause{}, rules: r.Rule, replies: p.Reply, marks: p.Provider}
	for i, x := range c.Cause {
		x.order = i
		b.causes[x.ID] = x
	}
	slices.SortStableFunc(b.replies, byConfidence)
	return b, b.check()
}

func byConfidence(x, y replyRule) int {
	switch {
	case x.Confidence > y.Confidence:
		return -1
	case x.Confidence < y.Confidence:
		return 1
	}
	return 0
}

func decode(text string, into any) error {
	meta, err := toml.Decode(text, into)
	if err != nil {
		return err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("unknown key %s", unknown[0])
	}
	return nil
}

// check holds every rule against the causes.
func (b *book) check() error {
	for _, r := range b.rules {
		if _, ok := b.causes[r.Cause]; !ok {
			return fmt.Errorf("rule %s: no cause %q", r.ID, r.Cause)
		}
		if len(r.When) == 0 || r.Confidence <= 0 || r.Confidence > mostConfident {
			return fmt.Errorf("rule %s: needs conditions and a confidence up to %g", r.ID, mostConfident)
		}
	}
	for _, r := range b.replies {
		if _, ok := b.causes[r.Cause]; !ok {
			return fmt.Errorf("reply %s: no cause %q", r.ID, r.Cause)
		}
	}
	return nil
}
