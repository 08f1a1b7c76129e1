package lab

import (
	"strings"
	"testing"
)

func TestIMAPGmailDialogue(t *testing.T) {
	w := serve(t, gmailLike, false)
	w.deliver("INBOX", "promotions", letterOne)
	w.deliver("INBOX", "primary", letterOne)
	w.talk().play(`
		C: a1 CAPABILITY
		S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN X-GM-EXT-1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=OAUTHBEARER
		S: a1 OK CAPABILITY completed
		C: a2 LIST "" "*"
		S: a2 BAD LIST is not allowed before signing in
		C: a3 LOGIN a@example.org wrong
		S: a3 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
		C: a4 LOGIN a@example.org "open sesame"
		S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE ESEARCH LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE
		S: a4 OK a@example.org authenticated (Success)
		C: a5 ID ("name" "seedtest" "version" NIL)
		S: * ID ("name" "GImap" "vendor" "Gmail-like, Example Inc.")
		S: a5 OK ID completed
		C: a6 LIST "" "%"
		S: * LIST (\HasNoChildren) "/" "INBOX"
		S: * LIST (\Noselect \HasChildren) "/" "[Gmail]"
		S: a6 OK LIST completed
		C: a7 LIST (SPECIAL-USE) "" "*m" RETURN (STATUS (MESSAGES UIDNEXT))
		S: * LIST (\HasNoChildren \Junk) "/" "[Gmail]/Spam"
		S: * STATUS "[Gmail]/Spam" (MESSAGES 0 UIDNEXT 4817)
		S: a7 OK LIST completed
		C: a8 LIST "" ""
		S: * LIST (\Noselect) "/" ""
		S: a8 OK LIST completed
		C: a9 STATUS "[Gmail]/All Mail" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
		S: * STATUS "[Gmail]/All Mail" (MESSAGES 2 UIDNEXT 4419 UIDVALIDITY 1798795802 UNSEEN 2)
		S: a9 OK STATUS completed
		C: b1 EXAMINE INBOX
		S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen)
		S: * OK [PERMANENTFLAGS ()] Flags permitted.
		S: * 2 EXISTS
		S: * 0 RECENT
		S: * OK [UNSEEN 1] First unseen.
		S: * OK [UIDVALIDITY 1798795800] UIDs valid.
		S: * OK [UIDNEXT 4219] Predicted next UID.
		S: b1 OK [READ-ONLY] EXAMINE completed
		C: b2 UID SEARCH UID 4217 X-GM-RAW "category:promotions"
		S: * SEARCH 4217
		S: b2 OK SEARCH completed
		C: b3 UID SEARCH UID 4218 X-GM-RAW category:promotions
		S: * SEARCH
		S: b3 OK SEARCH completed
		C: b4 UID FETCH 4219:* (FLAGS INTERNALDATE X-GM-LABELS)
		S: * 2 FETCH (X-GM-LABELS () UID 4218 INTERNALDATE "01-Jan-2027 09:30:00 +0000" FLAGS ())
		S: b4 OK FETCH completed
		C: b5 UID FETCH 4217 BODY.PEEK[HEADER]<0.12>
		S: * 1 FETCH (UID 4217 BODY[HEADER]<0> {12}
		S: From: Ops <o)
		S: b5 OK FETCH completed
		C: b6 UID STORE 4217 +FLAGS (\Deleted)
		S: b6 NO The mailbox is open for reading only
		C: b7 UNSELECT
		S: b7 OK UNSELECT completed
		C: b8 FETCH 1 FLAGS
		S: b8 BAD No mailbox is open
		C: b9 LOGOUT
		S: * BYE Logging out
		S: b9 OK LOGOUT completed
		S: (closed)
	`)
}

func TestIMAPOutlookDialogue(t *testing.T) {
	w := serve(t, outlookLike, false)
	w.talk().play(`
		C: a1 LOGIN a@example.org "open sesame"
		S: a1 NO LOGIN failed.
		C: a2 AUTHENTICATE XOAUTH2 dXNlcj1hQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHdyb25nAQE=
		S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZXhhbXBsZS8ifQ==
		C: 
		S: a2 NO AUTHENTICATE failed.
		C: a3 AUTHENTICATE XOAUTH2
		S: + 
		C: dXNlcj1hQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIG9wZW4gc2VzYW1lAQE=
		S: a3 OK AUTHENTICATE completed.
		C: a4 LIST "" "*" RETURN (SPECIAL-USE)
		S: a4 BAD Invalid arguments: more than the command takes
		C: a5 LIST "" J*
		S: * LIST (\HasNoChildren) "/" "Junk"
		S: a5 OK LIST completed
		C: a6 SEARCH RETURN (COUNT) ALL
		S: a6 BAD No mailbox is open
		C: a7 X-GM-RAW
		S: a7 BAD Unknown command X-GM-RAW
	`)
}

func TestIMAPLocalDialogue(t *testing.T) {
	w := serve(t, localLike, false)
	w.deliver("迷惑メール", "", letterOne)
	w.talk().play(`
		C: a1 AUTHENTICATE PLAIN
		S: + 
		C: AGFAZXhhbXBsZS5vcmcAb3BlbiBzZXNhbWU=
		S: a1 OK LOGIN completed
		C: a2 LIST "" *
		S: * LIST (\HasNoChildren) "/" "INBOX"
		S: * LIST (\HasNoChildren) "/" "&MFQwf3ux-"
		S: * LIST (\HasNoChildren) "/" "&Tgtm+DBN-"
		S: * LIST (\HasNoChildren) "/" "&j,dg0TDhMPww6w-"
		S: * LIST (\HasNoChildren) "/" "&kAFP4W4IMH8-"
		S: a2 OK LIST completed
		C: a3 IDLE
		S: a3 BAD Unknown command IDLE
		C: a4 STATUS &j,dg0TDhMPww6w- (MESSAGES)
		S: * STATUS "&j,dg0TDhMPww6w-" (MESSAGES 1)
		S: a4 OK STATUS completed
		C: a5 SELECT "迷惑メール"
		S: a5 BAD Invalid arguments: a mailbox name that is not in modified UTF-7
		C: a6 ID NIL
		S: a6 BAD Unknown command ID
		C: a7 LOGIN {13}
		S: + Ready for literal data
		C: a@example.org x
		S: a7 BAD Already signed in
	`)
}

// What makes a server close the connection rather than take it.
func TestIMAPRefusesTooMuch(t *testing.T) {
	long := strings.Repeat("x", imapMaxLine)
	for _, test := range []struct{ name, send string }{
		{"a long line", "a NOOP " + long + "\r\n"},
		{"a large literal before sign-in", "a LOGIN {20000}\r\n"},
		{"a literal that was not asked for", "a LOGIN {13+}\r\na@example.org x\r\n"},
		{"a literal beyond any size", "a LOGIN {4000000000}\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := serve(t, localLike, false)
			c := w.talk()
			go func() { _, _ = c.conn.Write([]byte(test.send)) }()
			lines := c.until("* BYE")
			if last := lines[len(lines)-1]; last != "* BYE Too long a command." {
				t.Errorf("the server said %q, want BYE", lines)
			}
		})
	}
}
