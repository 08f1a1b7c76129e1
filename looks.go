package seedtest

import (
	"slices"
	"time"
)

// looks is what the complete looks at a seed tell of its mailboxes.
type looks struct {
	looked Looked               // the last
	read   map[string]time.Time // by mailbox: the last complete round that read it
}

// round takes what a complete round tells: the copies that are not gone by then were there.
func (f *Folder) round(r Round) {
	if !r.Complete || r.ByHand {
		return
	}
	l := f.looks[r.Seed]
	if l.read == nil {
		l.read = map[string]time.Time{}
	}
	read := map[string]uint32{}
	for _, m := range r.Mailboxes {
		if m.OK {
			l.read[m.Name], read[m.Name] = r.Begun, m.UIDValidity
		}
	}
	f.looks[r.Seed] = l
	f.stillThere(r.Seed, r.Begun, func(s Sighting) bool {
		validity, ok := read[s.Mailbox]
		return ok && validity == s.UIDValidity
	})
}

// look takes what a look at all mailboxes tells.
func (f *Folder) look(b Looked) {
	l := f.looks[b.Seed]
	l.looked = b
	f.looks[b.Seed] = l
	f.stillThere(b.Seed, b.Begun, func(s Sighting) bool { return !slices.Contains(b.But, s.Mailbox) })
}

// stillThere notes that copies that are not gone were there at a time.
func (f *Folder) stillThere(seed string, at time.Time, looked func(Sighting) bool) {
	for _, i := range f.bySeed[seed] {
		seen := f.run.Probes[i].Sightings
		for k := range seen {
			if s := &seen[k]; s.Gone == nil && !s.ByHand && looked(s.Sighting) {
				s.Last = later(s.Last, at)
			}
		}
	}
}

// absent returns when the mailbox of a new copy is last known not to have had it: by what the
// watcher knew, and by what earlier looks are on record. A mailbox with a new UIDVALIDITY may have
// had it before.
func (f *Folder) absent(p *Probe, b Sighting) time.Time {
	if slices.ContainsFunc(p.Sightings, func(s Seen) bool { return renumbered(s, Seen{Sighting: b}) }) {
		return b.Absent
	}
	l := f.looks[b.Seed]
	at := later(b.Absent, l.read[b.Mailbox])
	if !slices.Contains(l.looked.But, b.Mailbox) {
		at = later(at, l.looked.Begun)
	}
	return at
}
