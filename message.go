package seedtest

// Message is what a probe says, before it is tagged. Its words may hold variables such as {{ref}},
// which are filled in as it is composed.
type Message struct {
	Name    string   `json:"name"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Headers []Header `json:"headers,omitempty"` // further header fields, in order

	HTML        string       `json:"html,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Template    []byte       `json:"template,omitempty"` // a whole message, in place of the above
	Content     string       `json:"content,omitempty"`  // the built-in text that it says, by name

	Matrix  string `json:"matrix,omitempty"`  // of which this is a variant; the first is the base
	Variant string `json:"variant,omitempty"` // what sets it apart, such as "html" or "header:X-A=b"
	Link    string `json:"link,omitempty"`    // of the variants that have one

	GTUBE bool `json:"gtube,omitempty"` // with the line that every spam filter must object to
	EICAR bool `json:"eicar,omitempty"` // with the file that every virus scanner must object to
}

// Header is one header field of a message to send.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"` // media type, such as application/pdf
	Data []byte `json:"data"`
}

// Hazardous reports whether the message is made to be refused: it may leave by routes only that are
// marked for it.
func (m Message) Hazardous() bool { return m.GTUBE || m.EICAR }

// DKIM is a key that signs what leaves by a route (RFC 6376).
type DKIM struct {
	Domain   string       `json:"domain"`   // d=
	Selector string       `json:"selector"` // s=
	Key      SecretSource `json:"-"`        // a private key in PEM form
}
