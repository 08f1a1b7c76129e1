package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// Copy is a tagged message as a run recorded it.
type Copy struct {
	Token       seedtest.Token
	Mailbox     string
	UIDValidity uint32
	UID         uint32
}

// Cleaned is what became of a copy.
type Cleaned struct {
	Copy
	Removed bool   // it was there, carried its tag, and is no longer there
	Why     string // why it was left as it is; empty if Removed
}

// Cleaning is what one clean-up of a seed did.
type Cleaning struct {
	SignIns  int // tried
	Commands int
	Budget   int // of commands; 0: none
}

// cleanPause is between two mailboxes at a provider of others.
const cleanPause = time.Second

// Clean removes copies from a seed's mailboxes, and nothing else: each is named by its mailbox,
// UIDVALIDITY and UID, and must still carry its tag. known reports whether a token is of this
// installation. What became of the copies of a mailbox is told to done, at most fifty at a time,
// as soon as it is known. The error says in words what went wrong; what was not told is as it was,
// or marked \Deleted at most.
//
// This is the only place that opens a mailbox for writing.
func (w *Watcher) Clean(ctx context.Context, seed seedtest.Seed, copies []Copy,
	known func(seedtest.Token) bool, done func([]Cleaned) error) (Cleaning, error) {
	c := cleaner{known: known, done: done}
	if !seed.Own {
		c.cost.Budget = w.gentle.Commands
	}
	s, tried, err := w.open(ctx, &seed, nil)
	if tried {
		c.cost.SignIns = 1
	}
	if err == nil {
		c.s = s
		err = c.all(ctx, copies)
		s.logout(ctx) // leaves the open mailbox without an expunge (RFC 9051 section 6.4.2)
	}
	if s != nil {
		c.cost.Commands = s.spent()
	}
	if err != nil && ctx.Err() == nil {
		var t *trouble
		if errors.As(err, &t) {
			err = errors.New(t.what)
		}
		err = fmt.Errorf("seed %s: %w", seed.Name, err)
	}
	return c.cost, err
}

// cleaner removes copies over one connection.
type cleaner struct {
	s     *session
	known func(seedtest.Token) bool
	done  func([]Cleaned) error
	cost  Cleaning
}

// all cleans mailbox by mailbox, in batches.
func (c *cleaner) all(ctx context.Context, copies []Copy) error {
	byBox := map[string][]Copy{}
	for _, x := range copies {
		byBox[x.Mailbox] = append(byBox[x.Mailbox], x)
	}
	listed, _, err := c.s.list(ctx)
	if err != nil {
		return err
	}
	boxes := boxesOf(listed, *c.s.seed)
	for _, name := range slices.Sorted(maps.Keys(byBox)) {
		at := slices.IndexFunc(boxes, func(b *box) bool { return b.Name == name })
		for batch := range slices.Chunk(byBox[name], batchOf(c.s.seed.Provider.Habits)) {
			if err := c.pace(ctx); err != nil {
				return err
			}
			switch {
			case at < 0:
				err = c.leave(batch, "there is no such mailbox any more")
			case !boxes[at].readable():
				err = c.leave(batch, boxes[at].whyUnreadable())
			default:
				err = c.clean(ctx, name, batch)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pace waits before the next batch at a provider of others, and ends when the budget is spent.
func (c *cleaner) pace(ctx context.Context) error {
	if c.s.seed.Own {
		return ctx.Err()
	}
	if c.cost.Budget > 0 && c.s.spent() >= c.cost.Budget {
		return fmt.Errorf("the budget of %d commands is spent; the rest is left for another time",
			c.cost.Budget)
	}
	return sleep(ctx, cleanPause)
}

// clean removes copies from one mailbox. What the server refuses is left, with its words.
func (c *cleaner) clean(ctx context.Context, name string, copies []Copy) error {
	if c.s.has("X-GM-EXT-1") {
		return c.leave(copies, "an expunge at Gmail archives only: delete it in the web interface")
	}
	opened, err := c.s.do(ctx, func() func() error {
		return dropFirst(c.s.client.Select(name, nil).Wait)
	})
	if err != nil {
		return c.tolerate(copies, err)
	}
	if opened[0].code == "READ-ONLY" {
		return c.leave(copies, "the mailbox can only be read")
	}
	valid := func(x Copy) bool { return x.UIDValidity == opened[0].uidValidity }
	rest, other := split(copies, valid)
	if err := c.leave(other, "the mailbox has been numbered anew (UIDVALIDITY)"); err != nil {
		return err
	}
	ours, err := c.ours(ctx, rest)
	if err != nil || len(ours) == 0 {
		return err
	}
	if err := c.remove(ctx, ours); err != nil {
		return c.tolerate(ours, err)
	}
	return c.verify(ctx, ours)
}

const notThere = "it is not there any more"

// ours takes the second look: which of the copies are there and carry their tag.
func (c *cleaner) ours(ctx context.Context, copies []Copy) ([]Copy, error) {
	if len(copies) == 0 {
		return nil, nil
	}
	answers, err := c.s.do(ctx, c.s.fetch(uidSet(uidsOf(copies)), fetchHeaders()))
	if err != nil {
		return nil, c.tolerate(copies, err)
	}
	headers := map[uint32][]byte{}
	for _, f := range answers[0].fetched {
		headers[f.uid] = f.header
	}
	there, absent := split(copies, func(x Copy) bool { _, ok := headers[x.UID]; return ok })
	ours, others := split(there, func(x Copy) bool {
		own := func(t seedtest.Token) bool { return t == x.Token && c.known(t) }
		if !own(x.Token) {
			return false
		}
		return len(Tokens(readFields(headers[x.UID]), []seedtest.Token{x.Token}, own)) > 0
	})
	if err := c.leave(absent, notThere); err != nil {
		return nil, err
	}
	return ours, c.leave(others, "the message does not carry the tag")
}

// remove marks copies as deleted and expunges them: them only. Where the server cannot expunge by
// UID, it is done only if nothing else in the mailbox is marked; otherwise the mark is taken back.
func (c *cleaner) remove(ctx context.Context, copies []Copy) error {
	set := uidSet(uidsOf(copies))
	if _, err := c.s.do(ctx, c.mark(set, imap.StoreFlagsAdd)); err != nil {
		return err
	}
	if c.s.expungesByUID() {
		_, err := c.s.do(ctx, func() func() error { return c.s.client.UIDExpunge(set).Close })
		return err
	}
	answers, err := c.s.do(ctx, func() func() error {
		return dropFirst(c.s.client.UIDSearch(&imap.SearchCriteria{
			Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait)
	})
	if answers == nil {
		return err
	}
	// A search that does not find ours would not find those of others either.
	marked := slices.Sorted(slices.Values(answers[0].found))
	if err == nil && slices.Equal(marked, slices.Sorted(slices.Values(uidsOf(copies)))) {
		_, err := c.s.do(ctx, func() func() error { return c.s.client.Expunge().Close })
		return err
	}
	if _, err := c.s.do(ctx, c.mark(set, imap.StoreFlagsDel)); err != nil {
		return err
	}
	return errors.Join(err, errOthersDeleted)
}

// expungesByUID reports whether the server can expunge single messages.
func (s *session) expungesByUID() bool {
	return s.has("UIDPLUS") && !slices.Contains(s.seed.Provider.Quirks, "no-uidplus")
}

// errOthersDeleted says why an EXPUNGE, which has no set of UIDs, was not sent.
var errOthersDeleted = errors.New("other messages in the mailbox may be marked as deleted, and the " +
	"server can only expunge all of them (it has no UIDPLUS)")

// mark adds or takes back the mark \Deleted.
func (c *cleaner) mark(set imap.UIDSet, op imap.StoreFlagsOp) func() func() error {
	return func() func() error {
		return c.s.client.Store(set, &imap.StoreFlags{Op: op, Silent: true,
			Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close
	}
}

// verify tells which of the copies are gone now.
func (c *cleaner) verify(ctx context.Context, copies []Copy) error {
	answers, err := c.s.do(ctx, c.s.fetch(uidSet(uidsOf(copies)), fetchUIDs))
	if err != nil {
		return c.tolerate(copies, err)
	}
	still := map[uint32]bool{}
	for _, p := range answers[0].places {
		still[p.uid] = true
	}
	kept, removed := split(copies, func(x Copy) bool { return still[x.UID] })
	if err := c.leave(kept, "the server took the command and kept the message"); err != nil {
		return err
	}
	var told []Cleaned
	for _, x := range removed {
		told = append(told, Cleaned{Copy: x, Removed: true})
	}
	return c.tell(told)
}

// tolerate leaves copies that the server refused to remove. Any other error is returned.
func (c *cleaner) tolerate(copies []Copy, err error) error {
	var r *refusal
	if errors.As(err, &r) || errors.Is(err, errOthersDeleted) {
		return c.leave(copies, err.Error())
	}
	return err
}

// leave tells that copies are left as they are.
func (c *cleaner) leave(copies []Copy, why string) error {
	var told []Cleaned
	for _, x := range copies {
		told = append(told, Cleaned{Copy: x, Why: why})
	}
	return c.tell(told)
}

func (c *cleaner) tell(told []Cleaned) error {
	if len(told) == 0 {
		return nil
	}
	return c.done(told)
}

// split parts copies by whether they are as asked.
func split(copies []Copy, is func(Copy) bool) (yes, no []Copy) {
	for _, x := range copies {
		if is(x) {
			yes = append(yes, x)
		} else {
			no = append(no, x)
		}
	}
	return yes, no
}

func uidsOf(copies []Copy) []uint32 {
	var list []uint32
	for _, x := range copies {
		list = append(list, x.UID)
	}
	return list
}
