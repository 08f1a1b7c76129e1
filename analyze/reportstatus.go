package analyze

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"seedtest"
	"seedtest/header"
)

// maxRecipients is how many recipients of one report are kept.
const maxRecipients = 1000

// readGroups reads the fields of message/delivery-status (RFC 3464) or of its kin in UTF-8 (RFC
// 6533): those of the message first, then a group for each recipient. Where blank lines are missing
// or too many, the fields themselves tell where a recipient begins.
func readGroups(r *seedtest.DeliveryReport, text string) {
	s := statusReader{r: r}
	for group := range strings.SplitSeq(text, "\n\n") {
		if strings.TrimSpace(group) == "" {
			continue
		}
		s.fresh = true
		for _, f := range header.Parse([]byte(strings.TrimLeft(group, "\n"))).Fields {
			s.field(strings.ToLower(f.Name), f.Value)
		}
	}
	s.close()
}

type statusReader struct {
	r      *seedtest.DeliveryReport
	to     seedtest.ReportedRecipient
	actual string
	open   bool // fields of a recipient have been read
	final  bool // its Final-Recipient among them
	acted  bool // its Action among them
	fresh  bool // a blank line stood above
}

// field reads one field.
func (s *statusReader) field(name, value string) {
	s.begin(name)
	switch name {
	case "final-recipient":
		s.to.Address = typedAddress(value)
	case "original-recipient":
		s.to.Original = typedAddress(value)
	case "x-actual-recipient":
		s.actual = typedAddress(value)
	case "action":
		s.to.Action = actionOf(value)
	case "status":
		if s.to.Status = statusIn(value); s.to.Status == "" {
			s.to.Code, _ = replyIn(value) // some write the reply itself
		}
	case "diagnostic-code":
		setOnce(&s.to.Diagnostic, untyped(value))
	case "remote-mta":
		s.to.RemoteMTA = serverOf(value)
	case "last-attempt-date":
		s.to.LastAttempt, _, _ = readDate(value)
	case "will-retry-until":
		s.to.WillRetry, _, _ = readDate(value)
	default:
		s.ofMessage(name, value)
	}
}

// ofMessage reads a field that stands for all recipients.
func (s *statusReader) ofMessage(name, value string) {
	switch name {
	case "reporting-mta":
		setOnce(&s.r.ReportingMTA, serverOf(value))
	case "received-from-mta":
		setOnce(&s.r.ReceivedFrom, serverOf(value))
	case "original-envelope-id":
		setOnce(&s.r.EnvelopeID, strings.TrimSpace(value))
	case "x-original-message-id":
		setOnce(&s.r.Original.MessageID, bareAddress(value))
	case "arrival-date":
		if s.r.Arrival.IsZero() {
			s.r.Arrival, _, _ = readDate(value)
		}
	}
}

// begin notes whose field comes. A second Final-Recipient or Action is the next recipient's, and so
// is an Original-Recipient behind a blank line, or a second Status.
func (s *statusReader) begin(name string) {
	final, acted := name == "final-recipient", name == "action"
	switch name {
	case "final-recipient", "original-recipient", "x-actual-recipient", "action", "status",
		"diagnostic-code":
		next := s.fresh && s.final && s.acted && !s.lacks(name)
		if s.open && (s.final && final || s.acted && acted || next) {
			s.close()
		}
		s.open, s.fresh = true, false
		s.final, s.acted = s.final || final, s.acted || acted
	}
}

// lacks reports whether the recipient whose fields are read has no status or diagnostic yet: some
// put a blank line behind every field.
func (s *statusReader) lacks(name string) bool {
	return name == "status" && s.to.Status == "" || name == "diagnostic-code" && s.to.Diagnostic == ""
}

// close keeps the recipient whose fields have been read.
func (s *statusReader) close() {
	to := s.to
	for _, other := range []string{to.Original, s.actual} {
		if isUnroutable(to.Address) && !isUnroutable(other) {
			to.Address = other
		}
	}
	if s.open && (to.Address != "" || to.Action != "") && len(s.r.Recipients) < maxRecipients {
		complete(&to)
		s.r.Recipients = append(s.r.Recipients, to)
	}
	*s = statusReader{r: s.r}
}

// isUnroutable reports whether an address is none that mail can be sent to from outside: a path,
// or one of a queue such as user@lmtp-daemon.
func isUnroutable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at < 0 || !strings.Contains(address[at:], ".")
}

// complete reads the reply within a diagnostic.
func complete(to *seedtest.ReportedRecipient) {
	code, enhanced := replyIn(to.Diagnostic)
	if to.Code == 0 {
		to.Code = code
	}
	setOnce(&to.Status, enhanced)
}

// actionOf reads an action (RFC 3464 section 2.3.3). Some write "failure", "Delayed" or a comment
// behind it.
func actionOf(value string) string {
	for _, a := range [...][2]string{{"fail", "failed"}, {"delay", "delayed"},
		{"deliver", "delivered"}, {"relay", "relayed"}, {"expand", "expanded"}} {
		if hasPrefixFold(value, a[0]) {
			return a[1]
		}
	}
	return ""
}

// untyped removes the type in front of a value: "smtp; 550 ..." or "dns; mx.example.net".
func untyped(value string) string {
	kind, rest, ok := strings.Cut(value, ";")
	kind = strings.TrimSpace(kind)
	if !ok || kind == "" || len(kind) > 30 || strings.ContainsAny(kind, " \t@.<") {
		return strings.TrimSpace(value)
	}
	return strings.TrimSpace(rest)
}

// typedAddress reads "rfc822; anna@example.net", with or without the type and with what stands
// around it.
func typedAddress(value string) string { return unescape(bareAddress(untyped(value))) }

// unescape decodes \x{FC}, as addresses in UTF-8 are written in fields of ASCII (RFC 6533 section
// 3). What is no such escape stays as it is.
func unescape(s string) string {
	const mark = `\x{`
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(s, mark)
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		digits, after, _ := strings.Cut(rest, "}")
		n, err := strconv.ParseUint(digits, 16, 21)
		if err != nil || n < 0x20 || !utf8.ValidRune(rune(n)) {
			b.WriteString(mark)
			s = rest
			continue
		}
		b.WriteRune(rune(n))
		s = after
	}
}

// bareAddress takes an address out of its brackets, its quotation marks and the name before it.
func bareAddress(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.IndexByte(s[i:], '>') > 0 {
		s, _, _ = strings.Cut(s[i+1:], ">")
	}
	s = strings.Trim(s, " \t<>,;")
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	if i := strings.LastIndexByte(s, ':'); i > 0 && s[0] == '@' {
		s = s[i+1:] // a source route (RFC 5321 appendix C)
	}
	return s
}

// serverOf reads the name of a server: "dns; mx.example.net (192.0.2.1)".
func serverOf(value string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(untyped(value)), " ")
	return bare(strings.Trim(name, "()<>,;"))
}
