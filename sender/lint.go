package sender

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/emersion/go-message"

	"seedtest"
)

//go:embed lint.toml
var lintData string

// Severity says how much a remark matters.
type Severity string

// The severities. What has SeverityRefused is not sent.
const (
	SeverityRefused Severity = "refused"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Remark is something in a message that receivers dislike.
type Remark struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
	Evidence string   `json:"evidence,omitempty"`
	Fix      string   `json:"fix"`
	Source   string   `json:"source"`
}

// String says the remark and its evidence on one line.
func (r Remark) String() string {
	if r.Evidence == "" {
		return r.Text
	}
	return fmt.Sprintf("%s: %q", r.Text, r.Evidence)
}

// lintBook is lint.toml.
type lintBook struct {
	Shorteners   []string
	RefusedFiles []string `toml:"refused_files"`
	MacroFiles   []string `toml:"macro_files"`
	Rule         []struct{ ID, Severity, Text, Fix, Source string }
}

var lints = sync.OnceValue(func() lintBook {
	var b lintBook
	meta, err := toml.Decode(lintData, &b)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err != nil {
		panic(fmt.Sprintf("sender: lint.toml: %v", err)) // embedded, and held by a test
	}
	return b
})

// Lint says what receivers dislike in a message as it leaves by a route, in the order of lint.toml:
// at most one remark a rule, with the first evidence found. The message may have been written by
// anybody.
func Lint(m seedtest.Composed, r seedtest.Route) []Remark {
	x := dissect(m, r)
	var found []Remark
	for _, rule := range lints().Rule {
		look, ok := signs()[rule.ID]
		if !ok {
			continue // held by a test
		}
		evidence, is := look(x)
		if !is {
			continue
		}
		found = append(found, Remark{Rule: rule.ID, Severity: Severity(rule.Severity), Text: rule.Text,
			Evidence: shortened(evidence), Fix: rule.Fix, Source: rule.Source})
	}
	return found
}

// shortened keeps evidence to a line of fair length.
func shortened(s string) string {
	const most = 80
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "..."
	}
	return s
}

// specimen is a message taken apart for the rules.
type specimen struct {
	composed seedtest.Composed
	route    seedtest.Route
	header   message.Header
	subject  string
	from     string // domain of From
	text     string // all plain text
	page     string // all HTML
	shown    string // the words of the HTML
	links    []link
	files    []string // names of attachments
}

// link is a link of a page: where it leads, and the words that show it.
type link struct{ to, shows string }

// maxLint bounds what is read of one part.
const maxLint = 4 << 20

func dissect(m seedtest.Composed, r seedtest.Route) *specimen {
	x := &specimen{composed: m, route: r}
	e, err := message.Read(bytes.NewReader(m.Data))
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return x
	}
	x.header = e.Header
	x.subject, _ = e.Header.Text("Subject")
	if from, err := parseFrom(r.Sender); err == nil {
		x.from = domainOf(from.Address)
	}
	_ = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if part != nil {
			x.take(part)
		}
		return err
	})
	for _, a := range anchor().FindAllStringSubmatch(x.page, -1) {
		x.links = append(x.links, link{to: unescaped(a[1] + a[2] + a[3]), shows: words(a[4])})
	}
	x.shown = words(x.page)
	return x
}

// take reads one part.
func (x *specimen) take(part *message.Entity) {
	kind, params, _ := part.Header.ContentType()
	disposition, more, _ := part.Header.ContentDisposition()
	name := more["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case disposition == "attachment" || name != "":
		x.files = append(x.files, name)
	case kind == "text/html" || kind == "text/plain":
		data, _ := io.ReadAll(io.LimitReader(part.Body, maxLint))
		if kind == "text/html" {
			x.page += string(data)
		} else {
			x.text += string(data)
		}
	}
}

// anchor matches a link of HTML and what is between its tags.
var anchor = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*` +
		`(?:"([^"]*)"|'([^']*)'|([^\s>"']+))[^>]*>(.*?)</a\s*>`)
})
