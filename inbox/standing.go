package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"seedtest"
)

// standing is how an account stands with its provider: when it may be signed in to, and whether it
// wants less to be asked. All runs of a process share it, and with Notes all processes.
type standing struct {
	Next time.Time `json:"next,omitzero"` // no sign-in before, because they are to be apart
	Paid time.Time `json:"paid,omitzero"` // the sign-ins so far are all allowed by then

	Refused int                  `json:"refused,omitzero"` // sign-ins in a row
	Retry   time.Time            `json:"retry,omitzero"`   // none before, because of that
	Kind    seedtest.FaultKind   `json:"kind,omitzero"`    // of the last refusal
	Reason  seedtest.FaultReason `json:"reason,omitzero"`
	Sure    bool                 `json:"sure,omitzero"`
	What    string               `json:"what,omitzero"`

	Quiet  time.Time `json:"quiet,omitzero"`  // nothing is asked before
	Resume time.Time `json:"resume,omitzero"` // who waits for that goes on then, and others later
	Slow   time.Time `json:"slow,omitzero"`   // no quick looks before
}

// Notes keep bytes by name where other processes find them.
type Notes interface {
	// Note puts what change makes of the bytes under a name, nil if there are none, in their place.
	// Nobody else does so meanwhile. change may be called more than once.
	Note(ctx context.Context, name string, change func([]byte) []byte) error
}

// Remember has what is learned of accounts at servers of others kept in notes, and minded in all
// processes that share them. It is to be called first.
func (c *Connections) Remember(n Notes) { c.notes = n }

// slowFor is how long nobody looks quickly at an account after its provider wanted less asked.
const slowFor = time.Hour

// retryOfOthers is how long no sign-in is tried after one that was refused; it doubles.
const retryOfOthers = time.Minute

// signInsAllowed are those of watches that lost their session or were refused: a fault that throws
// all runs out again and again must not have a provider lock the account.
var signInsAllowed = allowance{atOnce: 4, every: 15 * time.Minute}

// allowance is so many at once, and one more each time.
type allowance struct {
	atOnce int
	every  time.Duration
}

// take takes n from an allowance that was used up to some time, to be used up to another. It says
// from when on they are allowed.
func (w allowance) take(used, now time.Time, n int) (usedThen, from time.Time) {
	usedThen = latest(used, now).Add(time.Duration(n) * w.every)
	return usedThen, usedThen.Add(-time.Duration(w.atOnce) * w.every)
}

// latest is up to when an allowance can be used up, if nobody waits for long.
func (w allowance) latest(now time.Time) time.Time {
	return now.Add(time.Duration(w.atOnce) * w.every)
}

// change changes the standing of an account at a server of others, for all who share it.
func (c *Connections) change(ctx context.Context, seed seedtest.Seed, change func(*standing)) {
	a := c.account(seed)
	if c.notes == nil || seed.Own {
		c.mu.Lock()
		defer c.mu.Unlock()
		change(&a.standing)
		return
	}
	a.noting.Lock()
	defer a.noting.Unlock()
	var next standing
	err := c.notes.Note(ctx, noteName(seed), func(old []byte) []byte {
		next = readStanding(old, time.Now())
		change(&next)
		written, _ := json.Marshal(next) // times and words: it cannot fail
		return written
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil { // others will not know, but we do
		next = a.standing
		change(&next)
	}
	a.standing = next
}

// noteName names what is kept of an account, and does not tell whose it is.
func noteName(seed seedtest.Seed) string {
	sum := sha256.Sum256([]byte(accountKey(seed)))
	return "account " + hex.EncodeToString(sum[:16])
}

// readStanding reads what was kept. A clock that was set back must not keep us away for long.
func readStanding(kept []byte, now time.Time) standing {
	var s standing
	if json.Unmarshal(kept, &s) != nil {
		return standing{}
	}
	for _, at := range []*time.Time{&s.Next, &s.Retry, &s.Quiet, &s.Resume, &s.Slow} {
		*at = first(*at, now.Add(maxHoldOff))
	}
	s.Paid = first(s.Paid, signInsAllowed.latest(now))
	return s
}

func first(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// due says when the next sign-in of an account may be, and what forbids it before. A check is made
// because somebody waits for it, and perhaps mends what was refused: it only keeps its distance.
func (s *standing) due(seed seedtest.Seed, w *waiter, now time.Time) (time.Time, trouble) {
	until, why := s.Next, trouble{kind: seedtest.FaultConnect, what: fmt.Sprintf(
		"%s wants %s between two sign-ins of an account", providerName(seed), boundsOf(seed).apart)}
	if seed.Own || !w.takesOver {
		return until, why
	}
	if _, from := signInsAllowed.take(s.Paid, now, 1); w.again && from.After(until) {
		until, why.what = from, "sign-ins to this account became too many"
	}
	if s.Retry.After(until) {
		until = s.Retry
		why = trouble{kind: s.Kind, reason: s.Reason, sure: s.Sure, what: fmt.Sprintf(
			"%s (sign-ins refused in a row: %d)", s.What, s.Refused)}
	}
	if s.Quiet.After(until) {
		until = s.Quiet
		why = trouble{kind: seedtest.FaultThrottled, what: wantsLess}
	}
	return until, why
}

const wantsLess = "the provider wants less to be asked"

// reserve takes the turn of an account's next sign-in, if that is within patience, and says how
// long to wait for it. If it is later, or the account is in trouble, the error, a *trouble, says
// why.
func (c *Connections) reserve(ctx context.Context, seed seedtest.Seed, w *waiter,
	patience time.Duration) (wait time.Duration, err error) {
	c.change(ctx, seed, func(s *standing) {
		now := time.Now()
		until, why := s.due(seed, w, now)
		wait, err = max(until.Sub(now), 0), nil
		// What is not a matter of seconds is not waited for: others would have to wait behind it.
		if wait > patience || wait > 0 && until.After(s.Next) {
			why.wait = wait
			why.what += fmt.Sprintf(", and the next is due in %s", wait.Round(time.Second))
			err = &why
			return
		}
		at := now.Add(wait)
		s.Next = at.Add(boundsOf(seed).apart)
		s.Paid, _ = signInsAllowed.take(s.Paid, at, 1)
		s.Paid = first(s.Paid, signInsAllowed.latest(at))
	})
	return wait, err
}

// tried notes what came of a sign-in.
func (c *Connections) tried(ctx context.Context, seed seedtest.Seed, err error) {
	var t *trouble
	refused := errors.As(err, &t)
	if seed.Own || err != nil && !refused || err == nil && !c.wasRefused(seed) {
		return
	}
	c.change(context.WithoutCancel(ctx), seed, func(s *standing) {
		s.Refused++
		if err == nil {
			*s = standing{Next: s.Next, Paid: s.Paid, Quiet: s.Quiet, Resume: s.Resume, Slow: s.Slow}
			return
		}
		gap := max(retryOfOthers, boundsOf(seed).apart) << min(s.Refused-1, 12)
		s.Retry = time.Now().Add(max(min(gap, maxHoldOff), t.wait))
		s.Kind, s.Reason, s.Sure, s.What = t.kind, t.reason, t.sure, t.what
	})
	if refused && t.kind == seedtest.FaultThrottled {
		c.throttled(ctx, seed, t.wait)
	}
}

func (c *Connections) wasRefused(seed seedtest.Seed) bool {
	a := c.account(seed)
	c.mu.Lock()
	defer c.mu.Unlock()
	return a.Refused > 0
}

// throttled notes that a provider wants less to be asked, and nothing for some time.
func (c *Connections) throttled(ctx context.Context, seed seedtest.Seed, wait time.Duration) {
	if seed.Own {
		return
	}
	c.change(context.WithoutCancel(ctx), seed, func(s *standing) {
		now := time.Now()
		s.Quiet = latest(s.Quiet, now.Add(wait))
		s.Slow = latest(s.Slow, now.Add(slowFor))
	})
}

// resumeApart is how far apart the watches of an account go on after it was to be left alone, or
// after they were thrown out: for all of them it is the same moment, and each has much to ask at
// first.
const resumeApart = 15 * time.Second

// afterOthers waits until those who were thrown out before have signed in again. Whoever signs in
// for the first time is not held up by them.
func (c *Connections) afterOthers(ctx context.Context, seed seedtest.Seed,
	patience time.Duration) error {
	var at time.Time
	var err error
	c.change(ctx, seed, func(s *standing) {
		at, err = latest(time.Now(), s.Resume), nil
		if wait := time.Until(at); wait > patience {
			err = &trouble{kind: seedtest.FaultConnect, wait: wait,
				what: "many runs want to sign in to this account again"}
			return
		}
		s.Resume = at.Add(resumeApart)
	})
	if err != nil {
		return err
	}
	return sleep(ctx, time.Until(at))
}

// resume says when a watch may ask again, and takes its turn.
func (c *Connections) resume(ctx context.Context, seed seedtest.Seed) (at time.Time) {
	c.change(ctx, seed, func(s *standing) {
		at = latest(s.Quiet, s.Resume)
		s.Resume = at.Add(resumeApart)
	})
	return at
}

// patienceOf is how long nothing is to be asked of an account, and whether nobody is to look
// quickly.
func (c *Connections) patienceOf(a *account) (quiet time.Duration, slow bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(time.Until(a.Quiet), 0), time.Until(a.Slow) > 0
}

// commandsAllowed are those of all runs of a process at one account of others: when several proofs
// fall together, or many runs are taken up at once, they are slower.
var commandsAllowed = allowance{atOnce: 100, every: 650 * time.Millisecond}

// afford waits until so many more commands may be sent. The error is the context's.
func (s *session) afford(ctx context.Context, n int) error {
	a := s.account
	if a == nil || s.seed.Own {
		return nil
	}
	a.asking.Lock()
	used, from := commandsAllowed.take(a.asked, time.Now(), n)
	a.asked = used
	a.asking.Unlock()
	return sleep(ctx, time.Until(from))
}

// longestProof is how long proofs of absence at one account wait for each other.
const longestProof = 10 * time.Second

// proveInTurn has one watch of an account make its round after the other. If they shared the
// commands that are allowed, all of them would be late.
func (v *vigil) proveInTurn(ctx context.Context, prove func() error) error {
	if v.at == nil {
		return prove()
	}
	timer := time.NewTimer(longestProof)
	defer timer.Stop()
	select {
	case v.at.proving <- struct{}{}:
		defer func() { <-v.at.proving }()
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return prove()
}
