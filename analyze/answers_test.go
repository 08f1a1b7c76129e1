package analyze

import (
	"strings"
	"testing"

	"seedtest"
)

// automatic are what people's programs send back by themselves. Each speaks of a message of ours, by
// its Message-ID, its subject and its header, and none says that it was not delivered, whatever
// words it has.
var automatic = map[string]string{
	"away": `From: Anna <anna@example.net>
Subject: Automatic reply: Your weekly notice ({ref})
Auto-Submitted: auto-replied
Return-Path: <>

I am away until Monday, with no access to mail. Your message could not be
read and will not be delivered to others.
`,
	"away, by a system's name": `From: Mail Delivery System <postmaster@example.net>
Subject: Out of office: Your weekly notice ({ref})
Auto-Submitted: auto-replied
X-Autoreply: yes
Return-Path: <>

Anna (anna@example.net) is out of office. This mailbox is not read.
`,
	"gone for good": `From: Anna <anna@example.net>
Subject: Re: Your weekly notice ({ref})
Auto-Submitted: auto-replied
Precedence: bulk
Return-Path: <>

Anna no longer works here: 550 5.1.1 user unknown, so to say. The address
<anna@example.net> does not exist any more, and mail to it is rejected.
`,
	"gone, by the postmaster": `From: Postmaster <postmaster@example.net>
Subject: Mailbox disabled
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
Return-Path: <>

<anna@example.net> left the company. The account is disabled.
`,
	"read": `From: Anna <anna@example.net>
Subject: Read: Your weekly notice ({ref})
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message was read.
--b
Content-Type: message/disposition-notification

Reporting-UA: mail.example.net; Mail
Final-Recipient: rfc822; {to}
Original-Message-ID: <{id}>
Disposition: automatic-action/MDN-sent-automatically; deleted
--b
Content-Type: text/rfc822-headers

{header}
--b--
`,
	"a challenge": `From: "anna@example.net" <challenge@example.net>
Subject: Re: Your weekly notice ({ref}) [confirm 77c0]
Auto-Submitted: auto-replied
Return-Path: <>

Your message to anna@example.net is held: it was not delivered, and will be
rejected unless you answer this message.

Original message follows:

{header}
`,
	"a challenge in the form of a report": `From: noreply@example.net
Subject: Re: Your weekly notice ({ref}) (Action Required)
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your message has been waitlisted.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {to}
Action: failed
Status: 4.7.0
Diagnostic-Code: X-Notice; sender not approved yet
--b
Content-Type: text/rfc822-headers

{header}
--b--
`,
	"a ticket": `From: Support <support@example.net>
Subject: [#4711] Your weekly notice ({ref})
Auto-Submitted: auto-generated
Return-Path: <>

We have received your message. Delivery of an answer may be delayed.
`,
	"a filter's word to its user": `From: MAILER-DAEMON@example.net
To: anna@example.net
Subject: Message rejected: Your weekly notice ({ref})

A message from ops@example.org to you was rejected as spam.
`,
	"a warning of unknown form": `From: MAILER-DAEMON@mx.example.net
Subject: Warning: mail delayed
Return-Path: <>

Your message to <{to}> has not yet been delivered; we will keep trying.

Original message follows:

{header}
`,
}

// TestAnswersDecideNothing: an answer of a program is no bounce. Where it has the very form of a
// report, its word counts beside proof of absence only.
func TestAnswersDecideNothing(t *testing.T) {
	m, data := probeMessage(t, 1, []string{joinAddress})
	fill := joinFiller(m, data)
	for name, message := range automatic {
		head, body, _ := strings.Cut(message, "\n\n")
		message = fill.Replace(head + "\nTo: ops@example.org\nIn-Reply-To: <{id}>\n\n" + body)
		facts := joinOf([]byte(message), m)
		for _, x := range facts {
			b, ok := x.(seedtest.Bounce)
			if !ok || b.Failed() && !b.Guessed && b.Probe != "" {
				t.Errorf("%s: %+v", name, x)
			}
		}
		if strings.HasPrefix(name, "a challenge in") && len(facts) == 0 {
			t.Errorf("%s: not told", name)
		}
	}
}
