package lab

import (
	"slices"
	"testing"
	"time"

	"seedtest"
)

// where lists the mailboxes that hold a message of an account, in the order of LIST.
func (a *account) where(l *letter) []string {
	var names []string
	for _, box := range a.boxes {
		if box.holding(l) != nil {
			names = append(names, box.name)
		}
	}
	return names
}

// Gmail's mailboxes are labels: this is what happens to them as a message is moved about.
func TestLabels(t *testing.T) {
	const inbox, all, spam, trash = "INBOX", "[Gmail]/All Mail", "[Gmail]/Spam", "[Gmail]/Trash"
	for _, test := range []struct {
		name string
		do   func(a *account, uid uint32)
		want []string
	}{
		{"delivered", func(*account, uint32) {}, []string{inbox, all}},
		{"moved to spam", func(a *account, uid uint32) { a.move(inbox, uid, spam) }, []string{spam}},
		{"and back", func(a *account, uid uint32) {
			uid, _ = a.move(inbox, uid, spam)
			a.move(spam, uid, inbox)
		}, []string{inbox, all}},
		{"archived", func(a *account, uid uint32) { a.remove(inbox, uid) }, []string{all}},
		{"expunged from all mail", func(a *account, uid uint32) {
			a.remove(all, a.withRole(seedtest.RoleAll).list[0].uid)
		}, []string{inbox, all}},
		{"starred", func(a *account, uid uint32) {
			a.copyStored(a.find(inbox).get(uid), a.find("[Gmail]/Starred"))
		}, []string{inbox, all, "[Gmail]/Starred"}},
		{"thrown away", func(a *account, uid uint32) {
			uid, _ = a.move(inbox, uid, trash)
			a.remove(trash, uid)
		}, nil},
	} {
		a := newAccount(gmailLike, "a@example.org", "", func() time.Time { return newYear })
		uid, err := a.deliver(inbox, "primary", []byte(letterOne))
		if err != nil {
			t.Fatal(err)
		}
		l := a.find(inbox).get(uid).letter
		test.do(a, uid)
		if got := a.where(l); !slices.Equal(got, test.want) {
			t.Errorf("%s: in %q, want %q", test.name, got, test.want)
		}
	}
}

// At Gmail a message that is marked as deleted loses its label at once, and stays in all mail.
func TestIMAPGmailDeletes(t *testing.T) {
	w := serve(t, gmailLike, false)
	var changes []accountChange
	w.a.changed = func(c accountChange) { changes = append(changes, c) }
	w.deliver("INBOX", "primary", letterOne)
	c := w.signIn()
	c.ask("SELECT INBOX")
	c.play(`
		C: a1 UID STORE 4217 +FLAGS (\Deleted)
		S: * 1 FETCH (UID 4217 FLAGS (\Deleted))
		S: * 1 EXPUNGE
		S: a1 OK STORE completed
	`)
	c.ask("SELECT %q", "[Gmail]/All Mail")
	c.play(`
		C: a2 FETCH 1 (UID FLAGS X-GM-LABELS)
		S: * 1 FETCH (X-GM-LABELS () UID 4417 FLAGS ())
		S: a2 OK FETCH completed
		C: a3 MOVE 1 [Gmail]/Trash
		S: * OK [COPYUID 1798795808 4417 5017] Moved UIDs.
		S: * 1 EXPUNGE
		S: a3 OK MOVE completed
	`)
	want := []accountChange{{"INBOX", 4217, "[Gmail]/All Mail", 4417},
		{"[Gmail]/All Mail", 4417, "[Gmail]/Trash", 5017}}
	if !slices.Equal(changes, want) {
		t.Errorf("changes told = %+v, want %+v", changes, want)
	}
}

// A further copy in Gmail's junk is a move, out of every other mailbox.
func TestIMAPGmailCopyToSpam(t *testing.T) {
	w := serve(t, gmailLike, false)
	var changes []accountChange
	w.a.changed = func(c accountChange) { changes = append(changes, c) }
	w.deliver("INBOX", "primary", letterOne)
	c := w.signIn()
	c.ask("SELECT INBOX")
	c.play(`
		C: a1 COPY 1 [Gmail]/Spam
		S: * 1 EXPUNGE
		S: a1 OK [COPYUID 1798795806 4217 4817] COPY completed
	`)
	want := []accountChange{{"INBOX", 4217, "[Gmail]/Spam", 4817},
		{"[Gmail]/All Mail", 4417, "[Gmail]/Spam", 4817}}
	if !slices.Equal(changes, want) {
		t.Errorf("changes told = %+v, want %+v", changes, want)
	}
}

func TestAccountRefuses(t *testing.T) {
	w := serve(t, gmailLike, false)
	if _, err := w.a.deliver("[Gmail]", "", nil); err == nil {
		t.Error("deliver to a mailbox that holds none: no error")
	}
	if _, err := w.a.deliver("Nowhere", "", nil); err == nil {
		t.Error("deliver to no mailbox: no error")
	}
	if _, ok := w.a.move("INBOX", 1, "[Gmail]/Spam"); ok {
		t.Error("a message that is not there was moved")
	}
	if w.a.remove("Nowhere", 1) || w.a.remove("INBOX", 1) {
		t.Error("a message that is not there was removed")
	}
	if got, want := w.a.role(seedtest.RoleJunk), "[Gmail]/Spam"; got != want {
		t.Errorf("role(junk) = %q, want %q", got, want)
	}
	if got := w.a.role(seedtest.RoleArchive); got != "" {
		t.Errorf("role(archive) = %q, want none", got)
	}
}
