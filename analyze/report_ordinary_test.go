package analyze

import "testing"

// ordinary are messages that are no delivery reports, though parts of them look like one.
var ordinary = map[string]string{
	"a person who quotes one": `From: Anna <anna@example.net>
Subject: Re: failure notice

> Hi. This is the qmail-send program at relay.example.org.
> <bert@example.net>:
> Sorry, no mailbox here by that name. (#5.1.1)

What does that mean?
`,
	"a postmaster who answers": `From: Postmaster <postmaster@example.net>
Subject: Re: Undelivered Mail Returned to Sender

This is the mail system at host relay.example.org.

<bert@example.net>: host mx.example.net said: 550 5.1.1 user unknown
`,
	"one sent on as an attachment": `From: Anna <anna@example.net>
Subject: please look
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

What is this?
--b
Content-Type: message/rfc822

From: MAILER-DAEMON@relay.example.org
Subject: Returned mail
Content-Type: multipart/report; report-type=delivery-status; boundary=c

--c
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; bert@example.net
Action: failed
Status: 5.1.1
--c--
--b--
`,
	"a list that discusses one": `From: Carl <carl@example.com>
Subject: [mailop] What Exim says
List-Id: <mailop.example.com>
Return-Path: <mailop-bounces@example.com>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bert@example.net
    550 no such user
`,
	"an absent person": `From: Anna <anna@example.net>
Subject: Automatic reply: Order 4711
Return-Path: <>
Auto-Submitted: auto-replied

I am away until Monday. In urgent cases write to bert@example.net
or call 555 0100.
`,
	"a report of abuse": `From: Abuse desk <postmaster@example.net>
Subject: Complaint
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an email abuse report for a message.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Example/1.0
Version: 1
--b
Content-Type: message/rfc822

From: probe@example.org
Subject: Order 4711
--b--
`,
	"a receipt": `From: Anna <anna@example.net>
Subject: Read: Order 4711
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message was displayed.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; anna@example.net
Original-Message-ID: <abc123@example.org>
Disposition: manual-action/MDN-sent-manually; displayed
--b--
`,
	"a warning to the owner of a full mailbox": `From: MAILER-DAEMON@example.net
To: anna@example.net
Subject: Your mailbox is full

The mailbox is full: <anna@example.net>. New mail will be rejected.
`,
	"a digest of a quarantine": `From: Postmaster <postmaster@example.net>
To: anna@example.net
Subject: Quarantine: 2 messages blocked

These messages were rejected and not delivered:

 bert@example.com   550 spam   Cheap watches
 carl@example.com   550 spam   Cheaper watches
`,
	"a list that waits for its owner": `From: list-bounces@example.net
To: anna@example.net
Return-Path: <>
Subject: Your message to List awaits moderator approval

Your mail to 'List' with the subject Order 4711 could not be delivered yet:
it waits until the owner, list-owner@example.net, has seen it.
`,
	"a report about DMARC": `From: postmaster@example.net
To: dmarc@example.org
Return-Path: <>
Subject: Report Domain: example.org Submitter: example.net Report-ID: 1

This is an aggregate report. 3 messages were rejected; contact
postmaster@example.net
`,
	"an administrator's letter": `From: Site Admin <admin@example.net>
Subject: Delivery failed

Your parcel could not be delivered. Please write to

bert@example.net
`,
	"a receipt for a report": `From: Anna <anna@example.net>
Subject: Read: Undelivered Mail Returned to Sender
Return-Path: <>
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message was displayed.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; anna@example.net
Disposition: manual-action/MDN-sent-manually; displayed
--b
Content-Type: message/rfc822

From: MAILER-DAEMON@relay.example.org
Return-Path: <>
Subject: failure notice

Hi. This is the qmail-send program at relay.example.org.

<bert@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)
--b--
`,
	"a receipt for what was deleted": `From: Anna <anna@example.net>
Subject: Not read: Undeliverable order
Return-Path: <>
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message to anna@example.net was deleted without being read.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; anna@example.net
Disposition: automatic-action/MDN-sent-automatically; deleted
--b--
`,
	"a report about TLS": `From: MAILER-DAEMON@example.net
To: tls@example.org
Subject: Report Domain: example.org Submitter: example.net Report-ID: <1@example.net>
TLS-Report-Domain: example.org
Content-Type: multipart/report; report-type=tlsrpt; boundary=b

--b
Content-Type: text/plain

This is an aggregate TLS report from example.net. 3 sessions failed.
Contact smtp-tls-reporting@example.net
--b
Content-Type: application/tlsrpt+gzip

H4sIAAAAAAAA
--b--
`,
	"an invitation": `From: Calendar <calendar@example.net>
Return-Path: <>
Auto-Submitted: auto-generated
Subject: Invitation: Why mail is undeliverable, Tue 10:00
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

You have been invited. Guests:

anna@example.net
bert@example.net - organizer
--b
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
ATTENDEE:mailto:anna@example.net
END:VCALENDAR
--b--
`,
	"a newsletter about failure": `From: Mail System News <news@example.net>
Return-Path: <bounce-1@example.net>
Subject: Delivery failure: how to read it
List-Unsubscribe: <https://example.net/u>

A message could not be delivered to the reader? Ask

support@example.net

and quote 550 5.1.1 user unknown.
`,
	"an absent person with a code": `From: Anna <anna@example.net>
Return-Path: <>
Auto-Submitted: auto-replied
Precedence: bulk
Subject: Out of office: Order 4711

I am away. My mailbox is full and mail may be rejected; write to

bert@example.net

or call 550 123.
`,
	"a list that refuses": `From: list-bounces@example.net
Return-Path: <list-bounces@example.net>
Subject: Your message to List was rejected

Your message to the list <list@example.net> was rejected by its owner:
only members may post. Write to list-owner@example.net.
`,
	"a complaint that Amazon tells": `From: no-reply@sns.amazonaws.com
Subject: AWS Notification Message

{"notificationType":"Complaint","complaint":{"complainedRecipients":[
{"emailAddress":"anna@example.net"}]},"mail":{"destination":["anna@example.net"]}}
`,
	"a parcel service": `From: Parcels <no-reply@example.net>
Return-Path: <>
Auto-Submitted: auto-generated
Subject: Delivery failed: parcel 4711

Your parcel could not be delivered to the following address. Write to

service@example.net
`,
	"a monitor of queues": `From: Mail System Monitor <monitor@example.net>
Auto-Submitted: auto-generated
Subject: Queue report: 3 messages deferred, delivery error rate 2 %

bert@example.com: 2 deferred, 451 4.7.1 try again later
carl@example.com: 1 deferred
`,
	"a bug tracker": `From: MDaemon issues (tracker) <tracker@example.net>
Auto-Submitted: auto-generated
Subject: [bug 4711] Undeliverable mail is not reported

anna@example.net changed:

  Summary: The message could not be delivered and nobody was told.
  CC: bert@example.net
`,
	"a confirmation that names an address": `From: Administrator <admin@example.net>
Subject: Your subscription

We could not verify that the mailbox bert@example.net exists. If you did
not ask for it, do nothing.
`,
}

func TestOrdinaryMailIsNoReport(t *testing.T) {
	for name, message := range ordinary {
		if r := readReportOf([]byte(message)); r != nil {
			t.Errorf("%s: taken for a report: %+v", name, *r)
		}
	}
}
