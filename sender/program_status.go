package sender

import (
	"strings"

	"seedtest"
)

// exitStatus is what a program says by its exit status.
type exitStatus struct {
	name    string
	outcome seedtest.Outcome
	means   string
	hint    string
	nobody  bool // it means that nobody got the message, whoever they are
}

// statuses are those of sysexits.h (BSD, sysexits(3)) as sendmail and its kin use them, and what a
// shell says of a program that it cannot run (POSIX, "Exit Status for Commands"). What speaks of the
// message or its recipient is a refusal; the others are the route's trouble.
func statuses() map[int]exitStatus {
	const refused, failed = seedtest.OutcomeRefused, seedtest.OutcomeFailed
	return map[int]exitStatus{
		64: {"EX_USAGE", failed, "the program does not take these arguments",
			"check program in the route against the program's manual", true},
		65: {"EX_DATAERR", refused, "the message or an address was refused", "", false},
		66: {"EX_NOINPUT", failed, "its input could not be read", "", false},
		67: {"EX_NOUSER", refused, "no such user", "", false},
		68: {"EX_NOHOST", refused, "no such host", "", false},
		69: {"EX_UNAVAILABLE", failed, "the mail system is not available", "see its log", false},
		70: {"EX_SOFTWARE", failed, "the program itself failed", "see its log", false},
		71: {"EX_OSERR", failed, "the system had no room for another process", "", false},
		72: {"EX_OSFILE", failed, "a file of the system is missing", "see the log of the mail system", false},
		73: {"EX_CANTCREAT", failed, "the queue could not be written", "check that there is room on its disk", false},
		74: {"EX_IOERR", failed, "reading or writing failed", "check the disk of the queue", false},
		75: {"EX_TEMPFAIL", seedtest.OutcomeDeferred, "not now, perhaps later", "", false},
		76: {"EX_PROTOCOL", failed, "the other side made no sense", "see the log of the mail system", false},
		77: {"EX_NOPERM", failed, "this user may not send mail",
			"run seedtest as a user whom the mail system lets send (Postfix: authorized_submit_users)", true},
		78: {"EX_CONFIG", failed, "the mail system is not configured well", "see its log", true},

		126: {"not executable", failed, "a program that it calls cannot be run", "", true},
		127: {"not found", failed, "a program that it calls is not there", "", true},
	}
}

// endProgram closes the record of a program, which gives no reply.
func (r *record) endProgram(t *trouble) seedtest.Submission {
	if t != nil {
		return r.end(t)
	}
	s := r.sub
	s.Dialog = r.dialog.lines
	s.Outcome, s.Stage = seedtest.OutcomeAccepted, seedtest.StageFinal
	return s
}

// lastSaid is the last thing that the other side said, before its exit status.
func (d *dialog) lastSaid() string {
	for i := len(d.lines) - 2; i >= 0; i-- {
		if text, ok := strings.CutPrefix(d.lines[i], "S: "); ok {
			return text
		}
	}
	return ""
}

// maxOutput bounds how many lines of a program's output are kept.
const maxOutput = 100

// output keeps what a program prints, line by line. Only one goroutine of os/exec writes to it,
// because standard output and standard error are the same.
type output struct {
	lines []string
	line  []byte
}

// Write implements io.Writer. What is too much is dropped, so that the program never waits.
func (o *output) Write(p []byte) (int, error) {
	for _, b := range p {
		switch {
		case b == '\n':
			o.flush()
		case len(o.line) < maxDialogLine:
			o.line = append(o.line, b)
		}
	}
	return len(p), nil
}

// flush ends a line.
func (o *output) flush() {
	if text := strings.TrimRight(string(o.line), "\r"); text != "" && len(o.lines) < maxOutput {
		o.lines = append(o.lines, text)
	}
	o.line = o.line[:0]
}
