package verify

import (
	"slices"
	"strings"
)

// The policies, mildest first.
const (
	policyNone       = "none"
	policyQuarantine = "quarantine"
	policyReject     = "reject"
)

// dmarcRecord is a DMARC Policy Record (RFC 9989 section 4.7). What is not valid is as if it were
// not there, but for the policies, which say so.
type dmarcRecord struct {
	text        string
	p, sp, np   string // none, quarantine or reject; empty if absent or not valid
	badSubs     bool   // sp or np is there and not valid
	badSP       bool
	psd         byte // y, n or u
	testing     bool
	strictSPF   bool
	strictDKIM  bool
	reports     bool // rua holds a URI
	pct         string
	duplicate   string // a tag that stands there twice, of which the first counts
	unparseable string // a tag whose value is not understood
}

// isDMARC reports whether a TXT record is one of DMARC: the tag v comes first, and its value is
// DMARC1 in capitals (RFC 9989 section 4.7).
func isDMARC(txt string) bool {
	first, _, _ := strings.Cut(txt, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.EqualFold(trimBlank(name), "v") && trimBlank(value) == "DMARC1" &&
		name[0]|0x20 == 'v'
}

// parseDMARC reads a record that isDMARC holds for. It never fails: RFC 9989 section 4.8 wants
// errors of syntax ignored.
func parseDMARC(txt string) dmarcRecord {
	rec := dmarcRecord{text: shorten(txt, maxRecordShown), psd: 'u'}
	var seen [16]string // the tags that are known
	n := 0
	for tag := range strings.SplitSeq(txt, ";") {
		name, value, ok := strings.Cut(tag, "=")
		name = lowerTag(trimBlank(name))
		if !ok || name == "" {
			continue
		}
		if slices.Contains(seen[:n], name) {
			rec.duplicate = name
			continue
		}
		if rec.set(name, trimBlank(value)) {
			seen[n] = name
			n++
		}
	}
	return rec
}

// maxRecordShown is how much of a record is kept to be shown.
const maxRecordShown = 2000

// set takes a tag up, and reports whether it is one that is known.
func (rec *dmarcRecord) set(name, value string) bool {
	known := true
	switch name {
	case "p":
		rec.p = rec.policy(name, value)
	case "sp":
		rec.sp = rec.policy(name, value)
		rec.badSP = rec.sp == ""
		rec.badSubs = rec.badSubs || rec.badSP
	case "np":
		rec.np = rec.policy(name, value)
		rec.badSubs = rec.badSubs || rec.np == ""
	case "psd":
		if c := rec.flag(name, value, "ynu"); c != 0 {
			rec.psd = c
		}
	case "t":
		rec.testing = rec.flag(name, value, "yn") == 'y'
	case "aspf":
		rec.strictSPF = rec.flag(name, value, "rs") == 's'
	case "adkim":
		rec.strictDKIM = rec.flag(name, value, "rs") == 's'
	case "rua":
		rec.reports = hasURI(value)
	case "pct":
		rec.pct = value
	default:
		known = false
	}
	return known
}

func (rec *dmarcRecord) policy(tag, value string) string {
	for _, p := range [...]string{policyNone, policyQuarantine, policyReject} {
		if strings.EqualFold(value, p) {
			return p
		}
	}
	rec.unparseable = tag
	return ""
}

// flag reads a value of one letter.
func (rec *dmarcRecord) flag(tag, value, letters string) byte {
	if len(value) == 1 && strings.IndexByte(letters, value[0]|0x20) >= 0 && isLetter(value[0]) {
		return value[0] | 0x20
	}
	rec.unparseable = tag
	return 0
}

// valid says by which policies a record applies (RFC 9989 section 4.10.1): as it stands; as p=none
// where a policy is not valid but reports are wanted; or, when neither, not at all.
func (rec dmarcRecord) valid() (dmarcRecord, bool) {
	if rec.p != "" && !rec.badSubs {
		return rec, true
	}
	return rec.unpoliced(), rec.reports
}

// unpoliced is the record with the policy none.
func (rec dmarcRecord) unpoliced() dmarcRecord {
	rec.p, rec.sp, rec.np = policyNone, "", ""
	return rec
}

// hasURI reports whether one of a list of URIs is one by its syntax (RFC 3986 section 3.1): a
// scheme, a colon and something behind it.
func hasURI(list string) bool {
	for uri := range strings.SplitSeq(list, ",") {
		scheme, rest, ok := strings.Cut(trimBlank(uri), ":")
		if ok && rest != "" && isScheme(scheme) && isPlain(rest) && !strings.Contains(rest, " ") {
			return true
		}
	}
	return false
}

func isScheme(s string) bool {
	for i := range len(s) {
		if !isAlphanum(s[i]) && strings.IndexByte("+-.", s[i]) < 0 {
			return false
		}
	}
	return s != "" && isLetter(s[0])
}

// lowered is the policy one level below, which t=y and the former pct=0 ask for.
func lowered(policy string) string {
	if policy == policyReject {
		return policyQuarantine
	}
	return policyNone
}

// trimBlank removes blanks, and line ends, which some have within a record.
func trimBlank(s string) string { return strings.Trim(s, " \t\r\n") }

// lowerTag is the name of a tag in lower case, or nothing if it is too long to be one of ours.
func lowerTag(s string) string {
	if len(s) > 16 {
		return ""
	}
	return strings.ToLower(s)
}
