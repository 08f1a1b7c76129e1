package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	few    = 100              // seeds
	many   = 1000             // seeds
	settle = 5 * time.Second  // before memory is read
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
	relay   *relay // between the watcher and Dovecot; nil: none
}

// outcome is what a trial brought.
type outcome struct {
	trial
	late    []time.Duration // from the 250 to the sighting, rising
	missed  int
	opening time.Duration
	memory  float64       // KiB a watched user, above what the process had before
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
	return judge(all)
}

// measure has the watcher watch, delivers, and waits until all is seen.
func (o *outcome) measure(s settings) error {
	s.Users, s.Idle = o.users, o.idle
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
	now, err := c.resident()
	if err != nil {
		return err
	}
	o.memory = float64(now-c.base) / float64(o.users)
	o.rest = c.load(func() { time.Sleep(settle) })
	o.cpu = c.load(func() {
		for range o.rounds {
			if err == nil {
				err = o.round(s, c)
			}
		}
	})
	slices.Sort(o.late)
	return err
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
