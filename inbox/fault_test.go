package inbox

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// A server that lets us in and says BYE after that is asked ever less often, also one of ours, and
// the message is found when it behaves again.
func TestWatchWaitsLongerForServersThatSayBYEAtOnce(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(time.Second)
		before := w.asked("LOGIN")
		w.instead(func(c *client, _, line string) bool {
			if !strings.HasPrefix(line, "STATUS") {
				return false
			}
			c.say("* BYE not now")
			_ = c.Conn.Close()
			return true
		})
		time.Sleep(10 * time.Minute)
		if n := w.asked("LOGIN") - before; n > 140 || n < 60 {
			t.Errorf("%d sign-ins in ten minutes, want one in 5 s", n)
		}
		w.instead(nil)
		w.deliver("INBOX", w.header(0), "")
		begun := time.Now()
		w.ended()
		w.placed(0, seedtest.Inbox)
		if d := time.Since(begun); d > 6*time.Second {
			t.Errorf("found after %s", d)
		}
	})
}
