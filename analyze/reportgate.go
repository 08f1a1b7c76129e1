package analyze

import (
	"strings"

	"seedtest/header"
)

// suspicion is how much of a delivery report a head looks like.
type suspicion uint8

const (
	unsuspected suspicion = iota
	fromSystem            // written by a mail system: its text decides
	declared              // it says itself that it is a report
)

// suspect looks at the few fields that tell reports from ordinary mail. Every message passes here.
func suspect(h header.Header) suspicion {
	found := unsuspected
	for i := range h.Fields {
		f := &h.Fields[i]
		switch f.Key {
		case "from":
			if isSystem(decoded(f.Value)) {
				found = max(found, fromSystem)
			}
		case "return-path":
			if isNullPath(f.Value) {
				found = max(found, fromSystem)
			}
		case "content-type":
			found = max(found, suspectType(f.Value))
		case "auto-submitted":
			if !hasPrefixFold(f.Value, "no") {
				found = max(found, fromSystem)
			}
		case "x-failed-recipients":
			found = declared
		}
	}
	return found
}

// suspectType judges a content type. RFC 6522 wants the kind of report named; where none is, the
// parts tell.
func suspectType(value string) suspicion {
	switch {
	case hasPrefixFold(value, "message/delivery-status"):
		return declared
	case !hasPrefixFold(value, "multipart/report"):
		return unsuspected
	case containsFold(value, "delivery-status"):
		return declared
	}
	return fromSystem
}

// systemNames are parts of the names under which mail systems write. All begin with one of the
// pairs of letters in isSystem.
var systemNames = [...]string{"mailer-daemon", "mailerdaemon", "mailer daemon", "mail deliver",
	"mail.deliver", "mail-daemon", "maildaemon", "mail_service", "mail system", "mailsystem",
	"mailmarshal", "mdaemon", "microsoftexchange", "postmaster", "post_office", "admin",
	"interscan", "sns.amazonaws", "system attendant", "symantec_antivirus", "e500_smtp",
	"dion.ne.jp", "auone-net.jp"}

// isSystem reports whether a From field is one of a mail system, or names nobody.
func isSystem(from string) bool {
	for i := 0; i+1 < len(from); i++ {
		switch uint16(from[i]|0x20)<<8 | uint16(from[i+1]|0x20) {
		case 'm'<<8 | 'a', 'm'<<8 | 'd', 'p'<<8 | 'o', 'a'<<8 | 'd', 'a'<<8 | 'u', 'i'<<8 | 'n',
			's'<<8 | 'n', 'd'<<8 | 'i', 'm'<<8 | 'i', 's'<<8 | 'y', 'e'<<8 | '5':
			if beginsSystem(from[i:]) {
				return true
			}
		}
	}
	return from == "" || strings.HasSuffix(from, "<>")
}

// beginsSystem reports whether a text of two bytes or more begins with one of the names.
func beginsSystem(s string) bool {
	for _, name := range systemNames {
		if lower(s[0]) == name[0] && lower(s[1]) == name[1] && hasPrefixFold(s, name) {
			return true
		}
	}
	return false
}

// isNullPath reports whether a Return-Path is the null one, or what some write in its place.
func isNullPath(path string) bool {
	return path == "" || path == "<>" || hasPrefixFold(path, "<mailer-daemon") ||
		hasPrefixFold(path, "mailer-daemon")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// containsFold reports whether sub, in lower case, stands in s in any case.
func containsFold(s, sub string) bool { return indexFold(s, sub) >= 0 }

func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if lower(s[i]) == sub[0] && hasPrefixFold(s[i:], sub) {
			return i
		}
	}
	return -1
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
