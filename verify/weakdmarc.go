package verify

import (
	"strings"

	"seedtest"
)

func (l *weakList) dmarc(v *seedtest.Verified) {
	c := v.DMARC
	if c.Domain == "" {
		if c.Reason != "" {
			l.add("dmarc.no-author", seedtest.SeverityWarning,
				seedtest.Evidence{Field: "From", Raw: c.Reason},
				"DMARC cannot be evaluated: "+c.Reason, "write one From field with one address")
		}
		return
	}
	record := seedtest.Evidence{Field: "DNS", Raw: "_dmarc." + c.PolicyDomain + " TXT: " + c.Record}
	switch c.Result {
	case "none":
		l.add("dmarc.none", seedtest.SeverityWarning,
			seedtest.Evidence{Field: "DNS", Raw: "_dmarc." + c.Domain + " TXT: none"},
			c.Domain+" has no DMARC record", "publish _dmarc."+registered(c.Domain)+
				" TXT \"v=DMARC1; p=none; rua=mailto:ADDRESS\", and read the reports before p is raised")
	case "permerror":
		l.add("dmarc.invalid", seedtest.SeverityError, record,
			"the DMARC record of "+c.PolicyDomain+" has no valid policy: it has no effect",
			"write p=none, p=quarantine or p=reject")
	case "fail":
		l.unaligned(v, record)
	}
	if c.Policy != "" {
		l.policy(c, record)
	}
	l.walked(c)
	l.legacy(c, record)
}

// unaligned tells of mail that is authenticated, but as another's.
func (l *weakList) unaligned(v *seedtest.Verified, record seedtest.Evidence) {
	var others []string
	if v.SPF.Result == "pass" {
		others = append(others, domainOf(v.SPF.MailFrom)+" (SPF)")
	}
	for _, k := range v.DKIM {
		if k.Result == "pass" && len(others) < 5 {
			others = append(others, k.Domain+" (DKIM)")
		}
	}
	if len(others) > 0 {
		l.add("dmarc.unaligned", seedtest.SeverityError, record,
			"DMARC fails though the mail is authenticated: as "+strings.Join(others, ", ")+
				", not as "+v.DMARC.Domain, "sign with a key of "+v.DMARC.Domain+
				", or send with a MAIL FROM in that domain")
	}
}

func (l *weakList) policy(c seedtest.DMARCCheck, record seedtest.Evidence) {
	rec := parseDMARC(c.Record)
	if rec.p == "" && rec.unparseable == "" {
		l.add("dmarc.no-policy", seedtest.SeverityInfo, record, "the DMARC record of "+
			c.PolicyDomain+" has no p: it counts as p=none, and to RFC 7489 it is not valid",
			"write p=none, p=quarantine or p=reject")
	} else if rec.p == "" || rec.badSubs {
		l.add("dmarc.invalid", seedtest.SeverityWarning, record, "the DMARC record of "+
			c.PolicyDomain+" has a policy that is not valid: it counts as p=none",
			"write p, sp and np with none, quarantine or reject")
	} else if c.Policy == policyNone {
		l.add("dmarc.policy-none", seedtest.SeverityInfo, record, "the DMARC policy for "+c.Domain+
			" is none: forged mail is treated like any other",
			"read the reports; when all of your own mail passes, raise the policy to quarantine")
	}
	if c.Testing && c.Policy != policyNone {
		l.add("dmarc.testing", seedtest.SeverityInfo, record, "the DMARC policy of "+
			c.PolicyDomain+" is a test (t=y): it is applied one level lower",
			"take t=y out when the reports show that all of your own mail passes")
	}
	if rec.pct != "" {
		l.add("dmarc.pct", seedtest.SeverityInfo, record, "the DMARC record of "+c.PolicyDomain+
			" has pct, which RFC 9989 no longer knows", "take pct out; t=y is for tests")
	}
	if rec.duplicate != "" {
		l.add("dmarc.duplicate", seedtest.SeverityWarning, record, "the DMARC record of "+
			c.PolicyDomain+" has "+rec.duplicate+" twice: receivers may read either",
			"leave one")
	}
	if !rec.reports {
		l.add("dmarc.no-reports", seedtest.SeverityInfo, record, "the DMARC record of "+
			c.PolicyDomain+" asks for no reports: nobody tells you what fails",
			"add rua=mailto:ADDRESS")
	}
}

// walked looks for records that do not count.
func (l *weakList) walked(c seedtest.DMARCCheck) {
	for _, s := range c.Walk {
		if strings.HasSuffix(s.Outcome, severalRecords) {
			l.add("dmarc.several", seedtest.SeverityError,
				seedtest.Evidence{Field: "DNS", Raw: s.Name + " TXT: " + s.Outcome},
				"there are several DMARC records at "+s.Name+": receivers ignore all of them",
				"leave one")
		}
	}
}

// legacy tells where receivers that follow RFC 7489 come to something else that matters.
func (l *weakList) legacy(c seedtest.DMARCCheck, record seedtest.Evidence) {
	if c.Legacy == nil || c.Legacy.Result == c.Result && c.Legacy.Disposition == c.Disposition {
		return
	}
	words := func(result, disposition string) string {
		if disposition == "" || result == "pass" {
			return result
		}
		return result + " (" + disposition + ")"
	}
	l.add("dmarc.legacy", seedtest.SeverityInfo, record,
		"receivers that still follow RFC 7489 come to "+
			words(c.Legacy.Result, c.Legacy.Disposition)+", RFC 9989 comes to "+
			words(c.Result, c.Disposition),
		"publish a record of its own at _dmarc."+c.Domain+", without np, t and psd, and let SPF and "+
			"DKIM be of exactly that domain: then both come to the same")
}
