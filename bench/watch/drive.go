package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	few    = 100              // seeds
	many   = 1000             // seeds
	settle = 11 * time.Second // before memory is read: seedtest gives back what is idle each 10 s
	rest   = 10 * time.Second // while nothing is awaited
	last   = 30 * time.Second // how long the last messages may take to be noticed
)

// trial is one watcher that is put to work.
type trial struct {
	label   string // in the table
	watcher string
	users   int
	reached int  // so many of them get messages; 0: all
	rounds  int  // messages to each of these
	told    bool // seedtest is told of the acceptance only, not before
	idle    bool
	follow  bool
	relay   *relay // between the watcher and Dovecot; nil: none
}

// outcome is what a trial brought.
type outcome struct {
	trial
	late    []time.Duration // from the 250 to the sighting, rising
	every   time.Duration   // from one delivery to the next, on average of the slowest round
	missed  int
	opening time.Duration
	memory  float64       // KiB a watched user, above what the process had before, at most at rest
	busy    float64       // the same when the messages have come
	rest    time.Duration // of the processor, a second, while nothing is awaited
	cpu     time.Duration // the same while messages came
}

// trials are all that are made, in their order.
func trials(s settings) []trial {
	var all []trial
	for _, users := range []int{few, min(many, s.Seeds)} {
		for _, watcher := range []string{"seedtest", "goimap", "imapflow"} {
			all = append(all, trial{label: watcher, watcher: watcher, users: users,
				rounds: max(1, 300/users)})
		}
	}
	for _, watcher := range []string{"seedtest", "goimap", "imapflow"} {
		all = append(all, trial{label: watcher + ", on the wire", watcher: watcher, users: 20,
			rounds: 3, told: true, relay: &relay{}})
	}
	return append(all,
		trial{label: "seedtest, told at 250", watcher: "seedtest", users: few, rounds: 3, told: true},
		trial{label: "seedtest, IDLE alone", watcher: "seedtest", users: few, rounds: 3, idle: true},
		trial{label: "seedtest, mute IDLE", watcher: "seedtest", users: few, rounds: 3,
			relay: &relay{mute: true}},
		trial{label: "seedtest, following", watcher: "seedtest", users: min(many, s.Seeds),
			reached: few, rounds: 1, follow: true},
		trial{label: "seedtest, held", watcher: "seedtest", users: s.Seeds, reached: few, rounds: 1})
}

// drive makes all trials and prints the tables.
func drive(s settings) error {
	var all []outcome
	for _, t := range trials(s) {
		if !strings.HasPrefix(fmt.Sprint(t.label, " ", t.users), s.Only) {
			continue
		}
		o := outcome{trial: t}
		if err := o.measure(s); err != nil {
			return fmt.Errorf("%s, %d users: %w", o.label, o.users, err)
		}
		o.print(len(all) == 0)
		all = append(all, o)
	}
	return judge(s, all)
}

// measure has the watcher watch, delivers, and waits until all is seen.
func (o *outcome) measure(s settings) error {
	s.Users, s.Idle, s.Follow = o.users, o.idle, o.follow
	if o.relay != nil {
		addr, stop, err := o.relay.listen(s)
		if err != nil {
			return err
		}
		defer stop()
		s.Imaps = addr
	}
	c, opening, err := start(s, o.watcher)
	if c != nil {
		defer c.stop()
	}
	if err != nil {
		return err
	}
	o.opening = opening
	time.Sleep(settle)
	before, err := c.memory(o.users)
	o.rest = c.load(func() { time.Sleep(rest) })
	after, err2 := c.memory(o.users)
	o.memory = max(before, after)
	o.cpu = c.load(func() {
		for range o.rounds {
			err = errors.Join(err, o.round(s, c))
		}
	})
	slices.Sort(o.late)
	var err3 error
	o.busy, err3 = c.memory(o.users)
	return errors.Join(err, err2, err3)
}

// load is how much processor time the watcher uses a second while something is done.
func (c *child) load(do func()) time.Duration {
	begun, used := time.Now(), c.busy()
	do()
	return time.Duration(float64(c.busy()-used) / time.Since(begun).Seconds())
}

// round delivers one message to every user that is reached.
func (o *outcome) round(s settings, c *child) error {
	reached := o.reached
	if reached == 0 {
		reached = o.users
	}
	notices := make([]notice, reached)
	await := func(i int) {
		n := notices[i]
		_, _ = fmt.Fprintf(c.in, "await %d %s %d\n", n.user, n.token, time.Now().UnixMicro())
	}
	for i := range notices {
		notices[i] = notice{user: s.First + i, token: mint()}
		if !o.told {
			await(i)
		}
	}
	accepted, err := deliver(s.LMTP, s.Rate, notices, func(i int) {
		if o.told {
			await(i)
		}
	})
	if err != nil {
		return err
	}
	at := map[string]time.Time{}
	for i, n := range notices {
		at[n.token] = accepted[i]
	}
	slices.SortFunc(accepted, time.Time.Compare)
	span := accepted[len(accepted)-1].Sub(accepted[0])
	o.every = max(o.every, span/time.Duration(max(1, len(accepted)-1)))
	for limit := time.After(last); len(at) > 0; {
		select {
		case seen := <-c.seen:
			if t, ok := at[seen.token]; ok {
				o.late = append(o.late, max(0, seen.at.Sub(t)))
				delete(at, seen.token)
			}
		case <-limit:
			o.missed += len(at)
			return nil
		}
	}
	return nil
}
