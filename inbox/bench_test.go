package inbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
)

// BenchmarkNotice measures from a message's delivery to its Sighting, at a seed of ours.
func BenchmarkNotice(b *testing.B) {
	for _, mailbox := range []string{"INBOX", "Spam"} {
		b.Run(mailbox, func(b *testing.B) {
			s, seen, changed := newServer(b), make(chan struct{}, 1), make(chan struct{}, 1)
			based, awaited := make(chan struct{}), make(chan seedtest.Awaited, 1)
			now := seedtest.PendingProbes{}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() {
				done <- New(Options{Dial: s.dial}).Watch(ctx, newBook(0).seed, seedtest.Awaiting{
					Pending: func() seedtest.PendingProbes {
						select {
						case a := <-awaited:
							now.Awaited = []seedtest.Awaited{a}
						default:
						}
						return now
					},
					Changed: changed, Now: time.Now,
					Known: func(seedtest.Token) bool { return false },
					Record: func(_ context.Context, facts ...seedtest.FactBody) error {
						switch facts[0].(type) {
						case seedtest.Baseline:
							close(based)
						case seedtest.Sighting:
							now.Awaited = nil
							seen <- struct{}{}
						}
						return nil
					},
				})
			}()
			<-based
			for b.Loop() {
				token := seedtest.MintToken(uuid.New(), []byte("key"))
				s.deliver(mailbox, fmt.Sprintf("Message-ID: <%s@x>\r\n\r\n", token), "")
				awaited <- seedtest.Awaited{Token: token, Expected: time.Now()}
				changed <- struct{}{}
				<-seen
			}
			cancel()
			<-done
		})
	}
}

func BenchmarkReadFields(b *testing.B) {
	raw := []byte(newBook(1).header(0))
	for range 40 {
		raw = append([]byte("X-Spam-Report: a\r\n\tb\r\n\tc\r\n"), raw...)
	}
	for b.Loop() {
		readFields(raw)
	}
}
