package harness

import (
	"context"
	"testing"
	"time"

	"seedtest"
)

// twice is a Watcher that sees a message before its sender has the answer, and whose server is slow
// to show a copy.
type twice struct {
	first seedtest.Role
	after time.Duration // until INBOX is shown
}

func (x twice) Watch(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting) error {
	if err := a.Record(ctx, seedtest.Baseline{Seed: s.Name}); err != nil {
		return err
	}
	for a.Pending().Awaited[0].Expected.IsZero() {
		<-a.Changed // the content has not left
	}
	seen := seedtest.Sighting{Seed: s.Name, Token: a.Pending().Awaited[0].Token, Mailbox: "Some",
		Role: x.first, UID: 1}
	if err := a.Record(ctx, seen); err != nil {
		return err
	}
	select {
	case <-time.After(x.after):
	case <-ctx.Done():
		return ctx.Err()
	}
	seen.Mailbox, seen.Role = "INBOX", seedtest.RoleInbox
	return a.Record(ctx, seen)
}

// late is a Sender whose answer comes when the message has been seen.
type late struct{ Sender }

func (l late) Send(ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	answer := l.Sender.Send(ctx, m, commit)
	time.Sleep(time.Second)
	return answer
}

// A watch that saw mail outside INBOX has the time for its last look there, however slow the server
// is. Another, that has nothing left to do, has not.
func TestRule10LeavesTimeForTheLastLook(t *testing.T) {
	for _, x := range []struct {
		twice
		want   seedtest.Placement
		within time.Duration
	}{
		{twice{seedtest.RoleJunk, 30 * time.Second}, seedtest.Inbox, time.Minute},
		{twice{seedtest.RoleJunk, time.Hour}, seedtest.Junk, 2 * time.Minute},
		{twice{seedtest.RoleInbox, time.Hour}, seedtest.Inbox, 5 * time.Second},
	} {
		try(t, string(x.first)+x.after.String(), func(t *testing.T, w *world) {
			w.parts.Watcher, w.postman.box = x.twice, nil
			w.parts.Senders["old"] = late{w.postman}
			begun := time.Now()
			must(t, w.run(t.Context(), UntilTerminal))
			w.expect(t, x.want)
			if took := time.Since(begun); took > x.within {
				t.Errorf("it took %s, want at most %s", took, x.within)
			}
		})
	}
}
