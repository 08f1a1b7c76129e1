package sender

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"seedtest"
)

// reporting adds to the arguments of a sendmail what it is to report, if it is known to take that.
func reporting(argv []string, m seedtest.Composed) ([]string, *seedtest.DSNAsked) {
	if len(m.Notify) == 0 {
		return argv, nil
	}
	asked := &seedtest.DSNAsked{Notify: m.Notify, Offered: takesNotify(argv)}
	if !asked.Offered {
		return argv, asked
	}
	var events []string
	for _, n := range m.Notify {
		events = append(events, string(n))
	}
	return slices.Insert(slices.Clone(argv), 1,
		"-N", strings.Join(events, ","), "-R", "hdrs", "-V", m.EnvelopeID), asked
}

// TakesNotify reports whether the program is known to take what it is to report.
func (p *Program) TakesNotify() bool { return takesNotify(p.route.Program) }

// takesNotify reports whether a program is a sendmail that knows -N, -R and -V as Sendmail 8.8 has
// them (RFC 3461): that of Sendmail, Postfix or OpenSMTPD, by the file that the name leads to. To be
// sure matters: Exim takes -N for "deliver nothing", and others for a mistake. What the route says
// about that by itself stands.
func takesNotify(argv []string) bool {
	found, err := exec.LookPath(argv[0])
	if err != nil || filepath.Base(found) != "sendmail" || slices.ContainsFunc(argv[1:], saysNotify) {
		return false
	}
	if found, err = filepath.EvalSymlinks(found); err != nil {
		return false
	}
	switch filepath.Base(found) {
	case "sendmail.postfix", "sendmail.sendmail", "smtpctl": // as alternatives of Debian and Fedora have them
		return true
	case "sendmail": // of Sendmail on Debian, else that of Postfix, where no link leads elsewhere
		_, err := os.Stat(filepath.Join(filepath.Dir(found), "postconf"))
		return err == nil || filepath.Base(filepath.Dir(found)) == "sm.bin"
	}
	return false
}

// saysNotify reports whether an argument of the route asks by itself.
func saysNotify(arg string) bool {
	return strings.HasPrefix(arg, "-N") || strings.HasPrefix(arg, "-R") || strings.HasPrefix(arg, "-V")
}
