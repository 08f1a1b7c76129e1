package sender

import (
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestLoginRules gives every rule its own example, through all the rules before it.
func TestLoginRules(t *testing.T) {
	var file loginFile
	meta, err := toml.Decode(loginData, &file)
	if err != nil || len(meta.Undecoded()) > 0 || len(file.Rule) < 15 {
		t.Fatalf("logins.toml: %v, unknown keys %v, %d rules", err, meta.Undecoded(), len(file.Rule))
	}
	for _, r := range loginRules() {
		if r.Do == "" || r.Source == "" || !slices.Contains([]string{"", byPassword, byToken}, r.By) ||
			!slices.Contains([]string{"documented", "observed", "guess"}, r.Status) {
			t.Errorf("%q wants what to do, a source and a status", r.Example)
		}
		line, err := parseReplyLine(r.Example)
		if err != nil {
			t.Fatal(err)
		}
		by := r.By
		if by == "" {
			by = byPassword
		}
		if got := loginHint(replyOf(line.code, []string{line.text}), by); got != r.Do {
			t.Errorf("loginHint(%q, %s) = %q, want %q", r.Example, by, got, r.Do)
		}
	}
}

// TestLoginHintIsFound for whatever a server says.
func TestLoginHintIsFound(t *testing.T) {
	for code := 400; code < 600; code++ {
		for _, by := range []string{byPassword, byToken} {
			if loginHint(replyOf(code, []string{"no"}), by) == "" {
				t.Fatalf("no hint for %d by %s", code, by)
			}
		}
	}
}
