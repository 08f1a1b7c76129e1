package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"seedtest"
	"seedtest/header"
)

// maxSets is how long a chain can be (RFC 8617 section 4.2.1).
const maxSets = 50

// ARC evaluates the chain of ARC sets of a message (RFC 8617 section 5.2). h is the head of raw.
// Every set of a well-formed chain is evaluated, so that it can be seen who changed the message,
// though the chain's result rests on all seals and the newest message signature only.
//
// A key that could not be asked for makes the result temperror, where a receiver that seals the
// message would write fail (RFC 8617 section 5.2.1): nothing can be said against the chain.
func ARC(ctx context.Context, raw []byte, h header.Header, r Resolver,
	now time.Time) seedtest.ARCCheck {
	sets, x := collectSets(h)
	c := seedtest.ARCCheck{Result: "none"}
	if len(sets) == 0 && x == nil {
		return c
	}
	if h.Cut {
		return seedtest.ARCCheck{Reason: tooLarge}
	}
	for i := range sets {
		c.Sets = append(c.Sets, sets[i].check)
	}
	if x != nil {
		c.Result, c.Reason = x.result, x.reason
		return c
	}
	a := &arcChain{verifier: newVerifier(raw, h, r, now), sets: sets}
	for i := range sets {
		a.message.expect(sets[i].message)
	}
	for i := range sets {
		a.judge(ctx, i)
		c.Sets[i] = sets[i].check
	}
	c.Oldest = oldestPass(c.Sets)
	c.Result, c.Reason = a.result()
	return c
}

// arcChain is a chain whose structure is right.
type arcChain struct {
	*verifier
	sets []arcSet // sets[i] has the instance i+1
}

// judge holds the seal and the message signature of a set against the message.
func (a *arcChain) judge(ctx context.Context, i int) {
	set := &a.sets[i]
	m := a.check(ctx, set.message, func() []byte { return a.message.headerHash(set.message) })
	seal := a.check(ctx, set.seal, func() []byte { return a.sealHash(i) })
	set.check.Message, set.check.Seal = m.result, seal.result
	var reasons []string
	if m.reason != "" {
		reasons = append(reasons, "message signature: "+m.reason)
	}
	if seal.reason != "" {
		reasons = append(reasons, "seal: "+seal.reason)
	}
	set.check.Reason = strings.Join(reasons, "; ")
}

// sealHash is the hash of the fields of all sets up to one, as its seal covers them (RFC 8617
// section 5.1.1).
func (a *arcChain) sealHash(last int) []byte {
	h := a.sets[last].seal.hash.New()
	var text []byte
	for i := range last + 1 {
		set := &a.sets[i]
		for _, place := range []int{set.results, set.message.place} {
			text = appendField(text[:0], a.message.field(place), formRelaxed)
			h.Write(text)
		}
		if i < last {
			text = appendField(text[:0], a.message.field(set.seal.place), formRelaxed)
			h.Write(text)
		}
	}
	h.Write(appendUnsigned(text[:0], a.message.field(a.sets[last].seal.place), formRelaxed))
	return h.Sum(nil)
}

// result is that of the chain: the newest message signature and every seal must pass.
func (a *arcChain) result() (result, reason string) {
	newest := len(a.sets) - 1
	result = resultPass
	say := func(instance int, what, got string) {
		if got == resultPass || result == resultFail {
			return
		}
		why := fmt.Sprintf("%s of instance %d: %s", what, instance, got)
		if got == resultTempError {
			result, reason = resultTempError, why
		} else {
			result, reason = resultFail, why
		}
	}
	say(newest+1, "message signature", a.sets[newest].check.Message)
	for i := newest; i >= 0; i-- {
		say(i+1, "seal", a.sets[i].check.Seal)
	}
	return result, reason
}

// oldestPass is the oldest instance from which on every message signature verifies, 0 if all do or
// not even the newest does (RFC 8617 section 5.2, step 5).
func oldestPass(sets []seedtest.ARCSetCheck) int {
	for i := len(sets) - 1; i >= 0; i-- {
		if sets[i].Message != resultPass {
			if i == len(sets)-1 {
				return 0
			}
			return i + 2
		}
	}
	return 0
}
