package inbox

import (
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
)

// A canary whose removal was broken off may be gone, unseen: no later round can demand to see it,
// where no other one can be appended.
func TestRule12CanaryWhoseRemovalBrokeOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(1)
		b.seed.Canary = true
		s := newServer(t)
		k := newCage(s, " UIDPLUS")
		step := 0
		k.cut = func(line string) bool { // each of these breaks the connection, once
			at := []string{"STATUS", "UID EXPUNGE", "APPEND"}
			switch {
			case step == 0 && k.left("INBOX") == "1d", step == len(at),
				!strings.HasPrefix(line, at[step]):
				return false
			case at[step] == "UID EXPUNGE":
				k.remove("INBOX", 2)
			}
			step++
			go s.hangUp()
			return true
		}
		w := begin(t, b, s, b.awaiting())
		<-b.based
		w.accept(0)
		w.ended()
		if step != 3 {
			t.Fatalf("%d of 3 connections were broken", step)
		}
		w.placed(0, seedtest.Overdue)
		for _, r := range factsOf[seedtest.Round](b) {
			if r.Why == staleView {
				t.Errorf("a round demanded a canary that may be gone: %+v", r.Canary)
			}
		}
	})
}
