package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/diagnose"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/sender"
	"seedtest/store"
)

var identity = seedtest.Identity{Name: "main", From: "Ops <ops@example.org>",
	EnvelopeFrom: "ops@example.org"}

func (s settings) route() seedtest.Route {
	return seedtest.Route{Name: "one", Type: seedtest.RouteSMTP, HELO: "mail.example.org",
		Server: seedtest.Endpoint{Host: s.Host, Port: s.Port, TLS: seedtest.TLSNone}, Sender: identity}
}

// message is one whose text fills so many octets, in lines as people write them.
func (s settings) message() seedtest.Message {
	line := strings.Repeat("0123456789 ", 6) + "01234\n"
	return seedtest.Message{Name: "notice", Subject: "Your weekly notice",
		Text: strings.Repeat(line, s.Length/len(line))}
}

func (s settings) client() *sender.Client {
	return sender.New(s.route(), sender.Options{MaxConns: s.Conns})
}

// mint makes tags as the program does.
func mint() (seedtest.Token, error) {
	return harness.Minter{ID: uuid.NewV7, Key: []byte("of this benchmark")}.Token()
}

// alone composes and sends by as many goroutines as there are connections.
func alone(s settings) error {
	defer inbox.Thrifty(1)() // as a run does
	client, message, composer := s.client(), s.message(), &sender.Composer{}
	var left atomic.Int64
	left.Store(int64(s.Messages))
	var all sync.WaitGroup
	failures := make(chan error, s.Conns)
	for range s.Conns {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := one(client, composer, message); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failures)
	return errors.Join(<-failures, client.Close())
}

func one(client *sender.Client, composer *sender.Composer, message seedtest.Message) error {
	token, err := mint()
	if err != nil {
		return err
	}
	m, err := composer.Compose(sender.Draft{Message: message, From: identity, Token: token,
		To: []string{"anna@example.net"}, Date: time.Now()})
	if err != nil {
		return err
	}
	sub := client.Send(context.Background(), m, func(context.Context) error { return nil })
	if sub.Outcome != seedtest.OutcomeAccepted {
		return fmt.Errorf("%s at %s: %s %v", sub.Outcome, sub.Stage, sub.Error, sub.Reply)
	}
	return nil
}

// perSeed is how many messages of the run go to one seed.
const perSeed = 20

// whole sends by a run: planned, each attempt durable before it leaves, each outcome stored.
func whole(s settings) error {
	ctx := context.Background()
	kept, err := store.Open(ctx, filepath.Join(s.Store, uuid.NewString()+".db"))
	if err != nil {
		return err
	}
	request := harness.Request{Run: "abcdefghijklmnopqrstuvwxyz", Routes: []seedtest.Route{s.route()},
		Suite: seedtest.Suite{Name: "speed", Deadline: time.Hour, Missing: time.Hour, Follow: time.Hour,
			BaselineTimeout: time.Minute}}
	for i := range perSeed {
		m := s.message()
		m.Name = fmt.Sprint("notice-", i)
		request.Messages = append(request.Messages, m)
	}
	for i := range s.Messages / perSeed {
		request.Seeds = append(request.Seeds, seedtest.Seed{Name: fmt.Sprint("seed-", i),
			Address: fmt.Sprintf("u%d@example.net", i), Own: true})
	}
	opened, planned, err := harness.Plan(request, harness.Minter{ID: uuid.NewV7, Key: kept.Key(),
		MessageID: sender.MessageID}, time.Now())
	if err != nil {
		return err
	}
	client, composer := s.client(), &sender.Composer{}
	var accepted atomic.Int64
	err = harness.Run(ctx, harness.Parts{Log: kept, Senders: map[string]harness.Sender{"one": client},
		Watcher: ready{}, Conns: s.Conns, Now: time.Now, Breaker: diagnose.Breaker,
		Compose: func(o seedtest.Opened, d seedtest.Planned) (seedtest.Composed, error) {
			draft := sender.Draft{From: identity, Token: d.Token, MessageID: d.MessageID, Date: d.Date}
			for _, m := range o.Messages {
				if m.Name == d.Message {
					draft.Message = m
				}
			}
			for _, x := range o.Seeds {
				if x.Name == d.Probes[0].Seed {
					draft.To = []string{x.Address}
				}
			}
			return composer.Compose(draft)
		},
		Observe: func(f seedtest.Fact) {
			if sub, ok := f.Body.(seedtest.Submission); ok && sub.Outcome == seedtest.OutcomeAccepted {
				accepted.Add(1)
			}
		}}, opened, planned, harness.UntilSent)
	err = errors.Join(err, client.Close(), kept.Close())
	if n := accepted.Load(); err == nil && n != int64(len(planned)) {
		return fmt.Errorf("%d of %d messages were accepted", n, len(planned))
	}
	return err
}

// ready is a watcher of seeds at which nothing is to be seen.
type ready struct{}

// Watch implements harness.Watcher.
func (ready) Watch(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting) error {
	err := a.Record(ctx, seedtest.Baseline{Seed: s.Name, Mailboxes: []seedtest.Mark{
		{Mailbox: "INBOX", UIDValidity: 1, UIDNext: 1}}})
	if err == nil {
		<-ctx.Done()
		err = ctx.Err()
	}
	return err
}
