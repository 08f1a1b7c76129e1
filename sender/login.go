package sender

import (
	_ "embed" // logins.toml
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"seedtest"
)

//go:embed logins.toml
var loginData string

// loginRule says what to do about a refused login.
type loginRule struct {
	Code    string `toml:"code"`
	Enh     string `toml:"enh"`
	Text    string `toml:"text"`
	By      string `toml:"by"`
	Do      string `toml:"do"`
	Source  string `toml:"source"`
	Status  string `toml:"status"`
	Example string `toml:"example"`

	code, enh, text *regexp.Regexp
}

// loginFile is all of logins.toml.
type loginFile struct{ Rule []loginRule }

// loginRules are read at the first refusal. A test reads them too, so that they cannot be wrong in a
// program that is built.
var loginRules = sync.OnceValue(func() []loginRule {
	var file loginFile
	if _, err := toml.Decode(loginData, &file); err != nil {
		return nil
	}
	for i := range file.Rule {
		r := &file.Rule[i]
		r.code, r.enh = regexp.MustCompile(r.Code), regexp.MustCompile(r.Enh)
		r.text = regexp.MustCompile("(?i)" + r.Text)
	}
	return file.Rule
})

// loginHint says what to do about the reply that refused a login.
func loginHint(r seedtest.Reply, by string) string {
	text := strings.Join(strings.Fields(r.Text), " ")
	for _, rule := range loginRules() {
		if (rule.By == "" || rule.By == by) && rule.code.MatchString(strconv.Itoa(r.Code)) &&
			rule.enh.MatchString(r.Enhanced) && rule.text.MatchString(text) {
			return rule.Do
		}
	}
	return ""
}
