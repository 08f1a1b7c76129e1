package sender_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestPublishedKeyIsHeldAgainstOurs(t *testing.T) {
	keys := newKeys(t)
	r, e := keys[0], keys[1]
	p := r.Record()[strings.Index(r.Record(), "p="):]
	for _, c := range []struct {
		name, want string
		records    []string
	}{
		{"the same", "", []string{r.Record()}},
		{"without v and k, in pieces", "", []string{strings.Replace(p, "A", " A ", 3)}},
		{"beside other texts", "", []string{"v=spf1 -all", r.Record() + "; t=s; s=email:x; h=sha1:sha256"}},
		{"none", "no key", nil},
		{"no key", "no key", []string{"v=spf1 -all"}},
		{"revoked", "revoked", []string{"v=DKIM1; p="}},
		{"two", "2 keys", []string{r.Record(), e.Record()}},
		{"of another kind", "kind ed25519", []string{e.Record()}},
		{"another", "another key", []string{"v=DKIM1; p=AAAA"}},
		{"broken", "another key", []string{"v=DKIM1; p=!!!"}},
		{"for SHA-1", "SHA-256", []string{"h=sha1; " + p}},
		{"for another service", "not for mail", []string{"s=other; " + p}},
	} {
		problem, notes := r.Published(c.records)
		if (problem == "") != (c.want == "") || !strings.Contains(problem, c.want) || len(notes) > 0 {
			t.Errorf("%s: %q, %q, want %q", c.name, problem, notes, c.want)
		}
	}
	if problem, notes := e.Published([]string{e.Record() + "; t=y:s"}); problem != "" ||
		len(notes) != 1 || !strings.Contains(notes[0], "t=y") {
		t.Errorf("t=y: %q, %q", problem, notes)
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	keys := newKeys(t)
	for _, text := range []string{fmt.Sprint(keys), fmt.Sprintf("%+v", keys), fmt.Sprintf("%#v", keys),
		fmt.Sprintf("%+v", keys[0])} {
		if strings.Contains(text, "Primes") || len(text) > 200 {
			t.Errorf("printed as %q", text)
		}
	}
}
