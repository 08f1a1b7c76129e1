package maillog

import (
	"regexp"
	"strings"

	"seedtest"
)

// The lines of OpenSMTPD: a session, what was done, and fields. An envelope id is the message id of
// eight hexadecimal digits, by which the accepting reply names the message, and eight more.
var (
	smtpdDelivery = regexp.MustCompile(`^([0-9a-f]{16}) (mta|mda) delivery evpid=([0-9a-f]{8})[0-9a-f]{8} `)
	smtpdTLS      = regexp.MustCompile(`^([0-9a-f]{16}) mta tls ciphers=([^:\s]+):(\S+)`)
	smtpdCert     = regexp.MustCompile(`^([0-9a-f]{16}) mta (?:server-)?cert-check result="([^"]*)"`)
	smtpdField    = regexp.MustCompile(`\b(to|rcpt|relay|delay|result|stat)=("[^"]*"|<[^>]*>|\S+)`)
	smtpdRelay    = regexp.MustCompile(`^(\S+) \(([^)]*)\)$`)
)

func opensmtpd(f *format, p *Parser, h head) (Event, bool) {
	if m := smtpdTLS.FindStringSubmatch(h.text); m != nil {
		cipher, _, _ := strings.Cut(m[3], ":")
		t, _ := p.tls.get("smtpd " + m[1])
		t.Version, t.Cipher = m[2], cipher
		p.tls.put("smtpd "+m[1], t)
	}
	if m := smtpdCert.FindStringSubmatch(h.text); m != nil {
		t, _ := p.tls.get("smtpd " + m[1])
		t.Trust = m[2]
		p.tls.put("smtpd "+m[1], t)
	}
	m := smtpdDelivery.FindStringSubmatch(h.text)
	if m == nil {
		return Event{}, false
	}
	e := Event{Kind: Handed, QueueID: m[3], Via: seedtest.ViaMailbox}
	if m[2] == "mta" {
		e.Via = "smtp"
		if t, ok := p.tls.get("smtpd " + m[1]); ok && t.Version != "" { // a session id is given once
			e.TLS = &t.RelayTLS
		}
	}
	for _, x := range smtpdField.FindAllStringSubmatch(smtpdTail(h.text), -1) {
		f.smtpdField(&e, x[1], strings.Trim(x[2], `"<>`))
	}
	if m[2] == "mda" {
		e.Remote = ""
	}
	return e, e.Outcome != "" && e.To != ""
}

// smtpdTail makes the last field, which may hold quotes, one that ends at its last quote.
func smtpdTail(text string) string {
	i := strings.Index(text, ` stat="`)
	if i < 0 {
		return text
	}
	i += len(` stat="`)
	return text[:i] + strings.ReplaceAll(strings.TrimSuffix(text[i:], `"`), `"`, `'`) + `"`
}

func (f *format) smtpdField(e *Event, name, value string) {
	switch name {
	case "to":
		e.To = value
	case "rcpt":
		if value != "-" {
			e.For = value
		}
	case "relay":
		if m := smtpdRelay.FindStringSubmatch(value); m != nil {
			e.Remote = server(m[2], m[1], "")
		} else {
			e.Remote = value
		}
	case "delay":
		e.Delay = duration(value)
	case "result":
		e.Outcome = f.Status[value]
	case "stat":
		if e.Reply = reply(value); e.Reply == nil {
			e.Said = value
		}
	}
}
