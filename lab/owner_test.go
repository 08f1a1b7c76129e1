package lab

import "testing"

func TestOwnerMovesAndRemoves(t *testing.T) {
	w := newWorld(Options{Network: Pipes()})
	w.populate()
	junk := w.accountOf("strict-a").role("junk")
	if err := w.Deliver("strict-a", "INBOX", []byte("Subject: x\n\ny\n")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		mailbox string
		do      func(Letter) bool
		want    int // letters afterwards
	}{
		{"INBOX", func(l Letter) bool { return !w.Move("strict-a", l, "nowhere") }, 1},
		{"INBOX", func(l Letter) bool { return w.Move("strict-a", l, junk) }, 1},
		{junk, func(l Letter) bool { return w.Remove("strict-a", l) && !w.Remove("strict-a", l) }, 0},
	} {
		all := w.Letters("strict-a")
		if len(all) != 1 || all[0].Mailbox != step.mailbox {
			t.Fatalf("Letters = %+v, want one in %s", all, step.mailbox)
		}
		if !step.do(all[0]) {
			t.Errorf("in %s: the step did not do what it should", step.mailbox)
		}
		if n := len(w.Letters("strict-a")); n != step.want {
			t.Errorf("in %s: %d letters afterwards, want %d", step.mailbox, n, step.want)
		}
	}
	if w.Letters("nobody") != nil || w.Roles("strict-a")[junk] != "junk" {
		t.Errorf("Letters of nobody %v, roles %v", w.Letters("nobody"), w.Roles("strict-a"))
	}
}
