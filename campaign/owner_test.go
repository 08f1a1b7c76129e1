//go:build campaign

package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/lab"
)

// owner does in a world what its script says, as provider, owner and server, and is the route by
// which mail comes. It keeps book of what it did and of what that hides.
type owner struct {
	*fates
	script  script
	estate  estate
	armed   []*event          // that wait for a command
	filed   map[string]string // the mailbox to which a rule files now, by seed
	made    map[string]int    // mailboxes made, by seed
	veils   map[string][]veil
	hushed  map[string]bool // the server does not tell UIDNEXT
	shaped  map[string]bool // a mailbox was renumbered or made anew: what it held before nobody knows
	met     map[trouble]int
	happens []string // all that was done, with its time
	start   time.Time
}

func newOwner() *owner {
	return &owner{fates: &fates{}, filed: map[string]string{}, made: map[string]int{},
		veils: map[string][]veil{}, shaped: map[string]bool{},
		hushed: map[string]bool{}, met: map[trouble]int{}}
}

// begin fills the mailboxes with mail of others, and lets happen what the script says.
func (o *owner) begin(s script) {
	o.script, o.start = s, time.Now()
	o.estate = estate{world: o.world, stays: map[string][]*stay{}, others: map[string][]lab.Letter{}}
	for i, seed := range s.seeds {
		o.world.Create(seed.Name, receipts)
		o.world.Create(seed.Name, bulk)
		o.filed[seed.Name] = receipts
		for n, place := range placesOf(o.world.Roles(seed.Name)) {
			_ = o.world.Deliver(seed.Name, place, foreign(1000*i+n))
		}
		for n, l := range o.world.Letters(seed.Name) {
			if n%2 == 0 {
				o.world.Flag(seed.Name, l, `\Seen`, `\Flagged`)
			}
		}
		o.estate.note(seed.Name)
	}
	for _, e := range s.events {
		o.tasks.Go(func() {
			if o.rest(e.at) {
				o.let(e)
			}
		})
	}
}

// let lets an event begin.
func (o *owner) let(e event) {
	switch e.kind {
	case dropped, saidBye, stalled, muteIdle, refusedLogin, throttling, unreadable, slowServer,
		falseNext:
		o.inject(e, e.seed)
	case refusedConn, restarted:
		o.inject(e, o.seed(e.seed).Provider.ID) // nobody has signed in yet
	case neverOpens:
		o.hide(e, e.seed, 100*time.Hour)
	case trapMove, trapBack, trapExpunge, trapRenumber, slowList:
		o.mu.Lock()
		o.armed = append(o.armed, &e)
		o.mu.Unlock()
	case halfOpen:
		o.act(e, func() bool { o.world.Sever(e.seed); return true })
	case renumbering:
		o.act(e, func() bool { return o.renumber(e.seed) })
	case renaming:
		o.act(e, func() bool { return o.rename(e.seed) })
	case recreating:
		o.recreate(e)
	case othersMail:
		o.act(e, func() bool { return o.disturb(e) })
	}
}

// inject lets a server go wrong for a party.
func (o *owner) inject(e event, party string) {
	f := faultsOf[e.kind]
	f.Party, f.For = party, e.lasts
	switch e.kind {
	case dropped, saidBye:
		f.After = e.many
	}
	o.act(e, func() bool {
		if e.kind == restarted {
			o.world.HangUp(e.seed)
		}
		o.world.Inject(f)
		return true
	})
}

// act does something and notes it, with what it hides, if it was done.
func (o *owner) act(e event, do func() bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.actLocked(e, do)
}

func (o *owner) actLocked(e event, do func() bool) {
	o.estate.audit(e.seed)
	if !do() {
		return
	}
	o.estate.note(e.seed)
	switch e.kind {
	case trapMove, trapBack, trapExpunge, trapRenumber: // its moment is the program's
		o.happens = append(o.happens, fmt.Sprintf("%s %s", e.seed, e.kind))
	default:
		o.happened(e.seed, string(e.kind))
	}
	o.met[e.kind]++
	for _, seed := range o.concerned(e) {
		o.hide(e, seed, e.lasts)
	}
}

// concerned are the seeds at which an event hides something: what befalls connections befalls all
// that lead to the server.
func (o *owner) concerned(e event) []string {
	switch e.kind {
	case halfOpen, refusedConn, restarted:
		var list []string
		for _, s := range o.script.seeds {
			if s.Provider.ID == o.seed(e.seed).Provider.ID {
				list = append(list, s.Name)
			}
		}
		return list
	}
	return []string{e.seed}
}

// hide notes that a seed is hidden for a time, if the event can hide anything.
func (o *owner) hide(e event, seed string, lasts time.Duration) {
	if e.kind == falseNext {
		if o.hushed[seed] = true; e.many == 1 {
			return // the preset knows
		}
		lasts = 100 * time.Hour
	}
	kind := e.kind
	if kind == trapRenumber {
		kind = renumbering
	}
	if _, hides := recoveries[kind]; hides {
		now := time.Now()
		o.veils[seed] = append(o.veils[seed], veil{during: during{now, now.Add(lasts)}, kind: kind,
			rounds: kind != falseNext})
	}
}

func (o *owner) happened(seed, what string) {
	o.happens = append(o.happens, fmt.Sprintf("%s %s %s", time.Since(o.start), seed, what))
}

func (o *owner) seed(name string) seedtest.Seed {
	i := slices.IndexFunc(o.script.seeds, func(s seedtest.Seed) bool { return s.Name == name })
	return o.script.seeds[i]
}

func (o *owner) renumber(seed string) bool {
	o.world.Renumber(seed)
	o.shaped[seed] = true
	return true
}

func (o *owner) rename(seed string) bool {
	o.made[seed]++
	to := fmt.Sprintf("%s %d", receipts, o.made[seed])
	if !o.world.Rename(seed, o.filed[seed], to) {
		return false
	}
	o.filed[seed], o.shaped[seed] = to, true
	return true
}

// recreate deletes a mailbox with all that is in it, and makes it again a little later.
func (o *owner) recreate(e event) {
	name := ""
	o.act(e, func() bool {
		name, o.shaped[e.seed] = o.filed[e.seed], true
		return o.world.Delete(e.seed, name)
	})
	if name != "" && o.rest(2*time.Second+time.Duration(e.many)*time.Second) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.estate.audit(e.seed)
		o.world.Create(e.seed, name)
		o.estate.note(e.seed)
	}
}

// disturb lets mail of others come, go or be read by its owner.
func (o *owner) disturb(e event) bool {
	places := placesOf(o.world.Roles(e.seed))
	all := slices.DeleteFunc(othersIn(o.world.Letters(e.seed)), func(l lab.Letter) bool {
		return l.Role == seedtest.RoleAll
	})
	switch {
	case e.many%3 == 0 && len(all) > 0:
		return o.world.Flag(e.seed, all[e.many%len(all)], `\Answered`)
	case e.many%3 == 1 && len(all) > 0:
		return o.world.Remove(e.seed, all[len(all)-1])
	}
	return o.world.Deliver(e.seed, places[e.many%len(places)], foreign(500_000+e.many)) == nil
}

// before is told of each command before it is carried out. What waits for one happens then.
func (o *owner) before(seed, command string) {
	o.mu.Lock()
	wait := time.Duration(0)
	for _, e := range o.armed {
		if e.seed != seed || e.kind != slowList && !e.springs(command) {
			continue
		}
		if e.kind == slowList {
			if since := time.Since(o.start) - e.at; command == "LIST" && since < e.lasts {
				wait = time.Duration(1+e.many%3) * time.Second
				o.met[slowList]++
			}
			continue
		}
		o.spring(e)
	}
	o.mu.Unlock()
	if wait > 0 {
		o.rest(wait)
	}
}

// springs reports whether an event waits for a command.
func (e *event) springs(command string) bool {
	if e.kind == trapExpunge {
		return command == "UID FETCH"
	}
	return command == []string{"UID FETCH", "STATUS", "EXAMINE", "LIST"}[e.many%4]
}

// spring carries out what waited for a command, if there is a message of ours to do it to.
func (o *owner) spring(e *event) {
	var mine []lab.Letter
	for _, l := range o.world.Letters(e.seed) {
		if tokenIn(l.Raw) != "" && l.Role != seedtest.RoleAll {
			mine = append(mine, l)
		}
	}
	if len(mine) == 0 && e.kind != trapRenumber {
		return
	}
	o.armed = slices.DeleteFunc(slices.Clone(o.armed), func(x *event) bool { return x == e })
	places := placesOf(o.world.Roles(e.seed))
	o.actLocked(*e, func() bool {
		if e.kind == trapRenumber {
			return o.renumber(e.seed)
		}
		l := mine[e.many%len(mine)]
		to := places[e.many%len(places)]
		switch {
		case e.kind == trapExpunge:
			return o.world.Remove(e.seed, l)
		case to == l.Mailbox:
			to = places[(e.many+1)%len(places)]
		}
		moved := o.world.Move(e.seed, l, to)
		if e.kind == trapBack {
			o.estate.note(e.seed)
			for _, x := range o.world.Letters(e.seed) {
				if x.ID == l.ID && x.Mailbox == to {
					o.world.Move(e.seed, x, l.Mailbox)
				}
			}
		}
		return moved
	})
}

// Send accepts a message and begins its fate.
func (o *owner) Send(ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	if err := commit(ctx); err != nil {
		return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Stage: seedtest.StageBody}
	}
	f := fateOf(o.script.number, seedtest.Token(m.EnvelopeID))
	o.tasks.Go(func() { o.meet(m, f) })
	select {
	case <-time.After(f.answer):
		return seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal}
	case <-ctx.Done():
		return seedtest.Submission{Outcome: seedtest.OutcomeInDoubt, Stage: seedtest.StageFinal,
			Error: "the process ended"}
	}
}

// meet delivers a message, or not, and does to it what its fate says.
func (o *owner) meet(m seedtest.Composed, f fate) {
	seed, _, _ := strings.Cut(m.To[0], "@")
	if f.lost || !o.rest(f.wait) {
		return
	}
	if f.wait > 15*time.Minute {
		o.count(tardy)
	}
	classes := append([]string{""}, o.seed(seed).Provider.Classes...)
	o.deliver(seed, f.place, classes[f.class%len(classes)], m.Data, "delivered")
	for _, s := range f.steps {
		if !o.rest(s.after) {
			return
		}
		if s.deed == doubling {
			o.count(duplicate)
			o.deliver(seed, s.to, "", m.Data, "delivered again")
			continue
		}
		o.shift(seed, m.Data, s)
	}
}

func (o *owner) count(kind trouble) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.met[kind]++
}

func (o *owner) deliver(seed string, place int, class string, raw []byte, what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.estate.audit(seed)
	places := placesOf(o.world.Roles(seed))
	at := places[place%len(places)]
	if place%3 == 0 {
		at = "INBOX"
	}
	if o.world.DeliverAs(seed, at, class, raw) == nil {
		o.happened(seed, what+" to "+at)
	}
	o.estate.note(seed)
}

// shift does one thing to the first copy of a message that lies in a mailbox of its own.
func (o *owner) shift(seed string, raw []byte, s step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.estate.audit(seed)
	for _, l := range o.world.Letters(seed) {
		if tokenIn(l.Raw) != tokenIn(raw) || l.Role == seedtest.RoleAll {
			continue
		}
		places := slices.DeleteFunc(placesOf(o.world.Roles(seed)), func(p string) bool {
			return p == l.Mailbox
		})
		to := places[s.to%len(places)]
		done := false
		switch s.deed {
		case moving:
			done = o.world.Move(seed, l, to)
		case removing:
			done = o.world.Remove(seed, l)
		case copying:
			done = o.world.Copy(seed, l, to)
		}
		if done {
			o.met[trouble(s.deed)]++
			o.happened(seed, fmt.Sprintf("%s from %s to %s", s.deed, l.Mailbox, to))
		}
		break
	}
	o.estate.note(seed)
}

var errDead = errors.New("the process was killed")
