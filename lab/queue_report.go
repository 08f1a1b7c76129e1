package lab

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"
)

// event is what a report tells: what became of a message at the next hop.
type event struct {
	what       smtp.DSNNotify
	action     string // RFC 3464 section 2.3.3
	at         *hop   // nil: no MX was reached
	diagnostic string // with its type
	status     string
}

// failure is an event of a message that was not taken.
func failure(what smtp.DSNNotify, action string, at *hop, failed *smtp.SMTPError) event {
	e := event{what, action, at, "X-Postfix; " + oneLine(failed.Message),
		strings.TrimSpace(status(failed.EnhancedCode))}
	if at != nil && at.no != nil {
		e.diagnostic = "smtp; " + words(at.no)
	}
	return e
}

// words of the two servers, by action.
var (
	postfixSubjects = map[string]string{"failed": "Undelivered Mail Returned to Sender",
		"delayed": "Delayed Mail (still being retried)", "relayed": "Successful Mail Delivery Report"}
	eximSubjects = map[string]string{"failed": "Mail delivery failed: returning message to sender",
		"delayed": "Warning: message delayed", "relayed": "Message successfully relayed"}
)

// compose writes a report (RFC 3462, RFC 3464) as the relay's server words it. Exim names neither the
// envelope's id nor the original recipient.
func (q *queued) compose(e event) []byte {
	var b bytes.Buffer
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\r\n", v...) }
	now := q.relay.world.now().UTC()
	boundary := fmt.Sprintf("%s.%d/%s", q.queueID, now.UnixNano(), q.relay.host)
	line("Return-Path: <>")
	line("Date: %s", now.Format(mailTime))
	line("From: Mail Delivery System <MAILER-DAEMON@%s>", q.relay.host)
	subject := postfixSubjects[e.action]
	if q.relay.exim {
		subject = eximSubjects[e.action]
		line("X-Failed-Recipients: %s", q.to)
	}
	line("Subject: %s", subject)
	line("To: %s", q.from)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=%q", boundary)
	line("Message-ID: <%d.%s@%s>", now.UnixNano(), q.queueID, q.relay.host)
	line("\r\n--%s\r\nContent-Type: text/plain\r\n", boundary)
	line("This is the mail system at host %s.\r\n", q.relay.host)
	line("<%s>: %s: %s", q.to, e.action, strings.TrimSpace(e.diagnostic[strings.Index(e.diagnostic, ";")+1:]))
	line("\r\n--%s\r\nContent-Type: message/delivery-status\r\n", boundary)
	q.fields(line, e)
	line("\r\n--%s", boundary)
	if q.whole {
		line("Content-Type: message/rfc822\r\n\r\n%s", q.message)
	} else {
		header, _, _ := bytes.Cut(q.message, []byte("\r\n\r\n"))
		line("Content-Type: text/rfc822-headers\r\n\r\n%s\r\n", header)
	}
	line("--%s--", boundary)
	return b.Bytes()
}

// fields are those of the delivery status.
func (q *queued) fields(line func(string, ...any), e event) {
	line("Reporting-MTA: dns; %s", q.relay.host)
	if q.envID != "" && !q.relay.exim {
		line("Original-Envelope-Id: %s", q.envID)
	}
	line("Arrival-Date: %s\r\n", q.began.UTC().Format(mailTime))
	line("Final-Recipient: rfc822; %s", q.to)
	if q.orcpt != "" && !q.relay.exim {
		line("Original-Recipient: rfc822;%s", q.orcpt)
	}
	line("Action: %s", e.action)
	line("Status: %s", e.status)
	if e.at != nil {
		line("Remote-MTA: dns; %s", e.at.host)
	}
	line("Diagnostic-Code: %s", e.diagnostic)
}
