package sender

import (
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestTelltales gives each its own example, and none of them what ordinary servers say.
func TestTelltales(t *testing.T) {
	var file telltaleBook
	meta, err := toml.Decode(telltaleData, &file)
	if err != nil || len(meta.Undecoded()) > 0 || len(file.Telltale) < 5 || len(file.Late) != 1 {
		t.Fatalf("telltales.toml: %v, unknown keys %v: %+v", err, meta.Undecoded(), file)
	}
	statuses := []string{"documented", "observed", "guess"}
	for _, x := range telltales().Telltale {
		if x.ID == "" || x.What == "" || x.Do == "" || x.Source == "" || !slices.Contains(statuses, x.Status) ||
			!slices.Contains([]string{ofGreeting, ofKeyword, ofEHLO, ofIssuer}, x.Where) {
			t.Errorf("%q wants an id, a place, what, do, a source and a status: %+v", x.ID, x)
		}
		if x.Example == "" || !x.re.MatchString(x.Example) {
			t.Errorf("%s: its example %q does not fit", x.ID, x.Example)
		}
		for _, usual := range map[string][]string{
			ofGreeting: {"", "mx.example.net ESMTP Postfix", "mx ESMTP * fast *", "2020 mx", "mail.220.example.net"},
			ofKeyword:  {"", "XCLIENT", "XFORWARD", "X-EXPS", "XRDST", "STARTTLS", "XX"},
			ofEHLO:     {"550 go away", "421 later", "504 5.5.2 need a full name"},
			ofIssuer:   {"", "CN=R11,O=Let's Encrypt,C=US", "CN=FE-3KE3R16000000,O=Fortinet", "CN=FG Mail CA"},
		}[x.Where] {
			if x.re.MatchString(usual) {
				t.Errorf("%s fits %q", x.ID, usual)
			}
		}
	}
	if l := telltales().Late[0]; l.after <= 0 || l.Source == "" || !strings.Contains(l.Source, "6 s") {
		t.Errorf("late: %+v", l)
	}
}
