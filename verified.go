package seedtest

import (
	"net/netip"
	"time"
)

// Verified is what an independent evaluation of a message came to. Results are the words of RFC
// 8601 section 2.7: pass, fail, softfail, neutral, none, policy, temperror, permerror. Empty means
// not evaluated, and Reason says why.
type Verified struct {
	DKIM  []DKIMCheck // one for every DKIM-Signature field, top down
	SPF   SPFCheck
	DMARC DMARCCheck
	ARC   ARCCheck
}

// DKIMCheck is the evaluation of one DKIM-Signature field (RFC 6376, RFC 8463).
type DKIMCheck struct {
	Position   int // place among all header fields, top down from 0
	Domain     string
	Selector   string
	Identity   string // i=, or what it defaults to
	Algorithm  string
	HeaderForm string // simple or relaxed
	BodyForm   string
	Signed     []string // h=, in lower case
	Time       time.Time
	Expires    time.Time
	Length     *int64 // l=
	Unsigned   int64  // octets of the body that l= leaves unsigned
	KeyType    string
	KeyBits    int
	Testing    bool // the key says t=y
	Result     string
	Reason     string
	Notes      []string // what is weak though it verifies
}

// SPFCheck is the evaluation of SPF (RFC 7208).
type SPFCheck struct {
	IP          netip.Addr
	MailFrom    string // as evaluated: postmaster@HELO for an empty one
	HELO        string
	Domain      string // whose record decided
	Result      string
	Mechanism   string // the one that matched, as written
	Explanation string // of the domain's owner
	Lookups     int    // terms that cost a lookup, of 10
	Void        int    // lookups without an answer, of 2
	Trace       []SPFStep
	Reason      string
}

// SPFStep is one term of a record as it was evaluated.
type SPFStep struct {
	Depth   int // of include and redirect, from 0
	Domain  string
	Term    string // as written; "record" for the finding of the record
	Outcome string // match, no match, or what went wrong
}

// DMARCCheck is the evaluation of DMARC (RFC 9989, and RFC 7489 where it comes to another result).
type DMARCCheck struct {
	Domain         string // the author's
	Organizational string // by the tree walk
	PolicyDomain   string // whose record applies
	Record         string
	Policy         string // none, quarantine or reject: what applies to Domain
	PolicyTag      string // p, sp or np
	Testing        bool   // t=y
	SPF            string // "pass" if SPF passed and is aligned, else why not
	DKIM           string // the same for the best signature
	Result         string
	Disposition    string // what the policy asks for: none, quarantine or reject
	Walk           []DMARCStep
	Legacy         *DMARCLegacy // nil where RFC 7489 comes to the same
	Reason         string
}

// DMARCStep is one query of the tree walk.
type DMARCStep struct {
	Name    string
	Outcome string // the record, or why there is none
}

// DMARCLegacy is what a receiver finds that still follows RFC 7489 and the public suffix list.
type DMARCLegacy struct {
	Organizational string
	PolicyDomain   string
	Policy         string
	Result         string
	Disposition    string
}

// ARCCheck is the evaluation of a chain of ARC sets (RFC 8617).
type ARCCheck struct {
	Result string // none, pass, fail, or temperror where a key could not be asked for
	Oldest int    // oldest instance whose message signature still verifies, 0 for all or unknown
	Sets   []ARCSetCheck
	Reason string
}

// ARCSetCheck is the evaluation of one set.
type ARCSetCheck struct {
	Instance int
	Domain   string // of the seal
	Selector string
	Claimed  string // cv=
	Seal     string // result of the seal
	Message  string // result of the message signature
	Reason   string
}
