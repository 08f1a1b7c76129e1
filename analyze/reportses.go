package analyze

import (
	"encoding/json"
	"strings"

	"seedtest"
)

// formSES is the Form of a notification of Amazon SES that SNS sends as a message.
const formSES = "ses-notification"

// sesNotice is the part of a notification that is read. See "Amazon SNS notification contents" and
// "event data" in the SES developer guide. SNS may wrap it as a text in Message.
type sesNotice struct {
	NotificationType, EventType string
	Message                     string

	Bounce        struct{ BouncedRecipients []sesRecipient }
	DeliveryDelay struct{ DelayedRecipients []sesRecipient }
	Delivery      struct {
		Recipients   []string
		SMTPResponse string
	}
	Mail struct {
		Headers []struct{ Name, Value string }
	}
}

type sesRecipient struct{ EmailAddress, Status, DiagnosticCode string }

// readNotification reads a notification of SES into a report. Complaints and the rest are none.
func readNotification(r *seedtest.DeliveryReport, n *notice) {
	s, ok := openNotification(n.said)
	if !ok {
		return
	}
	for _, to := range s.Bounce.BouncedRecipients {
		to.add(r, "failed")
	}
	for _, to := range s.DeliveryDelay.DelayedRecipients {
		to.add(r, "delayed")
	}
	for _, to := range s.Delivery.Recipients {
		sesRecipient{EmailAddress: to, DiagnosticCode: s.Delivery.SMTPResponse}.add(r, "delivered")
	}
	if len(r.Recipients) == 0 {
		return
	}
	r.Form = formSES
	var head strings.Builder
	for _, f := range s.Mail.Headers {
		head.WriteString(f.Name + ": " + squeezeBlanks(f.Value) + "\n")
	}
	n.original, n.sender, n.shared = readOriginal(head.String())
}

// openNotification decodes the notification that a text begins with. SNS ends its overlong lines in
// "!" and goes on behind a blank, as sendmail does.
func openNotification(text string) (s sesNotice, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		return s, false
	}
	text = strings.ReplaceAll(text, "!\n ", "")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&s); err != nil {
		return s, false
	}
	if inner := s.Message; s.NotificationType+s.EventType == "" && strings.HasPrefix(inner, "{") {
		s = sesNotice{}
		if err := json.Unmarshal([]byte(inner), &s); err != nil {
			return s, false
		}
	}
	return s, s.NotificationType+s.EventType != ""
}

func (to sesRecipient) add(r *seedtest.DeliveryReport, action string) {
	if to.EmailAddress == "" || len(r.Recipients) == maxRecipients {
		return
	}
	said := squeezeBlanks(untyped(to.DiagnosticCode[:min(len(to.DiagnosticCode), maxDiagnostic)]))
	named := seedtest.ReportedRecipient{Address: bareAddress(to.EmailAddress), Action: action,
		Status: statusIn(to.Status), Diagnostic: said}
	complete(&named)
	r.Recipients = append(r.Recipients, named)
}
