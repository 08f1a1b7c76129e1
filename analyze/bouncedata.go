package analyze

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed bounces.toml
var bounceData string

// bounceFile is what is known of reports in words: bounces.toml says what each key means.
type bounceFile struct {
	Schema   int
	Original []string
	Delayed  []string
	Remote   []string
	Dialect  []*dialect

	remotes []*regexp.Regexp
}

// dialect is how one mail system reports.
type dialect struct {
	ID        string
	Name      string
	From      []string
	Subject   []string
	Field     []string
	Marker    []string
	Begin     string
	Recipient []string
	Reason    string
	Detail    string
	State     string
	Delayed   []string
	Delivered []string
	Declared  bool
	Receipt   bool
	Status    string
	Source    string

	begin, reasons, detail, state *regexp.Regexp
	recipients                    []*regexp.Regexp
}

// dialects gives the table. It is read when the first message that looks like a report comes.
var dialects = sync.OnceValue(func() *bounceFile {
	file, err := readDialects(bounceData)
	if err != nil {
		panic("analyze: bounces.toml: " + err.Error()) // embedded: a test reads it
	}
	return file
})

// addressPattern stands for {address}.
const addressPattern = `<?(?P<address>[^\s<>()\[\]",;:'*=][^\s<>()\[\]",;:]*@` +
	`[^\s<>()\[\]",;:']*[^\s<>()\[\]",;:'.])>?`

func readDialects(data string) (*bounceFile, error) {
	var file bounceFile
	if _, err := toml.Decode(data, &file); err != nil {
		return nil, err
	}
	for _, text := range file.Remote {
		form, err := compile(text)
		if err != nil {
			return nil, err
		}
		file.remotes = append(file.remotes, form)
	}
	for _, d := range file.Dialect {
		if err := d.compile(); err != nil {
			return nil, fmt.Errorf("dialect %s: %w", d.ID, err)
		}
	}
	return &file, nil
}

func (d *dialect) compile() error {
	for _, p := range []struct {
		to   **regexp.Regexp
		text string
	}{{&d.begin, d.Begin}, {&d.reasons, d.Reason}, {&d.detail, d.Detail}, {&d.state, d.State}} {
		form, err := compile(p.text)
		if err != nil {
			return err
		}
		*p.to = form
	}
	for _, text := range d.Recipient {
		form, err := compile(text)
		if err != nil {
			return err
		}
		d.recipients = append(d.recipients, form)
	}
	return nil
}

// compile compiles a pattern of the table; an empty one is nil.
func compile(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	return regexp.Compile(`(?mi)` + strings.ReplaceAll(text, "{address}", addressPattern))
}

// delays reports whether a text is about delay.
func (f *bounceFile) delays(text string) bool { return saysAny(strings.ToLower(text), f.Delayed) }
