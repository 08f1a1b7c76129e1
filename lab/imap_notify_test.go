package lab

import (
	"testing"
	"testing/synctest"
)

// Who waits in IDLE is told of the mailboxes that NOTIFY named, until NOTIFY NONE.
func TestIMAPNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, strictLike, false)
		c := w.signIn()
		c.play(`
			C: a1 NOTIFY SET STATUS (MAILBOXES ("INBOX" Junk Nowhere) (MessageNew MessageExpunge))
			S: * STATUS "INBOX" (MESSAGES 0 UIDNEXT 431 UIDVALIDITY 1798795804)
			S: * STATUS "Junk" (MESSAGES 0 UIDNEXT 131 UIDVALIDITY 1798795801)
			S: a1 OK NOTIFY completed
			C: a2 IDLE
			S: + idling
		`)
		w.deliver("Trash", "", letterOne)
		w.deliver("Junk", "", letterOne)
		c.play(`
			S: * STATUS "Junk" (MESSAGES 1 UIDNEXT 132 UIDVALIDITY 1798795801)
			C: DONE
			S: a2 OK IDLE terminated
			C: a3 NOTIFY NONE
			S: a3 OK NOTIFY completed
			C: a4 IDLE
			S: + idling
		`)
		w.deliver("Junk", "", letterOne)
		c.play(`
			C: DONE
			S: a4 OK IDLE terminated
			C: a5 NOTIFY SET STATUS (MAILBOXES (INBOX) (MailboxName))
			S: a5 BAD Invalid arguments: an event that is not known
			C: a6 LOGOUT
			S: * BYE Logging out
			S: a6 OK LOGOUT completed
		`)
		w.close()
	})
}
