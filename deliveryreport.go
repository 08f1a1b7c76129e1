package seedtest

import "time"

// DeliveryReport is what a report about a message's delivery says (RFC 3464), or a server that
// reports in words of its own.
type DeliveryReport struct {
	Form         string // "rfc3464", or the id of the dialect
	ReportingMTA string
	ReceivedFrom string
	Arrival      time.Time
	EnvelopeID   string // Original-Envelope-Id: the ENVID that the sender gave
	Recipients   []ReportedRecipient
	Original     OriginalMessage
	Problems     []string

	From    string    // the mailbox that the report claims to be from, as it stands there
	To      string    // those it went to
	Subject string    // its own
	Date    time.Time // its own; zero if there is none that can be read
	Refers  []string  // Message-IDs of its In-Reply-To and References, without angle brackets
	Tokens  []Token   // what looks like a tag in its text and in what it quotes, in order
	Guessed bool      // in words that many use, from a system that nobody has described; or an answer
}

// ReportedRecipient is what a report says of one recipient.
type ReportedRecipient struct {
	Address     string // final, or as the report names it
	Original    string // the one that the sender gave, where the report says so
	Action      string // failed, delayed, delivered, relayed or expanded
	Status      string // RFC 3463, "5.1.1"; empty where the report states none
	Code        int    // SMTP reply code within the diagnostic, 0 if none
	Diagnostic  string // without its type
	RemoteMTA   string
	LastAttempt time.Time
	WillRetry   time.Time // until then
}

// OriginalMessage is what a report quotes of the message that it is about.
type OriginalMessage struct {
	MessageID string // without angle brackets
	EntityRef string // X-Entity-Ref-ID, which carries a tag
	Subject   string
	To        string
}
