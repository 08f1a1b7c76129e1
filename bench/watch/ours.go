package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"seedtest"
	"seedtest/inbox"
)

// secret is the password of all users.
type secret string

// Secret implements seedtest.SecretSource.
func (s secret) Secret(context.Context) (seedtest.Secret, error) { return seedtest.Secret(s), nil }

// account is what one seed awaits, as the harness would say it.
type account struct {
	mu       sync.Mutex
	followed []seedtest.Awaited // seen by an earlier process
	pending  []seedtest.Awaited
	changed  chan struct{}
	ready    chan<- error
	based    bool
}

// watchOurs watches with the Watcher that the harness uses, at its own pace.
func watchOurs(ctx context.Context, s settings) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	password, err := s.secret()
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(s.CA)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(s.Imaps)
	if err != nil {
		return err
	}
	seed := seedtest.Seed{Own: true, CA: ca, Login: seedtest.Login{Password: secret(password)},
		Server: seedtest.Endpoint{Host: host, TLS: seedtest.TLSImplicit}}
	if seed.Server.Port, err = strconv.Atoi(port); err != nil {
		return err
	}
	defer inbox.Thrifty(s.Users)() // as a run does
	options := inbox.Options{}
	if s.Idle {
		never := []time.Duration{time.Hour}
		options.Own = inbox.Pace{Looks: never, LookEvery: time.Hour, Sweeps: never,
			SweepEvery: time.Hour}
	}
	say("started")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	ready, watcher := make(chan error, 2*s.Users), inbox.New(options)
	accounts := make([]*account, s.Users)
	var watches sync.WaitGroup
	for i := range accounts {
		a := &account{changed: make(chan struct{}, 1), ready: ready}
		if s.Follow {
			a.followed = []seedtest.Awaited{{Token: seedtest.Token(mint()), Expected: time.Now(),
				Seen: true}}
		}
		accounts[i] = a
		seed := seed
		seed.Name = user(s.First + i)
		seed.Address, seed.Login.Username = seed.Name, seed.Name
		watches.Go(func() {
			if err := watcher.Watch(ctx, seed, a.awaiting()); err != nil && ctx.Err() == nil {
				ready <- err
			}
		})
	}
	err = opened(in, ready, len(accounts), func(n notice) { accounts[n.user-s.First].await(n) })
	cancel()
	watches.Wait()
	return err
}

func (a *account) awaiting() seedtest.Awaiting {
	return seedtest.Awaiting{
		Pending: a.now, Changed: a.changed, Now: time.Now, Record: a.record,
		Known: func(seedtest.Token) bool { return false },
	}
}

// now is what is awaited: before the first message one that nobody has accepted yet.
func (a *account) now() seedtest.PendingProbes {
	a.mu.Lock()
	defer a.mu.Unlock()
	return seedtest.PendingProbes{Awaited: slices.Concat(a.followed, a.pending)}
}

func (a *account) await(n notice) {
	a.mu.Lock()
	a.pending = append(a.pending, seedtest.Awaited{Token: seedtest.Token(n.token), Expected: n.at})
	a.mu.Unlock()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// record says what was seen. What was is not sought any more, as in a run that waits for verdicts.
func (a *account) record(_ context.Context, facts ...seedtest.FactBody) error {
	for _, f := range facts {
		switch f := f.(type) {
		case seedtest.Baseline:
			if !a.based {
				a.based = true
				a.ready <- nil
			}
		case seedtest.Fault:
			fmt.Fprintln(os.Stderr, "fault:", f.Seed, f.Kind, f.What)
		case seedtest.Sighting:
			say("seen %s %d", f.Token, time.Now().UnixMicro())
			a.found(f.Token)
		}
	}
	return nil
}

func (a *account) found(token seedtest.Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range a.pending {
		if p.Token == token {
			a.pending = append(a.pending[:i:i], a.pending[i+1:]...)
			return
		}
	}
}
