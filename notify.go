package seedtest

// Notify is an event of which a sender wants a delivery report (RFC 3461 section 4.1).
type Notify string

// The events. NotifyNever stands alone, and wants none, not even of failure.
const (
	NotifySuccess Notify = "success"
	NotifyFailure Notify = "failure"
	NotifyDelay   Notify = "delay"
	NotifyNever   Notify = "never"
)

// DSNAsked is what an attempt asked of its server beside the message: reports of what becomes of it.
type DSNAsked struct {
	Notify  []Notify `json:"notify,omitempty"`
	Offered bool     `json:"offered"`           // the server can be asked, or the program
	Refused *Reply   `json:"refused,omitempty"` // its words to that; the message then went without
}

// Asked reports whether the server was asked for a report of an event, and took the message so.
func (d *DSNAsked) Asked(event Notify) bool {
	if d == nil || !d.Offered || d.Refused != nil {
		return false
	}
	for _, n := range d.Notify {
		if n == event {
			return true
		}
	}
	return false
}
