package inbox

import (
	"cmp"
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
	Moved   *Copy  // where it lies now, from where it is removed next; UID 0: the server did not say
	Why     string // why it was left as it is; empty if Removed or Moved
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
// as soon as it is known. Where mailboxes are labels a copy is moved to Trash first, which is told,
// and so is what becomes of it there. The error says in words what went wrong; what was not told is
// as it was, or marked \Deleted at most.
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
	boxes []*box // as they are now
	known func(seedtest.Token) bool
	done  func([]Cleaned) error
	cost  Cleaning

	binned []Copy                  // what was moved to Trash and is not removed there yet
	moved  map[seedtest.Token]Copy // where the copies with a tag went, last
}

// all lists the mailboxes and removes copies from them.
func (c *cleaner) all(ctx context.Context, copies []Copy) error {
	listed, _, err := c.s.list(ctx)
	if err != nil {
		return err
	}
	c.boxes = boxesOf(listed, *c.s.seed)
	return c.take(ctx, copies)
}

// take removes copies, as far as that can be done without touching anything else.
func (c *cleaner) take(ctx context.Context, copies []Copy) error {
	switch {
	case !c.s.expungesByUID():
		return c.leave(copies, noUIDPlus)
	case c.s.labels():
		return c.throughTrash(ctx, copies)
	}
	return c.eachBatch(ctx, copies, c.clean)
}

// noUIDPlus says why nothing is removed: an EXPUNGE has no set of UIDs, so that it would also
// remove what somebody else has marked, or marks at that moment.
const noUIDPlus = "the server can only remove all that is marked as deleted (it has no UIDPLUS): " +
	"delete it by hand"

// expungesByUID reports whether the server can expunge single messages.
func (s *session) expungesByUID() bool {
	return s.has("UIDPLUS") && !slices.Contains(s.seed.Provider.Quirks, "no-uidplus")
}

// eachBatch does something with the copies of each mailbox, some at a time; of views over others
// last. What lies in a mailbox that cannot be opened is left.
func (c *cleaner) eachBatch(ctx context.Context, copies []Copy,
	do func(ctx context.Context, mailbox string, batch []Copy) error) error {
	byBox := map[string][]Copy{}
	for _, x := range copies {
		byBox[x.Mailbox] = append(byBox[x.Mailbox], x)
	}
	names := slices.Sorted(maps.Keys(byBox))
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(c.viewing(a), c.viewing(b))
	})
	for _, name := range names {
		for batch := range slices.Chunk(byBox[name], batchOf(c.s.seed.Provider.Habits)) {
			if err := c.pace(ctx); err != nil {
				return err
			}
			var err error
			if why := c.whyClosed(name); why != "" {
				err = c.leave(batch, why)
			} else {
				err = do(ctx, name, batch)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cleaner) boxNamed(name string) *box {
	at := slices.IndexFunc(c.boxes, func(b *box) bool { return b.Name == name })
	if at < 0 {
		return nil
	}
	return c.boxes[at]
}

// whyClosed says why a mailbox cannot be opened; empty if it can.
func (c *cleaner) whyClosed(name string) string {
	switch b := c.boxNamed(name); {
	case b == nil:
		return "there is no such mailbox any more"
	case !b.readable():
		return b.whyUnreadable()
	}
	return ""
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
	ours, err := c.identify(ctx, name, copies)
	if err != nil || len(ours) == 0 {
		return err
	}
	if err := c.remove(ctx, ours); err != nil {
		return c.tolerate(ours, err)
	}
	return c.verify(ctx, ours)
}

// identify opens a mailbox and returns those of the copies that are there and carry their tag.
func (c *cleaner) identify(ctx context.Context, name string, copies []Copy) ([]Copy, error) {
	rest, err := c.open(ctx, name, copies)
	if err != nil {
		return nil, err
	}
	return c.ours(ctx, rest)
}

// open opens a mailbox for writing, and returns the copies whose numbers still hold.
func (c *cleaner) open(ctx context.Context, name string, copies []Copy) ([]Copy, error) {
	opened, err := c.s.do(ctx, func() func() error {
		return dropFirst(c.s.client.Select(name, nil).Wait)
	})
	if err != nil {
		return nil, c.tolerate(copies, err)
	}
	if opened[0].code == "READ-ONLY" {
		return nil, c.leave(copies, "the mailbox can only be read")
	}
	valid := func(x Copy) bool { return x.UIDValidity == opened[0].uidValidity }
	rest, other := split(copies, valid)
	return rest, c.leave(other, "the mailbox has been numbered anew (UIDVALIDITY)")
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

// remove marks copies as deleted and expunges them: them only.
func (c *cleaner) remove(ctx context.Context, copies []Copy) error {
	set := uidSet(uidsOf(copies))
	if err := c.markDeleted(ctx, set); err != nil {
		return err
	}
	_, err := c.s.do(ctx, func() func() error { return c.s.client.UIDExpunge(set).Close })
	return err
}

func (c *cleaner) markDeleted(ctx context.Context, set imap.UIDSet) error {
	mark := imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	_, err := c.s.do(ctx, func() func() error { return c.s.client.Store(set, &mark, nil).Close })
	return err
}

// verify tells which of the copies are gone now.
func (c *cleaner) verify(ctx context.Context, copies []Copy) error {
	kept, removed, err := c.still(ctx, copies)
	if err != nil {
		return c.tolerate(copies, err)
	}
	if err := c.leave(kept, keptIt); err != nil {
		return err
	}
	var told []Cleaned
	for _, x := range removed {
		told = append(told, Cleaned{Copy: x, Removed: true})
	}
	return c.tell(told)
}

const keptIt = "the server took the command and kept the message"

// still asks which of the copies are in the mailbox that is open.
func (c *cleaner) still(ctx context.Context, copies []Copy) (there, gone []Copy, err error) {
	answers, err := c.s.do(ctx, c.s.fetch(uidSet(uidsOf(copies)), fetchUIDs))
	if err != nil {
		return nil, nil, err
	}
	shown := map[uint32]bool{}
	for _, p := range answers[0].places {
		shown[p.uid] = true
	}
	there, gone = split(copies, func(x Copy) bool { return shown[x.UID] })
	return there, gone, nil
}

// tolerate leaves copies that the server refused to remove. Any other error is returned.
func (c *cleaner) tolerate(copies []Copy, err error) error {
	var r *refusal
	if errors.As(err, &r) {
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
