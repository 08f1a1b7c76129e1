package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	settle = 5 * time.Second  // before memory is read
	last   = 30 * time.Second // how long the last messages may take to be noticed
)

// trial is one watcher that is put to work.
type trial struct {
	label   string // in the table
	watcher string
	users   int
	rounds  int  // messages a user
	told    bool // seedtest is told of the acceptance only, not before
	idle    bool
	mute    bool
}

// outcome is what a trial brought.
type outcome struct {
	trial
	late    []time.Duration // from the 250 to the sighting, rising
	missed  int
	opening time.Duration
	memory  float64       // KiB a watched user, above what the process had before
	cpu     time.Duration // of the watcher, a second, while messages came
}

// drive runs all trials and prints the tables.
func drive(s settings) error {
	var all []outcome
	for _, users := range []int{100, min(1000, s.Seeds)} {
		for _, watcher := range []string{"seedtest", "goimap", "imapflow"} {
			all = append(all, outcome{trial: trial{label: watcher, watcher: watcher, users: users,
				rounds: max(1, 300/users)}})
		}
	}
	all = append(all,
		outcome{trial: trial{label: "seedtest, told at 250", watcher: "seedtest", users: 100,
			rounds: 3, told: true}},
		outcome{trial: trial{label: "seedtest, IDLE alone", watcher: "seedtest", users: 100,
			rounds: 3, idle: true}},
		outcome{trial: trial{label: "seedtest, mute IDLE", watcher: "seedtest", users: 100,
			rounds: 3, mute: true}},
		outcome{trial: trial{label: "seedtest, held", watcher: "seedtest", users: s.Seeds}})
	for i := range all {
		if !strings.HasPrefix(all[i].label, s.Only) {
			continue
		}
		if err := all[i].measure(s); err != nil {
			return fmt.Errorf("%s, %d users: %w", all[i].label, all[i].users, err)
		}
		all[i].print()
	}
	return judge(all)
}

// measure starts the watcher, delivers, and waits until all is seen.
func (o *outcome) measure(s settings) error {
	s.Users, s.Idle = o.users, o.idle
	if o.mute {
		s.Imaps = s.Mute
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
	begun, used := time.Now(), c.busy()
	if o.rounds == 0 {
		time.Sleep(settle)
	}
	for range o.rounds {
		if err := o.round(s, c); err != nil {
			return err
		}
	}
	o.cpu = time.Duration(float64(c.busy()-used) / time.Since(begun).Seconds())
	slices.Sort(o.late)
	return nil
}

// round delivers one message to every user.
func (o *outcome) round(s settings, c *child) error {
	notices := make([]notice, o.users)
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
