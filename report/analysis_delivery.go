package report

import (
	"strconv"
	"strings"

	"seedtest"
)

// reportReading is a delivery report.
type reportReading struct {
	Title      string
	Recipients []recipientReading
	Original   string // what names the message that it is about
	Problems   []string
}

type recipientReading struct {
	Action     string // in capitals where the message did not get there
	Address    string
	Status     string // or the reply code where there is no status
	RemoteMTA  string
	Diagnostic string
	Times      string
}

// delivery puts a delivery report into words, or returns nil if there is none.
func (n names) delivery(d *seedtest.DeliveryReport) *reportReading {
	if d == nil {
		return nil
	}
	r := &reportReading{Title: n.say(reportTitle(d)), Original: n.say(originalWords(d)),
		Problems: n.each(d.Problems)}
	for _, x := range d.Recipients {
		r.Recipients = append(r.Recipients, n.recipient(x))
	}
	return r
}

func reportTitle(d *seedtest.DeliveryReport) string {
	text := joined(" ", labelOf("by ", d.ReportingMTA), labelOf("in the form ", d.Form))
	if !d.Arrival.IsZero() {
		text = joined(", ", text, "the message came "+dayTime(d.Arrival))
	}
	return joined(", ", text, labelOf("from ", d.ReceivedFrom))
}

func (n names) recipient(x seedtest.ReportedRecipient) recipientReading {
	r := recipientReading{Action: n.say(actionWord(x.Action)), Address: n.say(x.Address),
		Status: n.say(statusOf(x)), RemoteMTA: n.say(x.RemoteMTA), Diagnostic: n.say(x.Diagnostic)}
	if x.Original != "" && !strings.EqualFold(x.Original, x.Address) {
		r.Address = joined(" ", r.Address, "(sent to "+n.say(x.Original)+")")
	}
	if r.Address == "" {
		r.Address = "(no recipient named)"
	}
	var times []string
	if !x.LastAttempt.IsZero() {
		times = append(times, "last tried "+dayTime(x.LastAttempt))
	}
	if !x.WillRetry.IsZero() {
		times = append(times, "tried until "+dayTime(x.WillRetry))
	}
	r.Times = strings.Join(times, ", ")
	return r
}

func actionWord(action string) string {
	switch action {
	case "failed", "delayed":
		return strings.ToUpper(action)
	case "":
		return "told of"
	}
	return action
}

func statusOf(x seedtest.ReportedRecipient) string {
	if x.Status == "" && x.Code > 0 {
		return strconv.Itoa(x.Code)
	}
	return x.Status
}

// originalWords names the message that a report is about.
func originalWords(d *seedtest.DeliveryReport) string {
	o := d.Original
	return joined(", ", labelOf("subject ", o.Subject), labelOf("to ", o.To),
		labelOf("id ", o.MessageID), labelOf("reference ", o.EntityRef),
		labelOf("envelope id ", d.EnvelopeID))
}

// words says what became of a recipient in one line, without the diagnostic.
func (r recipientReading) words() string {
	return joined(" ", r.Action, r.Address, r.Status, labelOf("by ", r.RemoteMTA))
}
