//go:build campaign

package campaign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"seedtest"
	"seedtest/lab"
)

// script is all that is to happen in a world, drawn from its number before it begins: who seeds
// are, what goes wrong at them and when, and how long processes live. What becomes of a message is
// drawn from the number and its token.
type script struct {
	number uint64
	seeds  []seedtest.Seed
	events []event
	lives  []life        // the last process lives as long as it has to do
	clock  time.Duration // by which the clock of the first process is wrong
	set    time.Duration // by which it is set while the first process lives
}

// trouble is a kind of thing that goes wrong.
type trouble string

const (
	dropped      trouble = "dropped connections"
	saidBye      trouble = "sessions ended by BYE"
	refusedConn  trouble = "refused connections"
	restarted    trouble = "server restarts"
	halfOpen     trouble = "half-open connections"
	stalled      trouble = "stalled servers"
	muteIdle     trouble = "mute IDLE"
	refusedLogin trouble = "refused logins"
	throttling   trouble = "throttling"
	unreadable   trouble = "INBOX refused"
	slowServer   trouble = "slow servers"
	slowList     trouble = "slow listings"
	falseNext    trouble = "false UIDNEXT"
	renumbering  trouble = "UIDVALIDITY changes"
	renaming     trouble = "mailboxes renamed"
	recreating   trouble = "mailboxes deleted and made again"
	trapMove     trouble = "moves between two looks"
	trapBack     trouble = "moves there and back between two looks"
	trapExpunge  trouble = "expunges while fetching"
	trapRenumber trouble = "UIDVALIDITY changes between two commands"
	othersMail   trouble = "mail of others that came or went"
	killing      trouble = "processes killed"
	stopping     trouble = "processes stopped"
	clockWrong   trouble = "clocks wrong"
	clockStep    trouble = "clocks set between two processes"
	clockSet     trouble = "clocks set under a process"
	duplicate    trouble = "duplicate deliveries"
	tardy        trouble = "deliveries after the deadline"
	neverOpens   trouble = "accounts that nobody can open"
)

// event is something that begins at a seed.
type event struct {
	seed  string
	kind  trouble
	at    time.Duration // from the start
	lasts time.Duration // 0: a moment
	many  int           // what the kind says
}

func (e event) String() string {
	return fmt.Sprintf("\n  %s: %s at %s for %s (%d)", e.seed, e.kind, e.at, e.lasts, e.many)
}

// life is one of a process that does not live to its end.
type life struct {
	lasts, rest time.Duration // until the next one
	killed      bool          // nothing is on record of its end
	step        time.Duration // by which the clock is set before the next one
}

// moment draws when something begins: most while messages come and are awaited, others when follow
// windows close, or at the missing limit.
func moment(draw *rand.Rand) time.Duration {
	between := func(a, b time.Duration) time.Duration {
		return a + time.Duration(draw.Int64N(int64(b-a)))
	}
	switch draw.IntN(8) {
	case 0, 1, 2:
		return between(0, 20*time.Minute)
	case 3:
		return between(14*time.Minute, 17*time.Minute)
	case 4:
		return between(20*time.Minute, 2*time.Hour)
	case 5:
		return between(2*time.Hour, 150*time.Minute)
	case 6:
		return between(340*time.Minute, 365*time.Minute)
	}
	return between(0, 7*time.Hour)
}

// usual are the troubles that a seed may meet, as often as they stand here.
var usual = []trouble{dropped, saidBye, refusedConn, restarted, halfOpen, halfOpen, stalled,
	muteIdle, refusedLogin, refusedLogin, throttling, throttling, unreadable, slowServer, slowList,
	renumbering, renaming, recreating, trapMove, trapMove, trapBack, trapExpunge, trapExpunge,
	trapRenumber, othersMail, othersMail}

// write draws the script of a world with these seeds.
func write(number uint64, seeds []seedtest.Seed) script {
	s := script{number: number}
	all := drawFor(number, "world")
	for _, seed := range seeds {
		if seed.Name == "broken-a" && all.IntN(8) != 0 {
			continue
		}
		s.cast(seed)
	}
	if all.IntN(2) == 0 {
		s.clock = time.Duration(all.Int64N(int64(96*time.Hour))) - 48*time.Hour
	}
	if all.IntN(4) == 0 {
		s.set = time.Duration(all.Int64N(int64(4*time.Hour))) - 2*time.Hour
	}
	for n := max(0, all.IntN(5)-2); n > 0; n-- {
		l := life{killed: all.IntN(3) != 0, lasts: moment(all) + time.Second,
			rest: time.Second << all.IntN(12)}
		if all.IntN(2) == 0 {
			l.step = time.Duration(all.Int64N(int64(40*time.Minute))) - 20*time.Minute
		}
		s.lives = append(s.lives, l)
	}
	return s
}

// cast says who a seed is, and what it will meet.
func (s *script) cast(seed seedtest.Seed) {
	draw := drawFor(s.number, "seed", seed.Name)
	seed.Own = draw.IntN(2) == 0
	if seed.Own {
		seed.Pace = ownPace
		seed.Canary = draw.IntN(3) == 0
	}
	seed.Provider.InboxLike = []seedtest.MailboxClass{{Mailbox: bulk, Class: "bulk"}}
	meet := func(kind trouble, e event) {
		e.seed, e.kind = seed.Name, kind
		s.events = append(s.events, e)
	}
	if seed.Name == "broken-a" {
		meet(neverOpens, event{})
	}
	if draw.IntN(12) == 0 {
		known := draw.IntN(2)
		if known == 1 {
			seed.Provider.Quirks = append(slices.Clone(seed.Provider.Quirks), "uidnext-unreliable")
		}
		meet(falseNext, event{many: known})
	}
	for range draw.IntN(4) {
		kind := usual[draw.IntN(len(usual))]
		meet(kind, event{at: moment(draw), lasts: lasting(draw, kind), many: draw.IntN(30)})
	}
	s.seeds = append(s.seeds, seed)
}

// lasting draws how long a trouble lasts; 0 for what is done in a moment.
func lasting(draw *rand.Rand, kind trouble) time.Duration {
	switch kind {
	case halfOpen, renumbering, renaming, recreating, trapMove, trapBack, trapExpunge, trapRenumber,
		othersMail:
		return 0
	case restarted:
		return time.Second + time.Duration(draw.Int64N(int64(2*time.Minute)))
	case slowServer, slowList, muteIdle:
		return time.Duration(draw.Int64N(int64(3 * time.Hour)))
	}
	if draw.IntN(3) == 0 {
		return time.Second + time.Duration(draw.Int64N(int64(time.Minute)))
	}
	return time.Second + time.Duration(draw.Int64N(int64(20*time.Minute)))
}

// faultsOf are the faults of the lab's servers that stand for troubles.
var faultsOf = map[trouble]lab.Fault{
	dropped:      {Kind: lab.IMAPDrop},
	saidBye:      {Kind: lab.IMAPBye},
	refusedConn:  {Kind: lab.IMAPRefuseConnect},
	restarted:    {Kind: lab.IMAPRefuseConnect},
	stalled:      {Kind: lab.IMAPStall},
	muteIdle:     {Kind: lab.IMAPMuteIdle},
	refusedLogin: {Kind: lab.IMAPRefuseLogin},
	throttling:   {Kind: lab.IMAPThrottle},
	unreadable:   {Kind: lab.IMAPMailboxNo, Detail: "INBOX"},
	slowServer:   {Kind: lab.IMAPSlow, Detail: "150ms"},
	falseNext:    {Kind: lab.IMAPUIDNext},
}

// fate is what becomes of one message.
type fate struct {
	lost   bool          // on its way
	wait   time.Duration // until it comes
	place  int
	class  int
	answer time.Duration // until its route answers that it was taken
	steps  []step
}

// step is something that is done to a copy of a message after some time.
type step struct {
	after time.Duration
	deed  deed
	to    int
}

type deed string

const (
	moving   deed = "move"
	removing deed = "remove"
	copying  deed = "copy"
	doubling deed = "deliver again"
)

// fateOf draws what becomes of a message.
func fateOf(world uint64, token seedtest.Token) fate {
	draw := drawFor(world, "message", string(token))
	f := fate{lost: draw.IntN(6) == 0, place: draw.IntN(100), class: draw.IntN(100),
		wait: time.Duration(draw.Int64N(int64(14 * time.Minute)))}
	if draw.IntN(5) == 0 {
		f.wait *= 30 // some of them after the missing limit
	}
	f.answer = time.Duration(draw.Int64N(int64(time.Second))) // no two at the same instant
	if draw.IntN(10) == 0 {
		f.answer *= 60
	}
	for range draw.IntN(4) {
		s := step{after: 1 + time.Duration(draw.Int64N(int64(time.Millisecond)<<draw.IntN(23))),
			to: draw.IntN(100)}
		switch draw.IntN(9) {
		case 0:
			s.deed = removing
		case 1:
			s.deed = copying
		case 2:
			s.deed = doubling
		default:
			s.deed = moving
		}
		f.steps = append(f.steps, s)
	}
	return f
}
