package verify

import (
	"fmt"
	"strings"

	"seedtest"
)

// weaknesses are the findings about what can be mended in DNS or at the signer. Each is said only
// where the evaluation has seen it.
func weaknesses(v *seedtest.Verified) []seedtest.Finding {
	var list weakList
	list.spf(v.SPF)
	for _, c := range v.DKIM[:min(len(v.DKIM), maxDKIM)] {
		list.dkim(c)
	}
	list.dmarc(v)
	return list.found
}

// weakList gathers findings, each code once for the same evidence.
type weakList struct {
	found []seedtest.Finding
}

func (l *weakList) add(code string, severity seedtest.Severity, evidence seedtest.Evidence,
	title string, fix ...string) {
	for _, f := range l.found {
		if f.Code == code && f.Evidence[0] == evidence {
			return
		}
	}
	l.found = append(l.found, seedtest.Finding{Code: code, Severity: severity, Title: title,
		Evidence: []seedtest.Evidence{evidence}, Fix: fix})
}

func (l *weakList) spf(c seedtest.SPFCheck) {
	domain := domainOf(c.MailFrom)
	record := seedtest.Evidence{Field: "DNS", Raw: domain + " TXT"}
	if len(c.Trace) > 0 && c.Trace[0].Outcome != "" {
		record.Raw += ": " + c.Trace[0].Outcome
	}
	switch {
	case c.Lookups > maxLookups:
		l.add("spf.lookups", seedtest.SeverityError, record,
			"SPF of "+domain+" needs more than 10 lookups: receivers count it as an error",
			"take out what no longer sends for "+domain+", or replace include, a and mx by ip4 and ip6")
	case c.Result == "permerror":
		l.add("spf.permerror", seedtest.SeverityError, record,
			"SPF of "+domain+" cannot be evaluated: "+c.Reason, "mend the record")
	case c.Lookups >= maxLookups-1:
		l.add("spf.near-limit", seedtest.SeverityWarning, record, fmt.Sprintf(
			"SPF of %s took %d lookups for this message, of 10 that are allowed", domain, c.Lookups),
			"take out what no longer sends for "+domain+" before an include grows")
	case c.Result == "none" && unfit(domain) == "":
		l.add("spf.none", seedtest.SeverityWarning, record, domain+" has no SPF record",
			"publish one that names the servers which send for "+domain+" and ends with ~all or -all")
	}
	l.spfTerms(c, domain)
}

// spfTerms looks for terms that nobody should publish, as far as they were evaluated.
func (l *weakList) spfTerms(c seedtest.SPFCheck, domain string) {
	for _, s := range c.Trace {
		term := strings.ToLower(strings.TrimPrefix(s.Term, "+"))
		kind, _, _ := strings.Cut(strings.TrimLeft(term, "-~?"), ":")
		evidence := seedtest.Evidence{Field: "DNS", Raw: s.Domain + " TXT: " + s.Term}
		switch {
		case term == "all" && s.Outcome == "match" && c.Result == "pass":
			l.add("spf.all", seedtest.SeverityError, evidence,
				"SPF of "+domain+" lets every server send: +all matches whatever comes",
				"end the record of "+s.Domain+" with ~all or -all")
		case kind == "ptr":
			l.add("spf.ptr", seedtest.SeverityInfo, evidence, "SPF of "+domain+
				" uses ptr, which RFC 7208 section 5.5 advises against: it is slow and unreliable",
				"name the servers with a, ip4 or ip6")
		}
	}
}

func (l *weakList) dkim(c seedtest.DKIMCheck) {
	who := "the signature of " + c.Domain
	evidence := seedtest.Evidence{Field: "DKIM-Signature", Raw: fmt.Sprintf("d=%s; s=%s; a=%s",
		c.Domain, c.Selector, c.Algorithm)}
	if c.Algorithm == "rsa-sha1" {
		l.add("dkim.sha1", seedtest.SeverityError, evidence,
			who+" uses rsa-sha1, which receivers must not accept", "sign with rsa-sha256")
	}
	if c.KeyType == "rsa" && c.KeyBits > 0 && c.KeyBits < goodBits {
		severity, title := seedtest.SeverityInfo, fmt.Sprintf("%s has a key of %d bits: %d are asked for",
			who, c.KeyBits, goodBits)
		if c.KeyBits < minBits {
			severity = seedtest.SeverityError
			title = fmt.Sprintf("%s has a key of %d bits, which receivers must not accept", who, c.KeyBits)
		}
		l.add("dkim.short-key", severity, evidence, title,
			"sign with a new key of 2048 bits under a new selector (RFC 8301 section 3.2)")
	}
	if c.Length != nil {
		l.add("dkim.length", seedtest.SeverityWarning, evidence, fmt.Sprintf(
			"%s covers %d octets of the body: others can be added, %d are", who, *c.Length, c.Unsigned),
			"sign without l= (RFC 6376 section 8.2)")
	}
	if c.Testing {
		l.add("dkim.testing", seedtest.SeverityWarning, evidence,
			who+" has a key that is marked as a test: a receiver may treat the mail as unsigned",
			"take t=y out of "+c.Selector+"._domainkey."+c.Domain)
	}
}
