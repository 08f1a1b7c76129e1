//go:build unix

package sender_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedtest"
	"seedtest/sender"
)

// TestProgramIsAskedForReports: the options of Sendmail go to a program that is known to take them,
// and to no other: Exim would take the message and deliver nothing.
func TestProgramIsAskedForReports(t *testing.T) {
	const options = "-N success,failure,delay -R hdrs -V "
	for name, c := range map[string]struct {
		file   string // that the name sendmail leads to
		beside string // another file there
		args   []string
		asked  bool
	}{
		"Postfix":           {"sendmail", "postconf", nil, true},
		"Postfix on Fedora": {"sendmail.postfix", "", nil, true},
		"Sendmail":          {"sendmail.sendmail", "", nil, true},
		"OpenSMTPD":         {"smtpctl", "", nil, true},
		"Exim":              {"exim4", "", nil, false},
		"Exim with Postfix": {"exim4", "postconf", nil, false},
		"nullmailer":        {"sendmail", "", nil, false},
		"msmtp":             {"msmtp", "", nil, false},
		"by itself":         {"sendmail", "postconf", []string{"-Nnever", "-f", "{from}", "--", "{to}"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := filepath.Join(t.TempDir(), "got")
			r := program(t, `printf '%s ' "$@" >`+got+"; cat >/dev/null", c.args...)
			dir := filepath.Dir(r.Program[0])
			if c.file != "sendmail" {
				if err := os.Rename(r.Program[0], filepath.Join(dir, c.file)); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(c.file, r.Program[0]); err != nil {
					t.Fatal(err)
				}
			}
			if c.beside != "" {
				if err := os.WriteFile(filepath.Join(dir, c.beside), nil, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			m := asking(t)
			s := sender.NewProgram(r, sender.Options{}).Send(t.Context(), m, committing)
			wantAccepted(t, s)
			args, err := os.ReadFile(got)
			if has := strings.HasPrefix(string(args), options+m.EnvelopeID+" -i"); err != nil || has != c.asked {
				t.Errorf("the arguments were %q (%v), want the options: %t", args, err, c.asked)
			}
			if s.DSN == nil || len(s.DSN.Notify) != 3 || s.DSN.Asked(seedtest.NotifySuccess) != c.asked {
				t.Errorf("on record: %+v, want it asked: %t", s.DSN, c.asked)
			}
		})
	}
}
