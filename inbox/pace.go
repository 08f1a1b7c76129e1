package inbox

import (
	"slices"
	"time"

	"seedtest"
)

// Pace says when to look while a message is awaited. Times count from the moment from which the
// message is expected.
type Pace struct {
	Looks      []time.Duration // at INBOX, junk and mailboxes that count as inbox; rising
	LookEvery  time.Duration   // after the last of Looks
	Sweeps     []time.Duration // at every other mailbox; rising
	SweepEvery time.Duration   // after the last of Sweeps
	Follow     time.Duration   // between looks when nothing is sought and sighted ones are followed
	RetryMin   time.Duration   // wait before the second connection; doubles up to RetryMax
	RetryMax   time.Duration
	LoginEvery time.Duration // least time between two sign-ins
	Commands   int           // after so many commands looks are few; 0: no budget
	Calm       time.Duration // least time between looks, and sweeps, when they are to be few

	// From when on looks that are regular are counted; zero: from the one before, or from the moment
	// from which the message is expected. Runs of all processes that cron starts would look at once.
	origin time.Time
}

// ownPace is for servers of ours: at once, then at gaps of a quarter of the time that has passed,
// between 5 and 80 ms. Asking is quicker than any push (Dovecot's comes half a second late). A
// server that this makes busy is asked less (turns.go). After half a minute a message is late, and
// the gaps are a 30th of the time that has passed, up to 10 s; where there is time the server's
// push is waited for.
func ownPace() Pace {
	looks := []time.Duration{0}
	for at := time.Duration(0); at < 30*time.Second; {
		at += min(max(at/4, 5*time.Millisecond), 80*time.Millisecond)
		looks = append(looks, at)
	}
	for at := 30 * time.Second; at < 5*time.Minute; {
		at += at / 30
		looks = append(looks, at)
	}
	return Pace{
		Looks: looks, LookEvery: 10 * time.Second,
		Sweeps: []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second,
			5 * time.Second},
		SweepEvery: 10 * time.Second,
		Follow:     10 * time.Second,
		RetryMin:   200 * time.Millisecond, RetryMax: 5 * time.Second,
	}
}

// gentlePace is for providers of others (rule 23): 5, 15, 30, 60 s, each minute to 15 min, then
// each 5 min. IDLE on INBOX runs between the looks.
func gentlePace() Pace {
	looks := []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second}
	for at := time.Minute; at <= 15*time.Minute; at += time.Minute {
		looks = append(looks, at)
	}
	return Pace{
		Looks: looks, LookEvery: 5 * time.Minute,
		Sweeps: []time.Duration{2 * time.Minute, 10 * time.Minute}, SweepEvery: 15 * time.Minute,
		Follow:   5 * time.Minute,
		RetryMin: 5 * time.Second, RetryMax: 5 * time.Minute,
		LoginEvery: time.Minute,
		Commands:   1500,
		Calm:       5 * time.Minute,
	}
}

// forReports is a pace for an account to which nothing may ever come: a report takes a second or
// more, and a push tells of it.
func (p Pace) forReports() Pace {
	p.Looks = nil
	for at := 250 * time.Millisecond; at < time.Minute; at += max(at/4, 250*time.Millisecond) {
		p.Looks = append(p.Looks, at)
	}
	return p
}

// or fills what is zero from the default.
func (p Pace) or(d Pace) Pace {
	if len(p.Looks) == 0 {
		p.Looks = d.Looks
	}
	if len(p.Sweeps) == 0 {
		p.Sweeps = d.Sweeps
	}
	p.LookEvery = orDuration(p.LookEvery, d.LookEvery)
	p.SweepEvery = orDuration(p.SweepEvery, d.SweepEvery)
	p.Follow = orDuration(p.Follow, d.Follow)
	p.RetryMin = orDuration(p.RetryMin, d.RetryMin)
	p.RetryMax = orDuration(p.RetryMax, d.RetryMax)
	p.LoginEvery = orDuration(p.LoginEvery, d.LoginEvery)
	p.Calm = orDuration(p.Calm, d.Calm)
	if p.Commands == 0 {
		p.Commands = d.Commands
	}
	return p
}

// as is a pace that is what a user wants where that says something.
func (p Pace) as(wanted seedtest.Pace) Pace {
	return Pace{Looks: wanted.Looks, LookEvery: wanted.Every, Sweeps: wanted.Sweeps,
		SweepEvery: wanted.SweepEvery, Follow: wanted.Follow, Commands: wanted.Commands}.or(p)
}

// calmed is a pace without quick looks, for a server that asked for less or whose budget of
// commands is spent (rule 23).
func (p Pace) calmed() Pace {
	p.Looks, p.Sweeps = nil, nil
	p.LookEvery, p.SweepEvery = max(p.LookEvery, p.Calm), max(p.SweepEvery, p.Calm)
	p.Follow = max(p.Follow, p.Calm)
	return p
}

// after returns the first moment after last at which a look is due for something expected at
// from: one of the points, or a multiple of every beyond them.
func after(from, last time.Time, points []time.Duration, every time.Duration) time.Time {
	gone := last.Sub(from)
	i, _ := slices.BinarySearch(points, gone+1)
	if last.IsZero() {
		i = 0
	}
	if i < len(points) {
		return from.Add(points[i])
	}
	end := time.Duration(0)
	if n := len(points); n > 0 {
		end = points[n-1]
	}
	return from.Add(end + ((gone-end)/every+1)*every)
}

// nextLook returns when the main mailboxes are to be looked at, given the last look; the zero
// time if nothing is awaited or followed.
func (p Pace) nextLook(pending seedtest.PendingProbes, last time.Time) time.Time {
	return p.next(pending, last, p.Looks, p.LookEvery)
}

// nextSweep is nextLook for all other mailboxes.
func (p Pace) nextSweep(pending seedtest.PendingProbes, last time.Time) time.Time {
	return p.next(pending, last, p.Sweeps, p.SweepEvery)
}

func (p Pace) next(pending seedtest.PendingProbes, last time.Time, points []time.Duration,
	every time.Duration) time.Time {
	var next time.Time
	take := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, a := range pending.Awaited {
		switch {
		case a.Seen:
			take(p.regular(last, last, nil, max(p.Follow, every)))
		case !a.Expected.IsZero():
			take(p.regular(a.Expected, last, points, every))
		}
	}
	return next
}

// regular is after, with the looks beyond the points counted from the origin, if there is one.
func (p Pace) regular(from, last time.Time, points []time.Duration, every time.Duration) time.Time {
	n := len(points)
	if p.origin.IsZero() || n > 0 && last.Before(from.Add(points[n-1])) {
		return after(from, last, points, every)
	}
	return after(p.origin, last, nil, every)
}

// retry returns the wait before the next connection after n failures in a row, n from 1.
func (p Pace) retry(n int) time.Duration {
	d := p.RetryMin
	for ; n > 1 && d < p.RetryMax; n-- {
		d *= 2
	}
	return min(d, p.RetryMax)
}
