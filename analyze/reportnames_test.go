package analyze_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/analyze"
)

// TestReportNames: a report keeps what names a message, wherever in it that stands.
func TestReportNames(t *testing.T) {
	tokens := make([]seedtest.Token, 4)
	for i := range tokens {
		tokens[i] = seedtest.Token(strings.Repeat(string(rune('a'+i)), seedtest.TokenLen))
	}
	message := strings.NewReplacer("{A}", string(tokens[0]), "{B}", strings.ToUpper(string(tokens[1])),
		"{C}", string(tokens[2]), "{D}", string(tokens[3])).Replace(`From: Mail Delivery System
 <MAILER-DAEMON@relay.example.org>
To: bounces+{A}@example.org
Subject: Undelivered Mail
Date: Thu, 26 Nov 2026 10:00:00 +0100
In-Reply-To: <{B}@example.org>
References: <x1@example.org> <{B}@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is the mail system. It carries x{A}x, which is no tag.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org
Original-Envelope-Id: {A}

Final-Recipient: rfc822; anna@example.net
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

Subject: Your weekly notice
List-Unsubscribe: <https://example.org/u/{C}>
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain

Good morning.

Reference: {D}
--b--
`)
	r := analyze.Report([]byte(message))
	if r == nil {
		t.Fatal("Report: nil, want a report")
	}
	upper := strings.ToUpper(string(tokens[1])) + "@example.org"
	got := seedtest.DeliveryReport{From: r.From, To: r.To, Subject: r.Subject, Date: r.Date.UTC(),
		Refers: r.Refers, Tokens: r.Tokens, EnvelopeID: r.EnvelopeID}
	want := seedtest.DeliveryReport{From: "Mail Delivery System <MAILER-DAEMON@relay.example.org>",
		To: "bounces+" + string(tokens[0]) + "@example.org", Subject: "Undelivered Mail",
		Date:       time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC),
		Refers:     []string{upper, "x1@example.org", upper},
		Tokens:     []seedtest.Token{tokens[0], tokens[2], tokens[3]},
		EnvelopeID: string(tokens[0])}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Report (-want +got):\n%s", diff)
	}
}
