package lab

import (
	"testing"
	"testing/synctest"
	"time"
)

// heardAfter returns what comes next, and how long it took.
func (c *talker) heardAfter() (string, time.Duration) {
	begun := time.Now()
	return c.line(), time.Since(begun)
}

func TestIMAPAutologout(t *testing.T) {
	for _, test := range []struct {
		name string
		wait time.Duration
		do   func(*imapWorld) *talker
	}{
		{"before sign-in", imapLoginTime, (*imapWorld).talk},
		{"signed in", imapIdleTime, (*imapWorld).signIn},
		{"in IDLE", imapIdleTime, func(w *imapWorld) *talker {
			c := w.signIn()
			c.play("C: a1 IDLE\nS: + idling")
			return c
		}},
		{"amid a literal", imapPatience, func(w *imapWorld) *talker {
			c := w.signIn()
			c.play("C: a1 APPEND INBOX {5}\nS: + Ready for literal data")
			return c
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				style := silentLike // which says nothing by itself
				w := startIMAP(t, style, false)
				c := test.do(w)
				line, took := c.heardAfter()
				if line != "* BYE Idle for too long, good bye." || took != test.wait {
					t.Errorf("after %v: %q, want BYE after %v", took, line, test.wait)
				}
				if line := c.line(); line != "(closed)" {
					t.Errorf("after BYE: %q, want the end", line)
				}
				w.close()
			})
		})
	}
}

func TestIMAPKeepalive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, strictLike, false)
		c := w.signIn()
		c.ask("EXAMINE INBOX")
		c.play("C: a1 IDLE\nS: + idling")
		for range 3 {
			line, took := c.heardAfter()
			if line != "* OK Still here" || took != 2*time.Minute {
				t.Errorf("after %v: %q, want OK Still here after 2m", took, line)
			}
		}
		w.deliver("INBOX", "", letterOne)
		if line, took := c.heardAfter(); line != "* 1 EXISTS" || took != 0 {
			t.Errorf("after %v: %q, want * 1 EXISTS at once", took, line)
		}
		c.play("C: DONE\nS: a1 OK IDLE terminated\nC: a2 IDLE\nS: + idling\nC: what\n" +
			"S: a2 BAD Expected DONE")
		w.close()
	})
}

// Close ends sessions in whatever they are, and waits for them.
func TestIMAPCloseInIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, strictLike, true)
		for range 3 {
			conn := tlsClient(w, w.dial())
			c := &talker{t, conn, newReader(conn)}
			c.line()
			c.ask("LOGIN a@example.org %q", "open sesame")
			c.play("C: a1 IDLE\nS: + idling")
		}
		w.dial() // never says a word: the handshake waits
		synctest.Wait()
		begun := time.Now()
		w.close()
		if took := time.Since(begun); took != 0 {
			t.Errorf("Close took %v", took)
		}
	})
}

// From the arrival of a message to the line that tells it, and back in IDLE.
func BenchmarkIMAPPush(b *testing.B) {
	w := serve(b, gmailLike, false)
	c := w.signIn()
	c.ask("EXAMINE INBOX")
	c.play("C: a1 IDLE\nS: + idling")
	for b.Loop() {
		uid := w.deliver("INBOX", "", letterOne)
		c.line()
		w.a.remove("INBOX", uid)
		c.line()
	}
}
