package report_test

import (
	"net/netip"
	"time"

	"seedtest"
)

// hostileReport is a delivery report in which every text is the one given.
func hostileReport(text string) *seedtest.DeliveryReport {
	far := time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) // a year that no format can write
	return &seedtest.DeliveryReport{Form: text, ReportingMTA: text, ReceivedFrom: text, Arrival: far,
		EnvelopeID: text, Problems: []string{text},
		Recipients: []seedtest.ReportedRecipient{{Address: text, Original: text + text, Action: text,
			Status: text, Code: 550, Diagnostic: text, RemoteMTA: text, WillRetry: far}},
		Original: seedtest.OriginalMessage{MessageID: text, EntityRef: text, Subject: text, To: text}}
}

// hostileCheck is an evaluation whose every text but the results, which are ours, is the one given.
func hostileCheck(text string) *seedtest.Verified {
	return &seedtest.Verified{
		DKIM: []seedtest.DKIMCheck{{Domain: text, Selector: text, Identity: text, Algorithm: text,
			HeaderForm: text, BodyForm: text, Signed: []string{text}, KeyType: text, Result: "fail",
			Reason: text, Notes: []string{text}}},
		SPF: seedtest.SPFCheck{MailFrom: text, HELO: text, Domain: text, Result: "softfail",
			Mechanism: text, Explanation: text, Reason: text,
			Trace: []seedtest.SPFStep{{Depth: 1, Domain: text, Term: text, Outcome: text}}},
		DMARC: seedtest.DMARCCheck{Domain: text, Organizational: text, PolicyDomain: text,
			Record: text, Policy: text, PolicyTag: text, SPF: text, DKIM: text, Result: "fail",
			Disposition: text, Walk: []seedtest.DMARCStep{{Name: text, Outcome: text}},
			Legacy: &seedtest.DMARCLegacy{Organizational: text, PolicyDomain: text, Policy: text,
				Result: "pass", Disposition: text}, Reason: text},
		ARC: seedtest.ARCCheck{Result: "fail", Reason: text,
			Sets: []seedtest.ARCSetCheck{{Instance: 1, Domain: text, Selector: text, Claimed: text,
				Seal: "fail", Message: "pass", Reason: text}}}}
}

// bounced is a delivery report about two recipients.
func bounced() seedtest.Analysis {
	a := byOld("gmail")
	a.Subject, a.From = "Undelivered Mail Returned to Sender", "MAILER-DAEMON@mail1.example.org"
	a.Report = &seedtest.DeliveryReport{Form: "rfc3464", ReportingMTA: "mail1.example.org",
		Arrival: started, EnvelopeID: "E17",
		Recipients: []seedtest.ReportedRecipient{
			{Address: "anna@example.net", Action: "failed", Status: "5.1.1", Code: 550,
				RemoteMTA:  "mx.example.net",
				Diagnostic: "550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown"},
			{Address: "ben@example.net", Original: "ben@example.com", Action: "delayed",
				Status: "4.4.1", Diagnostic: "connect to mx2.example.net: timed out",
				LastAttempt: started, WillRetry: started.Add(96 * time.Hour)}},
		Original: seedtest.OriginalMessage{MessageID: "m1@example.org", EntityRef: "K7Q2",
			Subject: "Your weekly notice", To: "anna@example.net"},
		Problems: []string{"no blank line between the recipients"}}
	return a
}

// checkedAgain is a header whose claims were evaluated, one of them to another end.
func checkedAgain() seedtest.Analysis {
	a := byOld("gmail")
	length := int64(120)
	a.Signatures = []seedtest.DKIMSignature{{Position: 5, Raw: "v=1; d=example.org; s=s2026",
		Tags: []seedtest.Property{{Name: "v", Value: "1"}, {Name: "a", Value: "rsa-sha256"},
			{Name: "d", Value: "example.org"}, {Name: "s", Value: "s2026"},
			{Name: "h", Value: "from:to:subject:date"}}}}
	a.Unread = []seedtest.UnreadField{{Field: "X-Acme-Spam-Level", Position: 7, Raw: "3/17 (blue)"}}
	a.Verified = &seedtest.Verified{
		SPF: seedtest.SPFCheck{IP: netip.MustParseAddr(oldIP), MailFrom: "ops@example.org",
			HELO: "mail1.example.org", Domain: "example.org", Result: "pass",
			Mechanism: "ip4:198.51.100.0/24", Lookups: 1,
			Trace: []seedtest.SPFStep{{Domain: "example.org", Term: "record",
				Outcome: "v=spf1 mx ip4:198.51.100.0/24 -all"},
				{Domain: "example.org", Term: "mx", Outcome: "no match"},
				{Domain: "example.org", Term: "ip4:198.51.100.0/24", Outcome: "match"}}},
		DKIM: []seedtest.DKIMCheck{{Position: 5, Domain: "example.org", Selector: "s2026",
			Identity: "@example.org", Algorithm: "rsa-sha256", HeaderForm: "relaxed", BodyForm: "relaxed",
			Signed: []string{"from", "to", "subject", "date"}, Length: &length, Unsigned: 17,
			KeyType: "rsa", KeyBits: 1024, Testing: true, Time: started, Result: "fail",
			Reason: "the body is not the one that was signed",
			Notes:  []string{"a key of 1024 bits is weak", "l= leaves 17 octets unsigned"}}},
		DMARC: seedtest.DMARCCheck{Domain: "example.org", Organizational: "example.org",
			PolicyDomain: "example.org", Record: "v=DMARC1; p=quarantine", Policy: "quarantine",
			PolicyTag: "p", SPF: "pass", DKIM: "no signature passes", Result: "pass",
			Disposition: "none", Walk: []seedtest.DMARCStep{{Name: "_dmarc.example.org",
				Outcome: "v=DMARC1; p=quarantine"}}},
		ARC: seedtest.ARCCheck{Result: "none"}}
	return a
}
