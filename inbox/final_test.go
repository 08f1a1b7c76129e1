package inbox

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A refusal is for good where the server says that the secret is wrong, at seeds of our own when it
// says so twice. What may pass is never.
func TestRule08RefusedForGood(t *testing.T) {
	for _, x := range []struct {
		answer string
		own    bool
		after  int // sign-ins; 0: never
	}{
		{"[AUTHENTICATIONFAILED] wrong password", false, 1},
		{"[AUTHENTICATIONFAILED] wrong password", true, 2},
		{"[AUTHORIZATIONFAILED] not yours", false, 1},
		{"[EXPIRED] the password is too old", false, 1},
		{"[UNAVAILABLE] the database is down", false, 0},
		{"[AUTHENTICATIONFAILED] too many login attempts", false, 0},
		{"[THROTTLED] slow down", true, 0},
		{"[INUSE] somebody else is here", true, 0},
		{"LOGIN failed.", true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			b.seed.Own = x.own
			after := 0
			s.instead(func(c *client, tag, line string) bool {
				if !strings.HasPrefix(line, "LOGIN") {
					return false
				}
				c.say("%s NO %s", tag, x.answer)
				return true
			})
			w := begin(t, b, s, b.awaiting())
			for range 300 {
				time.Sleep(time.Second)
				if f := b.run().Faults; after == 0 && len(f) > 0 && f[0].Final {
					after = s.asked("LOGIN")
				}
			}
			w.cancel()
			<-w.done
			if after != x.after {
				t.Errorf("own %t, %s: refused for good after %d sign-ins, want %d", x.own, x.answer, after,
					x.after)
			}
			if n := len(b.run().Faults); n != 1 {
				t.Errorf("own %t, %s: %d faults, want one", x.own, x.answer, n)
			}
		})
	}
}
