package inbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// take reads the headers that a mailbox brought, and returns the sightings in them. A message
// whose header did not come counts as not read.
func (v *vigil) take(b *box, got []fetched) []seedtest.Sighting {
	var found []seedtest.Sighting
	awaited := tokensOf(v.a.Pending())
	for _, f := range got {
		if f.uid <= b.base || !f.hasHeader || b.read.has(f.uid) {
			continue
		}
		b.read.add(f.uid)
		if v.a.Reports != nil {
			v.suspect(b, f)
			continue
		}
		matches := Tokens(readFields(f.header), awaited, v.a.Known)
		found = append(found, v.sightings(b, f, matches)...)
	}
	return found
}

func tokensOf(p seedtest.PendingProbes) []seedtest.Token {
	tokens := make([]seedtest.Token, 0, len(p.Awaited))
	for _, a := range p.Awaited {
		if !slices.Contains(tokens, a.Token) {
			tokens = append(tokens, a.Token)
		}
	}
	return tokens
}

// sightings makes sightings of what one message carries. A message seen by an earlier process is
// none again.
func (v *vigil) sightings(b *box, f fetched, matches []Match) []seedtest.Sighting {
	var found []seedtest.Sighting
	for _, m := range matches {
		if c := v.canaryOf(m.Token); c != nil {
			meet(c, b, f.uid)
			continue
		}
		s := seedtest.Sighting{Seed: v.seed.Name, Token: m.Token, Mailbox: b.Name, Role: b.Role,
			Class: b.Class, UIDValidity: b.validity, UID: f.uid, InternalDate: f.internalDate,
			Absent:   b.absent(f.uid),
			Carriers: m.Carriers, Header: bytes.Clone(f.header)}
		if b.Role == seedtest.RoleInbox {
			s.Class = classAt(v.seed.Provider, readFields(f.header))
		}
		if c := v.copyOf(s); c != nil {
			c.seen = v.asked
			continue
		}
		found = append(found, s)
	}
	if len(matches) > 0 {
		b.bodies.add(f.uid) // its tag is known: the body need not be read
	}
	return found
}

// sighted records sightings, with the class of those in INBOX where it can be read (rule 11). What
// was seen is recorded whatever happens to the connection while the class is asked for: it will
// not be read again.
func (v *vigil) sighted(ctx context.Context, found []seedtest.Sighting) error {
	facts := make([]seedtest.FactBody, 0, len(found))
	var trouble error
	for i := range found {
		if trouble == nil {
			trouble = v.classify(ctx, &found[i])
		}
		facts = append(facts, found[i])
	}
	if err := v.record(ctx, facts...); err != nil {
		return err
	}
	for _, s := range found {
		s.Header = nil
		v.keep(s)
		v.hasty = v.hasty || s.Role != seedtest.RoleInbox
	}
	return trouble
}

// classify asks for the class of a message within INBOX.
func (v *vigil) classify(ctx context.Context, s *seedtest.Sighting) error {
	p := v.seed.Provider
	if s.Class != classUnknown || p.ClassBy != seedtest.ClassXGMRAW || !v.s.has("X-GM-EXT-1") {
		return nil
	}
	class, err := v.s.inClass(ctx, s.UID, p.Classes)
	if refused(err, "") != nil {
		return v.bearable(err)
	}
	if class != "" {
		s.Class = class
	}
	return err
}

// readMany lists what is above the last UID that was asked for, and reads it in batches.
func (v *vigil) readMany(ctx context.Context, b *box) error {
	there, y, err := v.listUIDs(ctx, b, b.next)
	if err != nil {
		return err
	}
	b.exists = y.exists
	if err := v.readUIDs(ctx, b, notIn(there, b.read)); err != nil {
		return err
	}
	to := b.told.uidNext - min(b.told.uidNext, 1)
	if len(there) > 0 {
		to = max(to, there[len(there)-1])
	}
	b.askedFor(to)
	return nil
}

// readUIDs fetches the headers of some messages.
func (v *vigil) readUIDs(ctx context.Context, b *box, there []uint32) error {
	for batch := range slices.Chunk(there, b.batch) {
		y, err := v.s.visit(ctx, b.Name, v.s.fetch(uidSet(batch), fetchHeaders()))
		if err != nil {
			return err
		}
		if err := v.sighted(ctx, v.take(b, y.answers[0].fetched)); err != nil {
			return err
		}
	}
	return nil
}

// listUIDs lists the UIDs in use from one on. The messages that a server tells of must be the last
// in the mailbox without a gap; where they are not, or something is missing below, it has lost
// some, and all are asked for by their place too.
func (v *vigil) listUIDs(ctx context.Context, b *box, from uint32) (there []uint32, y stay,
	err error) {
	for range askAgain {
		if y, err = v.s.visit(ctx, b.Name, v.s.fetch(uidsFrom(from), fetchUIDs)); err != nil {
			return nil, y, err
		}
		old := b.validity
		if b.renumbered(y.uidValidity); old == 0 || b.validity == old {
			there, err = v.accountFor(ctx, b, from, y)
			return there, y, err
		}
		from = b.next // all is new
	}
	return nil, y, &refusal{command: "EXAMINE", status: "OK", text: "UIDVALIDITY changes all the time"}
}

func (v *vigil) accountFor(ctx context.Context, b *box, from uint32, y stay) ([]uint32, error) {
	places := y.answers[0].places
	if !contiguous(places, y.exists) || y.answers[0].limited() {
		more, err := v.placesDown(ctx, b, from, y.exists)
		if err != nil {
			return nil, err
		}
		places = append(places, more...)
	}
	return uidsAbove(places, from), nil
}

// uidsAbove returns the UIDs of places from one on, rising.
func uidsAbove(places []place, from uint32) []uint32 {
	var list []uint32
	for _, p := range places {
		if p.uid >= from {
			list = append(list, p.uid)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// contiguous reports whether places are the last ones of a mailbox without a gap.
func contiguous(places []place, exists uint32) bool {
	if exists == 0 {
		return true
	}
	if len(places) == 0 {
		return false
	}
	seqs := make([]uint32, len(places))
	for i, p := range places {
		seqs[i] = p.seq
	}
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	first, last := seqs[0], seqs[len(seqs)-1]
	return last >= exists && int(last-first)+1 == len(seqs)
}

const (
	placeBatch = 500     // messages that are asked for by their place at once
	mostPlaces = 100_000 // and in all: a server can count messages that it has not
)

// placesDown lists messages by their place, from the last one down to a UID.
func (v *vigil) placesDown(ctx context.Context, b *box, from, exists uint32) ([]place, error) {
	var all []place
	for hi := exists; hi > 0; {
		lo := hi - min(hi, placeBatch) + 1
		set := imap.SeqSet{imap.SeqRange{Start: lo, Stop: hi}}
		y, err := v.s.visit(ctx, b.Name, v.s.fetch(set, fetchUIDs))
		if err != nil {
			return nil, err
		}
		places, below := y.answers[0].places, false
		for _, p := range places {
			all = append(all, p)
			below = below || p.uid < from
		}
		if below || lo == 1 {
			break
		}
		if len(places) == 0 || exists-lo >= mostPlaces {
			return nil, &refusal{command: "FETCH", status: "OK", text: fmt.Sprintf(
				"the server counts %d messages and does not tell which", exists)}
		}
		hi = lo - 1
	}
	return all, nil
}
