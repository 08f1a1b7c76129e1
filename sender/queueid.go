package sender

import (
	_ "embed" // queueids.toml
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed queueids.toml
var queueIDData string

// queueIDRule finds the queue id in the text of an accepting reply, as one family of servers
// words it.
type queueIDRule struct {
	Server  string `toml:"server"`
	Pattern string `toml:"pattern"` // RE2 with one group, over the text without its codes
	Source  string `toml:"source"`
	Status  string `toml:"status"`
	Example string `toml:"example"`
	ID      string `toml:"id"` // what the example gives

	re *regexp.Regexp
}

// queueIDFile is all of queueids.toml. Of Silent, which name nothing, only tests know.
type queueIDFile struct{ Rule, Silent []queueIDRule }

// queueIDRules are read at the first acceptance. A test reads them too, so that they cannot be
// wrong in a program that is built.
var queueIDRules = sync.OnceValue(func() []queueIDRule {
	var file queueIDFile
	if _, err := toml.Decode(queueIDData, &file); err != nil {
		return nil
	}
	for i := range file.Rule {
		file.Rule[i].re = regexp.MustCompile(file.Rule[i].Pattern)
	}
	return file.Rule
})

// maxQueueID is the longest id that is believed to be one, in octets.
const maxQueueID = 200

// queueID is the name that the server gave to the message; empty if its reply has none. The
// first rule that matches decides.
func queueID(text string) string {
	for _, rule := range queueIDRules() {
		m := rule.re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if id := strings.TrimRight(m[1], "."); id != "" && len(id) <= maxQueueID {
			return id
		}
	}
	return ""
}
