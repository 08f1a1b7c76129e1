package lab

import (
	"bytes"
	"testing"
)

// A user's own mailboxes come and go; those that the style gives stay.
func TestIMAPMailboxes(t *testing.T) {
	w := serve(t, strictLike, false)
	c := w.signIn()
	c.play(`
		C: a1 CREATE Reports/
		S: a1 OK CREATE completed
		C: a2 CREATE "Reports/R&AOk-sum&AOk-s"
		S: a2 OK CREATE completed
		C: a3 CREATE INBOX
		S: a3 NO [CANNOT] Mailbox exists, or may not
		C: a4 SUBSCRIBE Reports
		S: a4 OK Subscription changed
		C: a5 LSUB "" "R*"
		S: * LSUB (\HasChildren) "/" "Reports"
		S: a5 OK LSUB completed
		C: a6 LIST "Reports/" % RETURN (SUBSCRIBED CHILDREN)
		S: * LIST (\HasNoChildren) "/" "Reports/R&AOk-sum&AOk-s"
		S: a6 OK LIST completed
		C: a7 RENAME Reports/R&AOk-sum&AOk-s CVs
		S: a7 OK RENAME completed
		C: a8 LIST "" ("c%" inbox)
		S: * LIST (\HasNoChildren) "/" "INBOX"
		S: a8 OK LIST completed
		C: a9 NAMESPACE
		S: * NAMESPACE (("" "/")) NIL NIL
		S: a9 OK NAMESPACE completed
		C: b1 ENABLE CONDSTORE X
		S: * ENABLED
		S: b1 OK ENABLE completed
		C: b2 DELETE Junk
		S: b2 NO [CANNOT] No such mailbox, or it must stay
		C: b3 UNSUBSCRIBE Nowhere
		S: b3 NO [NONEXISTENT] No such mailbox
		C: b4 LIST "" "a&b"
		S: b4 BAD Invalid arguments: a pattern that is not in modified UTF-7
	`)
	other := w.signIn()
	other.ask("EXAMINE CVs")
	other.play("C: a1 IDLE\nS: + idling")
	if _, end := c.ask("DELETE CVs"); end != "OK DELETE completed" {
		t.Errorf("DELETE = %q", end)
	}
	other.play("S: * BYE " + imapViewLost + "\nS: (closed)")
}

func TestIMAPMatches(t *testing.T) {
	c := &imapConn{style: &strictLike}
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "a/b", true}, {"%", "a/b", false}, {"%/%", "a/b", true}, {"a*", "a", true},
		{"a%b", "axxb", true}, {"a%b", "ax/b", false}, {"*b*", "a/b/c", true}, {"", "", true},
		{"", "a", false}, {"inbox", "INBOX", true}, {"迷*", "迷惑", true}, {"%惑", "迷惑", true},
		{"****************************b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := c.matches(test.pattern, test.name); got != test.want {
			t.Errorf("matches(%q, %q) = %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
}

func TestUTF7(t *testing.T) {
	for _, test := range []struct{ name, wire string }{
		{"Junk", "Junk"}, {"A&B", "A&-B"}, {"迷惑メール", "&j,dg0TDhMPww6w-"}, {"é", "&AOk-"},
		{"a😀b", "a&2D3eAA-b"}, {"Нежелательная", "&BB0ENQQ2BDUEOwQwBEIENQQ7BEwEPQQwBE8-"},
	} {
		if got := utf7(test.name); got != test.wire {
			t.Errorf("utf7(%q) = %q, want %q", test.name, got, test.wire)
		}
		if got, ok := fromUTF7(test.wire); got != test.name || !ok {
			t.Errorf("fromUTF7(%q) = %q, %v, want %q", test.wire, got, ok, test.name)
		}
	}
	for _, wire := range []string{"&", "&A", "&A-", "&AAo-", "a\x00", "ä", "&2D0-"} {
		if got, ok := fromUTF7(wire); ok {
			t.Errorf("fromUTF7(%q) = %q, want a refusal", wire, got)
		}
	}
}

// A client cannot fill an account without end.
func TestIMAPQuota(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", string(bytes.Repeat([]byte("x"), imapMaxOctets-9)))
	c := w.signIn()
	c.play(`
		C: a1 APPEND INBOX {9}
		S: + Ready for literal data
		C: A: b
		C: 
		C: c
		S: a1 OK [APPENDUID 1798795804 432] APPEND completed
		C: a2 APPEND INBOX {1}
		S: + Ready for literal data
		C: x
		S: a2 NO [OVERQUOTA] Not enough room
	`)
}
