package sender

import (
	_ "embed" // telltales.toml
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"seedtest"
)

//go:embed telltales.toml
var telltaleData string

// Where a telltale may stand.
const (
	ofGreeting = "greeting"
	ofKeyword  = "keyword"
	ofEHLO     = "ehlo"
	ofIssuer   = "issuer"
)

// telltale is by what something between here and a server gives itself away.
type telltale struct {
	ID      string `toml:"id"`
	Where   string `toml:"where"`
	Pattern string `toml:"pattern"`
	What    string `toml:"what"`
	Do      string `toml:"do"`
	Source  string `toml:"source"`
	Status  string `toml:"status"`
	Example string `toml:"example"`

	re *regexp.Regexp
}

// lateRule is how late a greeting is told.
type lateRule struct {
	After  string `toml:"after"`
	What   string `toml:"what"`
	Do     string `toml:"do"`
	Source string `toml:"source"`
	Status string `toml:"status"`

	after time.Duration
}

// telltaleBook is all of telltales.toml.
type telltaleBook struct {
	Telltale []telltale
	Late     []lateRule
}

// telltales are read at the first connection. A test reads them too, so that they cannot be wrong in a
// program that is built.
var telltales = sync.OnceValue(func() telltaleBook {
	var book telltaleBook
	if _, err := toml.Decode(telltaleData, &book); err != nil {
		return telltaleBook{}
	}
	for i := range book.Telltale {
		book.Telltale[i].re = regexp.MustCompile(book.Telltale[i].Pattern)
	}
	for i := range book.Late {
		book.Late[i].after, _ = time.ParseDuration(book.Late[i].After)
	}
	return book
})

// look puts what a text gives away on record, each once.
func (s *session) look(where, text string) {
	for _, x := range telltales().Telltale {
		known := slices.ContainsFunc(s.telltales, func(k telltale) bool { return k.ID == x.ID })
		if x.Where != where || known || !x.re.MatchString(text) {
			continue
		}
		x.What = strings.ReplaceAll(x.What, "{}", x.re.FindString(text))
		s.telltales = append(s.telltales, x)
		s.rec.remark(x.What + "; " + x.Do)
	}
}

// lookAtIssuers looks for signs in who gave out a server's certificates.
func (s *session) lookAtIssuers(info *seedtest.TLSInfo) {
	if info == nil {
		return
	}
	for _, issuer := range append([]string{info.Issuer}, info.Chain...) {
		s.look(ofIssuer, issuer)
	}
}

// lookAtWait puts on record that the greeting came late, counted from the stage before it.
func (s *session) lookAtWait() {
	n := len(s.rec.sub.Stages)
	if n < 2 {
		return
	}
	took := s.rec.sub.Stages[n-1].At.Sub(s.rec.sub.Stages[n-2].At)
	for _, l := range telltales().Late {
		if took >= l.after {
			s.rec.remark(l.What + ": after " + took.Round(100*time.Millisecond).String() + "; " + l.Do)
		}
	}
}

// explained adds to trouble that comes before the first message what may be to blame for it: what
// stands between speaks in the server's name there. A login that was refused has reasons of its own.
func (s *session) explained(t *trouble) *trouble {
	if t == nil || t.outcome == seedtest.OutcomeUnsent ||
		t.stage == seedtest.StageAUTH && t.reply != nil {
		return t
	}
	remedy := ""
	for _, x := range s.telltales {
		t.what, remedy = or(t.what, t.reason())+"; "+x.What, x.Do // the last one is nearest
		if x.Where == ofIssuer {
			t.hint = "" // nobody should trust that one
		}
	}
	switch {
	case remedy == "":
	case t.hint == "":
		t.hint = remedy
	default:
		t.hint = remedy + "; " + t.hint
	}
	return t
}
