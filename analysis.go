package seedtest

import (
	"net/netip"
	"time"
)

// Analysis is what one message's header says (schema seedtest.analysis/v1).
type Analysis struct {
	Source         string
	MessageID      string
	Subject        string
	From           string
	Date           time.Time // zero if absent or unreadable
	Hops           []Hop     // transit order: the oldest first; one for every Received field
	Authentication []AuthField
	ReceivedSPF    []ReceivedSPF
	ARC            []ARCSet
	Signatures     []DKIMSignature
	Stamps         []Stamp
	Unread         []UnreadField
	Report         *DeliveryReport // nil if the message is none
	Verified       *Verified       // nil if not asked for
	Origin         *Origin
	Findings       []Finding
}

// Hop is one Received field (RFC 5321 section 4.4).
type Hop struct {
	Header   int // place among the Received fields, top down from 0
	From     HopFrom
	By       HopBy
	Via      string
	With     string // protocol word in lower case
	ID       string
	For      []string
	TLS      *HopTLS
	Time     time.Time      // zero if absent or unreadable
	Delay    *time.Duration // from the hop before; nil when either time is unknown
	Skewed   bool           // the delay is negative: two clocks disagree
	Trusted  bool           // written by the receiving provider itself
	Problems []string
	Raw      string // unfolded value
}

// HopFrom is the client of a hop.
type HopFrom struct {
	HELO string     // the name it gave
	RDNS string     // the name that the receiver found
	IP   netip.Addr // the address that the receiver saw; IPv4-mapped ones as IPv4
	User string     // ident or login
}

// HopBy is the receiver of a hop.
type HopBy struct {
	Name string
	IP   netip.Addr
}

// HopTLS is what a hop says of its TLS.
type HopTLS struct {
	Version string
	Cipher  string
	Bits    int
}

// AuthField is one Authentication-Results or ARC-Authentication-Results field (RFC 8601).
type AuthField struct {
	Field      string
	Position   int // place among all header fields, top down from 0
	Instance   int // of an ARC set, 0 for none
	AuthservID string
	Version    string
	Comments   []string // those that stand with the authserv-id; others are with their results
	Trusted    bool
	Results    []AuthResult
	Problems   []string
	Raw        string
}

// AuthResult is one method's result.
type AuthResult struct {
	Method     string // lower case
	Version    string
	Result     string // lower case
	Reason     string
	Properties []Property
	Comments   []string
}

// Property is one ptype.property=value of a result.
type Property struct {
	Type  string
	Name  string
	Value string
}

// ReceivedSPF is one Received-SPF field (RFC 7208 section 9.1, and the dialects before it).
type ReceivedSPF struct {
	Position int
	Result   string
	Comment  string
	Pairs    []Property // key-value pairs; Type is empty
	Trusted  bool
	Raw      string
}

// ARCSet is the fields of one ARC instance (RFC 8617).
type ARCSet struct {
	Instance   int
	Seal       string
	Message    string
	Results    string
	Validation string // the cv= that the sealer claims
	Problems   []string
}

// DKIMSignature is one DKIM-Signature field as it reads (RFC 6376 section 3.5), not verified.
type DKIMSignature struct {
	Position int
	Tags     []Property // in the order written; Type is empty
	Problems []string
	Raw      string
}

// Tag returns the value of a tag, or "".
func (s DKIMSignature) Tag(name string) string {
	for _, t := range s.Tags {
		if t.Name == name {
			return t.Value
		}
	}
	return ""
}

// UnreadField is a field that by its name holds a spam filter's opinion, and that no form is known
// for.
type UnreadField struct {
	Field    string
	Position int
	Raw      string
}

// Stamp is a spam filter's header field.
type Stamp struct {
	Family    string
	Field     string
	Position  int
	Values    []Property // in the order written; Type is empty, and "" names a value without a key
	Says      []string   // what is known of the meaning, as short sentences
	Status    string     // how the meaning is known: documented, observed or guess
	Verdict   string     // "spam", "ham", "unsure" or empty
	Score     *float64
	Threshold *float64
	Trusted   bool
	Raw       string
}

// Value returns the first value of a key, or "".
func (s Stamp) Value(key string) string {
	for _, v := range s.Values {
		if v.Name == key {
			return v.Value
		}
	}
	return ""
}

// Origin is the connecting address that the receiving provider itself recorded.
type Origin struct {
	IP  netip.Addr
	Hop int // index in Hops, -1 if no hop holds it
	Why string
}

// Severity orders findings.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// Finding is something worth saying, with what it rests on and what to do.
type Finding struct {
	Code       string
	Severity   Severity
	Title      string
	Confidence float64 // 0 to 1; 0 where certainty is not the question
	Routes     []string
	Probes     []ProbeID // the probes it was found in
	Of         int       // how many probes could have shown it
	Evidence   []Evidence
	Fix        []string
}

// Evidence is where a finding was read.
type Evidence struct {
	Probe ProbeID // empty for a single message
	Field string  // header field, "reply" or "round"
	Raw   string
}

// Result returns what the provider says of a method, and false if it says nothing: the first
// trusted statement, unless a later one outweighs it.
func (a Analysis) Result(method string) (AuthResult, bool) {
	var best AuthResult
	found := false
	for _, f := range a.Authentication {
		if !f.Trusted || f.Instance != 0 {
			continue
		}
		for _, r := range f.Results {
			if r.Method == method && (!found || r.outweighs(best)) {
				best, found = r, true
			}
		}
	}
	return best, found
}

// outweighs reports whether a result counts more than an earlier one of its method. One good
// signature is enough, and so "pass" wins, as DMARC reads DKIM. SPF's word on the envelope sender
// counts more than that on the greeting. Any other method is evaluated once: where it is stated
// twice, a sender may have made its address or name read like a result, and "pass" loses.
func (r AuthResult) outweighs(first AuthResult) bool {
	switch {
	case r.Method == "dkim" || r.Method == "domainkeys":
		return r.Result == "pass" && first.Result != "pass"
	case r.isOfGreeting() != first.isOfGreeting():
		return first.isOfGreeting()
	}
	return first.Result == "pass" && r.Result != "pass"
}

// isOfGreeting reports whether a result is about the name the client gave, and not its envelope
// sender.
func (r AuthResult) isOfGreeting() bool {
	greeting := false
	for _, p := range r.Properties {
		switch p.Name {
		case "mailfrom", "mail", "from":
			return false
		case "helo":
			greeting = true
		}
	}
	return greeting
}
