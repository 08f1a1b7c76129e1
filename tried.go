package seedtest

import "time"

// Tried is a server that an attempt tried too, and that did not take the message. None is tried
// after one that may have it.
type Tried struct {
	Host       string    `json:"host"`
	Preference *int      `json:"preference,omitempty"` // of its MX record; nil: it is configured
	Remote     string    `json:"remote,omitempty"`     // address:port; empty: it has none
	Begun      time.Time `json:"begun"`
	Outcome    Outcome   `json:"outcome"`
	Stage      Stage     `json:"stage"`
	Reply      *Reply    `json:"reply,omitempty"`
	Error      string    `json:"error,omitempty"` // when no reply ended it
}

// TLSPolicy is what a domain or its servers publish about TLS, and what came of it.
type TLSPolicy struct {
	By       TLSMode `json:"by"`                 // TLSMTASTS or TLSDANE
	Mode     string  `json:"mode,omitempty"`     // of MTA-STS: enforce, testing or none
	ID       string  `json:"id,omitempty"`       // of MTA-STS: of the policy
	Demanded bool    `json:"demanded,omitempty"` // without TLS as it wants it nothing is sent
	Note     string  `json:"note,omitempty"`     // why it could not be used, or what it found wanting
}
