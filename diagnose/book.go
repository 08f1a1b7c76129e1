package diagnose

import (
	_ "embed" // the data files
	"errors"
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
	causes map[string]cause
	rules  []rule
	said   func() replyBook // read when a reply is first looked up
}

// replyBook is what is known of replies.
type replyBook struct {
	rules []replyRule // the most confident first
	marks []mark
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
	b, err := readBook(causesData, rulesData)
	if err != nil {
		panic("diagnose: embedded data: " + err.Error())
	}
	b.said = sync.OnceValue(func() replyBook {
		replies, err := b.readReplies(repliesData)
		if err != nil {
			panic("diagnose: embedded data: " + err.Error())
		}
		return replies
	})
	return b
})

// readBook reads causes.toml and rules.toml. Unknown keys, rules without a cause and conditions
// that cannot be read are errors.
func readBook(causes, rules string) (*book, error) {
	var c struct {
		Schema int
		Cause  []cause
	}
	var r struct {
		Schema int
		Rule   []rule
	}
	err := errors.Join(decode("causes.toml", causes, &c), decode("rules.toml", rules, &r))
	if err != nil {
		return nil, err
	}
	b := &book{causes: map[string]cause{}, rules: r.Rule}
	for i, x := range c.Cause {
		x.order = i
		b.causes[x.ID] = x
	}
	return b, b.check()
}

// readReplies reads replies.toml, which is large. Its causes must be in the book.
func (b *book) readReplies(text string) (replyBook, error) {
	var p struct {
		Schema   int
		Provider []mark
		Reply    []replyRule
	}
	if err := decode("replies.toml", text, &p); err != nil {
		return replyBook{}, err
	}
	for _, r := range p.Reply {
		if _, ok := b.causes[r.Cause]; !ok {
			return replyBook{}, fmt.Errorf("reply %s: no cause %q", r.ID, r.Cause)
		}
	}
	slices.SortStableFunc(p.Reply, byConfidence)
	return replyBook{rules: p.Reply, marks: p.Provider}, nil
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

func decode(file, text string, into any) error {
	meta, err := toml.Decode(text, into)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("%s: unknown key %s", file, unknown[0])
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
	return nil
}
