package lab

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Limits are what a provider bears from one account. What is zero is not limited.
type Limits struct {
	Connections int // signed in at a time
	Rates       []Rate

	// So many refusals within an hour lock the account: every session ends, and nobody signs in.
	Strikes int
	Lockout time.Duration
}

// Rate is a limit on what is used in any time of a length.
type Rate struct {
	Of   Resource
	Per  time.Duration
	Most int
}

// Resource is what an account uses of its provider.
type Resource string

// The resources. Refused sign-ins and commands count as others do.
const (
	Connections Resource = "connections" // signed in at a time
	SignIns     Resource = "sign-ins"    // tried
	Commands    Resource = "commands"    // after sign-in
	Bytes       Resource = "bytes"       // to the client, without TLS
	Lock        Resource = "lock"        // not a resource: the account was locked
)

// GmailLimits are as strict as Gmail, or stricter. Connections: its help, answer 7126229. Bytes of
// a day: support.google.com/a/answer/1071518. Google locks for an hour as a rule, and for as long
// as 24 (support.google.com/a/answer/1359240). It does not say how many sign-ins and commands it
// bears: these figures leave a mail program room that looks each minute, and little more.
func GmailLimits() Limits {
	return Limits{Connections: 15, Strikes: 5, Lockout: 24 * time.Hour, Rates: []Rate{
		{SignIns, time.Minute, 6}, {SignIns, time.Hour, 20}, {SignIns, day, 100},
		{Commands, time.Minute, 200}, {Commands, time.Hour, 1500}, {Commands, day, 20_000},
		{Bytes, time.Hour, 250_000_000}, {Bytes, day, 2_500_000_000},
	}}
}

const day = 24 * time.Hour

// Excess is a use of an account that its provider refused, or that locked it.
type Excess struct {
	At   time.Time
	Seed string
	Of   Resource
	Per  time.Duration // of a rate, else 0
}

// Use is the most that was used of a resource in any time of a length.
type Use struct {
	Rate
	Peak int
	At   time.Time // when the peak was reached
}

// String says it in one line.
func (u Use) String() string {
	per := ""
	if u.Per > 0 {
		per = " in " + u.Per.String()
	}
	return fmt.Sprintf("%d %s%s, of %d", u.Peak, u.Of, per, u.Most)
}

// Excesses returns what accounts used beyond their limits so far, account by account.
func (w *World) Excesses() []Excess {
	var all []Excess
	for _, s := range w.seeds {
		for _, e := range s.account.limits.excesses() {
			e.Seed = s.name
			all = append(all, e)
		}
	}
	return all
}

// Uses returns what was used at most of each resource that a seed's provider limits.
func (w *World) Uses(seed string) []Use {
	if a := w.accountOf(seed); a != nil {
		return a.limits.uses()
	}
	return nil
}

// limiter holds one account to its limits. A nil one limits nothing.
type limiter struct {
	limits Limits
	now    func() time.Time

	mu          sync.Mutex
	open        int // connections
	most        Use // of them
	meters      []*meter
	past        []Excess
	strikes     []time.Time
	lockedUntil time.Time
}

// newLimiter returns nil if nothing is limited.
func newLimiter(limits Limits, now func() time.Time) *limiter {
	if limits.Connections == 0 && len(limits.Rates) == 0 {
		return nil
	}
	l := &limiter{limits: limits, now: now,
		most: Use{Rate: Rate{Of: Connections, Most: limits.Connections}}}
	for _, r := range limits.Rates {
		l.meters = append(l.meters, &meter{Use: Use{Rate: r}})
	}
	return l
}

// meter counts what is used in the time before now.
type meter struct {
	Use
	list []used
	sum  int
}

type used struct {
	at time.Time
	n  int
}

func (m *meter) add(now time.Time, n int) {
	m.list = append(m.list, used{now, n})
	m.forget(now)
	if m.sum += n; m.sum > m.Peak {
		m.Peak, m.At = m.sum, now
	}
}

// forget drops what was used before the time that counts.
func (m *meter) forget(now time.Time) {
	i := 0
	for ; i < len(m.list) && now.Sub(m.list[i].at) >= m.Per; i++ {
		m.sum -= m.list[i].n
	}
	m.list = m.list[i:]
}

// use counts that something is used.
func (l *limiter) use(of Resource, n int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.meters {
		if m.Of == of {
			m.add(l.now(), n)
		}
	}
}

// bears reports whether no more was used of some resources than may be.
func (l *limiter) bears(of ...Resource) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for _, r := range of {
		for _, m := range l.meters {
			if m.forget(now); m.Of == r && m.sum > m.Most {
				l.strike(now, m.Of, m.Per)
				return false
			}
		}
	}
	return true
}

// enter counts one more connection; it reports whether it may be.
func (l *limiter) enter() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits.Connections > 0 && l.open >= l.limits.Connections {
		l.strike(l.now(), Connections, 0)
		return false
	}
	if l.open++; l.open > l.most.Peak {
		l.most.Peak, l.most.At = l.open, l.now()
	}
	return true
}

func (l *limiter) leave() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

// strike notes a refusal, and locks the account if there were many. The caller holds the lock.
func (l *limiter) strike(now time.Time, of Resource, per time.Duration) {
	l.past = append(l.past, Excess{At: now, Of: of, Per: per})
	l.strikes = append(l.strikes, now)
	for now.Sub(l.strikes[0]) >= time.Hour {
		l.strikes = l.strikes[1:]
	}
	if l.limits.Strikes > 0 && len(l.strikes) >= l.limits.Strikes {
		l.strikes, l.lockedUntil = nil, now.Add(l.limits.Lockout)
		l.past = append(l.past, Excess{At: now, Of: Lock})
	}
}

func (l *limiter) locked() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now().Before(l.lockedUntil)
}

func (l *limiter) excesses() []Excess {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Excess(nil), l.past...)
}

func (l *limiter) uses() []Use {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []Use{l.most}
	for _, m := range l.meters {
		all = append(all, m.Use)
	}
	return all
}

// What an account is told that is used too much. Gmail's words, as clients report them.
const (
	tooManySessions = "Too many simultaneous connections. (Failure)"
	lockedOut       = "Please log in via your web browser: " +
		"https://support.example/accounts/answer/78754 (Failure)"
)

// overLimit refuses a command of an account that has used too much, or ends its session.
func (c *imapConn) overLimit(name string) (imapReply, bool) {
	if c.account == nil {
		return imapReply{}, false
	}
	l := c.account.limits
	l.use(Commands, 1)
	switch {
	case l.locked():
		c.bye("[ALERT] " + lockedOut)
		return imapReply{}, true
	case name == "LOGOUT", l.bears(Commands, Bytes):
		return imapReply{}, false
	}
	return imapReply{status: "NO", text: c.style.throttle}, true
}

// signInOverLimit refuses a sign-in to an account that has used too much.
func (c *imapConn) signInOverLimit(a *account) (imapReply, bool) {
	a.limits.use(SignIns, 1)
	switch {
	case a.limits.locked():
		return c.refuseLogin("[ALERT] " + lockedOut), true
	case !a.limits.bears(SignIns, Commands, Bytes):
		return c.refuseLogin(c.style.throttle), true
	}
	return imapReply{}, false
}

// metered counts what is sent to whoever is signed in.
type metered struct {
	io.Writer
	c *imapConn
}

func (m metered) Write(p []byte) (int, error) {
	n, err := m.Writer.Write(p)
	if m.c.account != nil {
		m.c.account.limits.use(Bytes, n)
	}
	return n, err
}

// limit holds the account of a seed to what its provider bears.
func (w *World) limit(s *seed) {
	limits := w.options.Limits[s.provider.id()]
	if limits.Connections == 0 {
		limits.Connections = s.provider.style.sessions
	}
	s.account.limits = newLimiter(limits, w.now)
}
