package lab

import (
	"strings"
	"time"

	"seedtest"
)

// imapStyle is the personality of an IMAP server. It is data: the server reads it and has no other
// knowledge of whom it plays.
type imapStyle struct {
	id       string // the provider's, a party of faults
	greeting string
	before   string // capabilities before sign-in
	after    string // and after it
	tell     capsTold
	startTLS bool     // TLS begins by STARTTLS, and nobody signs in before; else with the connection
	ids      []string // fields and values of the ID reply
	delim    byte
	boxes    []styleBox
	uses     bool     // attributes of use stand in every LIST, not only where they are asked for
	labels   bool     // mailboxes are views over one heap of mail, as Gmail's
	classes  []string // of INBOX, by X-GM-RAW search
	order    []string // items that FETCH puts first, in order; others follow as they were asked for
	firstUID uint32   // of a new account, so that nobody takes UIDs for message numbers
	sessions int      // at once and account; 0: any number

	loggedIn string // what follows OK when signed in; %s: the login
	badLogin string // what follows NO when the password is wrong
	noLogin  string // what follows NO whatever the password; empty: it is looked at
	throttle string // what follows NO when asked too much

	keepalive time.Duration // a word in IDLE each time; 0: none
}

// capsTold says how the capabilities that hold after sign-in are made known.
type capsTold int

const (
	capsAsked    capsTold = iota // the client must ask
	capsUntagged                 // by an untagged response before the OK
	capsInCode                   // in the OK's response code, and before sign-in in the greeting's
)

// styleBox is a mailbox that every account of a style has.
type styleBox struct {
	name     string
	role     seedtest.Role
	attrs    []string
	noselect bool
}

// has reports whether the style announces a capability to whom is signed in.
func (s imapStyle) has(capability string) bool {
	for c := range strings.FieldsSeq(s.after) {
		if strings.EqualFold(c, capability) {
			return true
		}
	}
	return false
}

// offers reports whether the style announces a capability before sign-in.
func (s imapStyle) offers(capability string) bool {
	return imapStyle{after: s.before}.has(capability)
}

func use(name string, role seedtest.Role, attrs ...string) styleBox {
	return styleBox{name: name, role: role, attrs: attrs}
}

// gmailLike announces what of Gmail's extensions it serves: no XLIST, QUOTA, CONDSTORE, COMPRESS.
var gmailLike = imapStyle{
	id:       "gmail-like",
	greeting: "Gimap ready for requests from 192.0.2.200 h6mb2481",
	before: "IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN X-GM-EXT-1 SASL-IR AUTH=XOAUTH2 " +
		"AUTH=PLAIN AUTH=OAUTHBEARER",
	after: "IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE ESEARCH " +
		"LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE",
	tell:  capsUntagged,
	ids:   []string{"name", "GImap", "vendor", "Gmail-like, Example Inc."},
	delim: '/',
	boxes: []styleBox{
		use("INBOX", seedtest.RoleInbox),
		{name: "[Gmail]", noselect: true},
		use("[Gmail]/All Mail", seedtest.RoleAll, `\All`),
		use("[Gmail]/Drafts", seedtest.RoleDrafts, `\Drafts`),
		use("[Gmail]/Important", seedtest.RoleImportant, `\Important`),
		use("[Gmail]/Sent Mail", seedtest.RoleSent, `\Sent`),
		use("[Gmail]/Spam", seedtest.RoleJunk, `\Junk`),
		use("[Gmail]/Starred", seedtest.RoleFlagged, `\Flagged`),
		use("[Gmail]/Trash", seedtest.RoleTrash, `\Trash`),
	},
	uses: true, labels: true,
	classes: []string{"primary", "social", "promotions", "updates", "forums", "reservations",
		"purchases"},
	order: []string{"X-GM-THRID", "X-GM-MSGID", "X-GM-LABELS", "UID", "RFC822.SIZE",
		"INTERNALDATE", "FLAGS", "ENVELOPE"},
	firstUID: 4217, sessions: 15,
	loggedIn: "%s authenticated (Success)",
	badLogin: "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
	throttle: "[OVERQUOTA] Account exceeded command or bandwidth limits.",
}

// outlookLike takes tokens only, and tells nothing of what its mailboxes are for.
var outlookLike = imapStyle{
	id:       "outlook-like",
	greeting: "The Microsoft Exchange-like IMAP4 service is ready.",
	before: "IMAP4 IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE " +
		"NAMESPACE LITERAL+",
	after: "IMAP4 IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE " +
		"NAMESPACE LITERAL+",
	ids:   []string{"name", "Microsoft.Exchange.Imap4.Imap4Server", "version", "15.20"},
	delim: '/',
	boxes: []styleBox{
		use("Archive", seedtest.RoleArchive),
		use("Deleted", seedtest.RoleTrash),
		use("Drafts", seedtest.RoleDrafts),
		use("INBOX", seedtest.RoleInbox),
		use("Junk", seedtest.RoleJunk),
		use("Notes", seedtest.RoleNone),
		use("Outbox", seedtest.RoleNone),
		use("Sent", seedtest.RoleSent),
	},
	firstUID: 1093, sessions: 15,
	loggedIn: "AUTHENTICATE completed.",
	badLogin: "AUTHENTICATE failed.",
	throttle: "Request is throttled. Suggested Backoff Time: 4000 milliseconds",
}

// strictLike is a Dovecot as many hosts run it.
var strictLike = imapStyle{
	id:       "strict",
	greeting: "Dovecot-like ready.",
	before:   "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=LOGIN",
	after: "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE UNSELECT CHILDREN NAMESPACE UIDPLUS " +
		"LIST-EXTENDED ESEARCH LIST-STATUS MOVE SPECIAL-USE QUOTA NOTIFY LITERAL+",
	tell:  capsInCode,
	ids:   []string{"name", "Dovecot-like"},
	delim: '/',
	boxes: []styleBox{
		use("Drafts", seedtest.RoleDrafts, `\Drafts`),
		use("Junk", seedtest.RoleJunk, `\Junk`),
		use("Sent", seedtest.RoleSent, `\Sent`),
		use("Trash", seedtest.RoleTrash, `\Trash`),
		use("INBOX", seedtest.RoleInbox),
	},
	firstUID: 31,
	loggedIn: "Logged in",
	badLogin: "[AUTHENTICATIONFAILED] Authentication failed.",
	throttle: "[LIMIT] Too many commands, wait a while.",

	keepalive: 2 * time.Minute,
}

// greylistLike is a Courier: everything stands below INBOX, with a dot, and nothing has a flag.
var greylistLike = imapStyle{
	id:       "greylist",
	greeting: "Courier-like ready.",
	before:   "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE IDLE AUTH=PLAIN",
	after:    "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE IDLE",
	tell:     capsInCode,
	startTLS: true,
	delim:    '.',
	boxes: []styleBox{
		use("INBOX", seedtest.RoleInbox),
		use("INBOX.Drafts", seedtest.RoleDrafts),
		use("INBOX.Sent", seedtest.RoleSent),
		use("INBOX.Spam", seedtest.RoleJunk),
		use("INBOX.Trash", seedtest.RoleTrash),
	},
	order:    []string{"UID"},
	firstUID: 502,
	loggedIn: "LOGIN Ok.",
	badLogin: "Login failed.",
	throttle: "[OVERQUOTA] Too many requests.",
}

// silentLike is a Cyrus with the names of a large host.
var silentLike = imapStyle{
	id:       "silent",
	greeting: "imap.silent.example Cyrus-like server ready",
	before:   "IMAP4rev1 LITERAL+ ID ENABLE AUTH=PLAIN SASL-IR",
	after: "IMAP4rev1 LITERAL+ ID ENABLE NAMESPACE UIDPLUS UNSELECT CHILDREN ESEARCH LIST-EXTENDED " +
		"SPECIAL-USE MOVE IDLE",
	tell:  capsInCode,
	ids:   []string{"name", "Cyrus-like"},
	delim: '/',
	boxes: []styleBox{
		use("INBOX", seedtest.RoleInbox),
		use("Archive", seedtest.RoleArchive, `\Archive`),
		use("Drafts", seedtest.RoleDrafts, `\Drafts`),
		use("Sent", seedtest.RoleSent, `\Sent`),
		use("Spam", seedtest.RoleJunk, `\Junk`),
		use("Trash", seedtest.RoleTrash, `\Trash`),
	},
	order:    []string{"FLAGS", "UID", "INTERNALDATE"},
	firstUID: 77,
	loggedIn: "User logged in",
	badLogin: "authentication failure",
	throttle: "[THROTTLED] Too much for now.",
}

// localLike names its mailboxes in its users' language, cannot push, and knows few extensions.
var localLike = imapStyle{
	id:       "local",
	greeting: "IMAP4 server ready",
	before:   "IMAP4rev1 AUTH=PLAIN AUTH=LOGIN",
	after:    "IMAP4rev1 CHILDREN NAMESPACE UIDPLUS",
	delim:    '/',
	boxes: []styleBox{
		use("INBOX", seedtest.RoleInbox),
		use("ごみ箱", seedtest.RoleTrash),
		use("下書き", seedtest.RoleDrafts),
		use("迷惑メール", seedtest.RoleJunk),
		use("送信済み", seedtest.RoleSent),
	},
	order:    []string{"INTERNALDATE", "UID", "FLAGS"},
	firstUID: 9,
	loggedIn: "LOGIN completed",
	badLogin: "LOGIN failed",
	throttle: "Too many requests, temporarily locked",
}

// brokenLike takes mail and lets nobody read it.
var brokenLike = imapStyle{
	id:       "broken",
	greeting: "IMAP ready",
	before:   "IMAP4rev1 LITERAL+ ID IDLE AUTH=PLAIN",
	after:    "IMAP4rev1 LITERAL+ ID IDLE UNSELECT SPECIAL-USE UIDPLUS",
	delim:    '/',
	boxes: []styleBox{
		use("INBOX", seedtest.RoleInbox),
		use("Junk", seedtest.RoleJunk, `\Junk`),
		use("Trash", seedtest.RoleTrash, `\Trash`),
	},
	firstUID: 3,
	loggedIn: "Logged in",
	badLogin: "[AUTHENTICATIONFAILED] Authentication failed.",
	noLogin:  "[UNAVAILABLE] Temporary authentication failure.",
	throttle: "[THROTTLED] Too much for now.",
}

// imapStyles are all of them.
func imapStyles() []imapStyle {
	return []imapStyle{gmailLike, outlookLike, strictLike, greylistLike, silentLike, localLike,
		brokenLike}
}
