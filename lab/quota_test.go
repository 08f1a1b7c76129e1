package lab

import (
	"strings"
	"testing"
)

// A seed with a quota says how much of it is used, and takes nothing that does not fit.
func TestSeedQuota(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", strings.Repeat("x", 1500))
	a := w.server.accounts[0]
	a.quota = 4096
	c := w.signIn()
	c.play(`
		C: a1 GETQUOTAROOT INBOX
		S: * QUOTAROOT "INBOX" "User quota"
		S: * QUOTA "User quota" (STORAGE 2 4)
		S: a1 OK GETQUOTAROOT completed
		C: a2 GETQUOTAROOT Nowhere
		S: a2 NO [NONEXISTENT] No such mailbox
		C: a3 GETQUOTAROOT
		S: a3 BAD Invalid arguments: expected ' '
	`)
	if a.full(2000) || !a.full(2600) {
		t.Errorf("1,500 of 4,096 octets: full for 2,000: %t, for 2,600: %t", a.full(2000), a.full(2600))
	}
	a.quota = 1505
	c.play(`
		C: b1 APPEND INBOX {9}
		S: + Ready for literal data
		C: A: b
		C: 
		C: c
		S: b1 NO [OVERQUOTA] Not enough room
	`)
	c.ask("EXAMINE INBOX")
	if _, end := c.ask("UID COPY 1:* Junk"); end != "NO [OVERQUOTA] Not enough room" {
		t.Errorf("a copy that does not fit: %q", end)
	}
	a.quota = 0
	c.play(`
		C: c1 GETQUOTAROOT INBOX
		S: * QUOTAROOT "INBOX"
		S: c1 OK GETQUOTAROOT completed
	`)
	if a.full(imapMaxOctets) {
		t.Error("an account without quota is full")
	}
}
