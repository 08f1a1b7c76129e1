package inbox

import (
	"context"
	"slices"
	"strings"
	"time"
)

// NOTIFY (RFC 5465) has the server tell of several mailboxes at once. Dovecot does so only while
// IDLE runs, and there half a second late. It is ended after each wait, so that what it tells
// cannot be taken for the answer to a STATUS of ours.

// notify waits for a push of one of the mailboxes, for changed or for the timer, whichever comes
// first. No mailbox is opened. news is true if the server told something, or if a mailbox holds
// other than known. The error is a refusal, or a trouble.
func (s *session) notify(ctx context.Context, known []boxStatus, wait time.Duration,
	changed <-chan struct{}) (news bool, err error) {
	answers, err := s.do(ctx, s.raw(notifySet(known)))
	if err != nil {
		return false, err
	}
	worth := func(a *answer) bool { return anyMoved(known, a.statuses) }
	if news = worth(answers[0]); !news {
		news, err = s.push(ctx, min(wait, s.idleFor()), changed, worth)
	}
	return news, s.after(ctx, err, s.raw("NOTIFY NONE"))
}

// anyMoved reports whether a status tells other than what is known. Dovecot also tells what is not
// new, soon after IDLE has begun.
func anyMoved(known, told []boxStatus) bool {
	return slices.ContainsFunc(told, func(t boxStatus) bool {
		return slices.ContainsFunc(known, func(k boxStatus) bool {
			return k.mailbox == t.mailbox && moved(k, t)
		})
	})
}

// moved reports whether a mailbox has changed from one status to the next.
func moved(before, now boxStatus) bool {
	return now.messages != before.messages || now.uidNext != 0 && now.uidNext != before.uidNext
}

// notifySet asks for the status of mailboxes now, and whenever mail comes or goes.
func notifySet(boxes []boxStatus) string {
	names := make([]string, len(boxes))
	for i, b := range boxes {
		names[i] = quoted(b.mailbox)
	}
	return "NOTIFY SET STATUS (MAILBOXES (" + strings.Join(names, " ") +
		") (MessageNew MessageExpunge))"
}

// sayable reports whether a mailbox name is written the same in every encoding, so that it can
// stand in a command that the library does not write.
func sayable(name string) bool { return isASCII(name) && !strings.ContainsAny(name, "&\r\n\x00") }

func quoted(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// raw sends a command that the library does not know: the wire puts it in the place of a NOOP.
func (s *session) raw(line string) func() func() error {
	return func() func() error {
		s.wire.replaceNoop(line)
		return s.client.Noop().Wait
	}
}

// replaceNoop has the next NOOP go out as another command.
func (w *wire) replaceNoop(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instead = line
}
