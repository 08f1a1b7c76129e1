package maillog

import (
	_ "embed" // formats.toml
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"seedtest"
)

//go:embed formats.toml
var formatData string

// format is one server's log: how its lines are known, and what its words mean.
type format struct {
	Name    string                      `toml:"name"`
	Program string                      `toml:"program"` // names in syslog
	Own     string                      `toml:"own"`     // lines that the server stamps itself
	Source  string                      `toml:"source"`
	Via     map[string]seedtest.Via     `toml:"via"`
	Status  map[string]seedtest.Outcome `toml:"status"`

	program, own *regexp.Regexp
	lines        func(*format, *Parser, head) (Event, bool)
}

// nextRule finds the queue id at the next hop in its reply.
type nextRule struct {
	Pattern string `toml:"pattern"`
	Source  string `toml:"source"`
	Example string `toml:"example"`
	ID      string `toml:"id"`

	re *regexp.Regexp
}

type book struct {
	Format []*format
	Next   []nextRule
}

// theBook is read at the first line. A test reads it too, so that it cannot be wrong in a program
// that is built.
var theBook = sync.OnceValue(func() book {
	var b book
	if _, err := toml.Decode(formatData, &b); err != nil {
		return book{}
	}
	readers := map[string]func(*format, *Parser, head) (Event, bool){
		"postfix": postfix, "exim": exim, "opensmtpd": opensmtpd, "sendmail": sendmail,
		"haraka": haraka,
	}
	for _, f := range b.Format {
		f.program, f.lines = regexp.MustCompile(f.Program), readers[f.Name]
		if f.Own != "" {
			f.own = regexp.MustCompile(f.Own)
		}
	}
	for i := range b.Next {
		b.Next[i].re = regexp.MustCompile(b.Next[i].Pattern)
	}
	return b
})

func formats() []*format { return theBook().Format }

// Formats are the names of the logs that can be read.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.Name)
	}
	return names
}

// speaks reports whether a line is one of this server's.
func (f *format) speaks(h head) bool {
	if h.program != "" && f.program.MatchString(h.program) {
		return true
	}
	return f.own != nil && h.program == "" && f.own.MatchString(h.text)
}

func (f *format) read(p *Parser, h head) (Event, bool) { return f.lines(f, p, h) }

// via says how a program or transport of a server hands messages on: by its own name, unless it is
// known to end their journey.
func (f *format) via(name string) seedtest.Via {
	if v, ok := f.Via[name]; ok {
		return v
	}
	return seedtest.Via(name)
}

// maxID is the longest queue id that is believed to be one, in octets.
const maxID = 200

func nextID(reply string) string {
	for _, rule := range theBook().Next {
		if m := rule.re.FindStringSubmatch(reply); m != nil && len(m[1]) <= maxID {
			return strings.TrimRight(m[1], ".")
		}
	}
	return ""
}

// replyForm is how logs write a reply: code, enhanced status and text in a line (RFC 3463).
var replyForm = regexp.MustCompile(
	`^([245]\d\d)(?:[- ]|$)(?:#?([245]\.\d{1,3}\.\d{1,3})(?: |$))?((?s:.*))$`)

// reply reads a reply, nil if the text begins with no code.
func reply(text string) *seedtest.Reply {
	m := replyForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil
	}
	code, _ := strconv.Atoi(m[1])
	return &seedtest.Reply{Code: code, Enhanced: m[2], Text: strings.TrimSpace(m[3])}
}

// replyWithin finds a reply behind words that say to what it answers: "host mx[192.0.2.1] said: 450
// 4.2.0 busy (in reply to RCPT TO command)", "SMTP error from remote mail server after RCPT
// TO:<a@b>: 550 no".
func replyWithin(text string) *seedtest.Reply {
	if r := reply(text); r != nil {
		return r
	}
	for i := 0; i < len(text); {
		k := strings.Index(text[i:], ": ")
		if k < 0 {
			return nil
		}
		i += k + 2
		if r := reply(text[i:]); r != nil {
			return r
		}
	}
	return nil
}

// server puts a host, an address and a port together; any of them may be empty.
func server(host, address, port string) string {
	text := host
	switch {
	case host == "":
		text = address
	case address != "" && address != host:
		text += "[" + address + "]"
	}
	if text != "" && port != "" {
		text += ":" + port
	}
	return text
}
