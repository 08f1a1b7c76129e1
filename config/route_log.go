package config

import (
	"strings"

	"seedtest"
)

const logForms = `{ file = "/var/log/mail.log" } or ` +
	`{ command = ["ssh", "mail1", "journalctl", "-f", "-u", "postfix"] }`

// LogFormats are the servers whose logs can be named. They are those that the room maillog reads; a
// test of the program holds the two together.
func LogFormats() []string {
	return []string{"postfix", "exim", "opensmtpd", "sendmail", "haraka"}
}

// log reads where the log of a route's server is; nil if the key is not there or is a mistake.
func (t *table) log() *seedtest.RelayLog {
	sub := t.sub("log", "log = "+logForms)
	if sub == nil {
		return nil
	}
	l := &seedtest.RelayLog{
		File:    sub.line("file", "/var/log/mail.log"),
		Command: sub.texts("command", `command = ["ssh", "mail1", "journalctl", "-f", "-u", "postfix"]`),
		Dir:     t.r.dir,
		Format:  sub.word("format", LogFormats()...),
	}
	sub.done()
	file, command := sub.get("file"), sub.get("command")
	switch {
	case file != nil && command != nil:
		t.r.fail(command, "there is a file too", "keep one of the two")
		return nil
	case file == nil && command == nil:
		t.r.fail(sub.node, "names no log", "write log = "+logForms)
		return nil
	case command != nil && command.kind == kindArray && len(command.items) == 0:
		t.r.fail(command, "names no command", "write log = "+logForms)
		return nil
	case strings.HasPrefix(l.File, "~"):
		t.r.fail(file, "~ is not expanded", "write the whole path")
		return nil
	}
	if l.File != "" {
		l.File = t.r.path(l.File)
	}
	return l
}
