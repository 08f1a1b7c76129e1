package sender_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// TestRule05CommitComesBeforeTheLastOctets looks at what the server has when commit is called: all
// of the content but its end, and nothing of that end when commit fails.
func TestRule05CommitComesBeforeTheLastOctets(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var calls int
			s := &script{t: t}
			m := composed(t)
			text := strings.TrimSuffix(string(m.Data), "\r\n")
			got := s.client(s.route(), sender.Options{}).Send(t.Context(), m,
				func(context.Context) error {
					calls++
					synctest.Wait() // until the server has read all that there is
					if had := s.received(); had != text {
						t.Errorf("at commit the server had %q, want %q", had, text)
					}
					if fails {
						return errDisk
					}
					return nil
				})
			synctest.Wait()
			if calls != 1 {
				t.Errorf("commit was called %d times", calls)
			}
			if fails {
				wantUnsent(t, got, "could not be recorded, so nothing was sent: disk full")
				if had := s.received(); had != text {
					t.Errorf("after commit failed the server got %q more", had[len(text):])
				}
				return
			}
			if got.Outcome != seedtest.OutcomeAccepted || got.QueueID != "4XyZ" {
				t.Errorf("Send: %s, queue id %q (%s)", got.Outcome, got.QueueID, got.Error)
			}
			if want := text + "\r\n.\r\n"; s.received() != want {
				t.Errorf("the server got %q, want %q", s.received(), want)
			}
		})
	}
}

func wantUnsent(t *testing.T, got seedtest.Submission, why string) {
	t.Helper()
	if got.Outcome != seedtest.OutcomeUnsent || !strings.Contains(got.Error, why) {
		t.Errorf("Send: %s (%s), want unsent with %q", got.Outcome, got.Error, why)
	}
}

// TestRule05NoCommitBeforeTheContentWasTaken: a refusal, or a loss before that, makes no attempt.
func TestRule05NoCommitBeforeTheContentWasTaken(t *testing.T) {
	for at, answer := range map[string]string{
		"": "554 no", "EHLO": "550 no", "MAIL": "550 no", "RCPT": "550 no", "DATA": "554 no",
		"body": hangUp,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, answers: map[string]string{at: answer}}
			s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t),
				func(context.Context) error {
					t.Errorf("%q at %q: commit was called", answer, at)
					return nil
				})
		})
	}
}

// TestRule05CancelledDuringCommit: what is cancelled while the attempt becomes durable stays.
func TestRule05CancelledDuringCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{t: t}
		got := s.client(s.route(), sender.Options{}).Send(ctx, composed(t),
			func(context.Context) error {
				cancel()
				return nil
			})
		synctest.Wait()
		wantUnsent(t, got, "cancelled before the last octets left")
		if had := s.received(); strings.HasSuffix(had, "\r\n.\r\n") {
			t.Errorf("the server got the end of the content: %q", had)
		}
	})
}

// TestRule05LostBeforeTheLastOctets: a connection that ends while the attempt becomes durable takes
// none of them, so no server can have the message, and there is no doubt.
func TestRule05LostBeforeTheLastOctets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t),
			func(context.Context) error {
				s.hangUpAll()
				return nil
			})
		if got.Outcome != failed || got.Stage != seedtest.StageFinal ||
			!strings.Contains(got.Error, "before the last octets could leave") {
			t.Errorf("Send: %s at %s (%s), want failed", got.Outcome, got.Stage, got.Error)
		}
	})
}

// TestRule05GraceReadsTheAnswer: a context that ends after the commit point leaves time for an
// answer, because a doubt is more expensive than a moment.
func TestRule05GraceReadsTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &script{t: t, delay: map[string]time.Duration{".": 5 * time.Second}}
		got := s.client(s.route(), sender.Options{}).Send(ctx, composed(t), committed)
		if got.Outcome != seedtest.OutcomeAccepted {
			t.Errorf("Send: %s (%s), want accepted", got.Outcome, got.Error)
		}
	})
}

// TestRule05RefusedBeforeTheEnd: a server that refuses in the middle of content is heard.
func TestRule05RefusedBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, answers: map[string]string{"body": "552 5.3.4 too big"}}
		m := composed(t)
		m.Data = append(m.Data, strings.Repeat("more and more\r\n", 1000)...)
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, notCommitted)
		if got.Outcome != seedtest.OutcomeRefused || got.Stage != seedtest.StageBody ||
			got.Reply == nil || got.Reply.Enhanced != "5.3.4" {
			t.Errorf("Send: %s at %s, %v (%s)", got.Outcome, got.Stage, got.Reply, got.Error)
		}
	})
}

// TestSendDoublesDots shows content as a server sees it (RFC 5321 section 4.5.2).
func TestSendDoublesDots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		m := composed(t)
		m.Data = []byte(".a\r\n\r\n.\r\n..b\r\n")
		s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
		if want := "..a\r\n\r\n..\r\n...b\r\n.\r\n"; s.received() != want {
			t.Errorf("the server got %q, want %q", s.received(), want)
		}
	})
}

// TestSendRefusesWhatCouldBeReadInAnotherWay never connects.
func TestSendRefusesWhatCouldBeReadInAnotherWay(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*seedtest.Composed)
		why    string
	}{
		"first LF":  {func(m *seedtest.Composed) { m.Data = []byte("\na\r\n") }, "at octet 0"},
		"two LF":    {func(m *seedtest.Composed) { m.Data = []byte("a\r\n\n\r\n") }, "at octet 3"},
		"two CR":    {func(m *seedtest.Composed) { m.Data = []byte("a\r\nb\r\r\n") }, "at octet 4"},
		"CR, LF":    {func(m *seedtest.Composed) { m.Data = []byte("a\rb\nc\r\n") }, "at octet 1"},
		"bare LF":   {func(m *seedtest.Composed) { m.Data = []byte("a\nb\r\n") }, "bare CR or LF"},
		"bare CR":   {func(m *seedtest.Composed) { m.Data = []byte("a\rb\r\n") }, "bare CR or LF"},
		"smuggling": {func(m *seedtest.Composed) { m.Data = []byte("a\n.\r\nb\r\n") }, "bare"},
		"open end":  {func(m *seedtest.Composed) { m.Data = []byte("a") }, "no CRLF"},
		"no end":    {func(m *seedtest.Composed) { m.Data = []byte("a\r") }, "no CRLF"},
		"nobody":    {func(m *seedtest.Composed) { m.To = nil }, "no recipient"},
		"command in the recipient": {
			func(m *seedtest.Composed) { m.To = []string{"a@b.example>\r\nDATA"} }, "to:"},
		"parameter in the sender": {
			func(m *seedtest.Composed) { m.EnvelopeFrom = "a@b.example> SIZE=1" }, "from:"},
	} {
		s := &script{t: t}
		m := composed(t)
		c.change(&m)
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
		if wantUnsent(t, got, c.why); s.conns != 0 {
			t.Errorf("%s: connected", name)
		}
	}
}

// TestMailParameters shows what is said at MAIL and RCPT for what a server offers.
func TestMailParameters(t *testing.T) {
	for offered, want := range map[string]string{
		"HELP":      "MAIL FROM:<ops@example.org>",
		"SIZE 9000": "MAIL FROM:<ops@example.org> SIZE=N",
		"8BITMIME":  "MAIL FROM:<ops@example.org> BODY=8BITMIME",
		"dsn":       "MAIL FROM:<ops@example.org> ENVID=" + string(token),
		"SMTPUTF8":  "MAIL FROM:<ops@example.org>",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, answers: map[string]string{"EHLO": "250-mx\r\n250 " + offered}}
			m := composed(t)
			s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
			mail := strings.ReplaceAll(s.said()[1], "SIZE="+strconv.Itoa(len(m.Data)), "SIZE=N")
			if mail != want || s.said()[2] != "RCPT TO:<anna@example.net>" {
				t.Errorf("offered %q: said %q and %q, want %q", offered, mail, s.said()[2], want)
			}
		})
	}
}
