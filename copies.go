package seedtest

import (
	"fmt"
	"strings"
	"time"
)

// classUnknown marks a message whose class within INBOX could not be read (rule 11).
const classUnknown = "unknown"

// classPrimary is the class of INBOX itself.
const classPrimary = "primary"

// placementOf is what a copy in a mailbox means (rules 10, 11 and 13).
func placementOf(s Sighting) Placement {
	switch s.Role {
	case RoleInbox:
		if c := classOf(s); c != "" && c != classUnknown {
			return Category
		}
		return Inbox
	case RoleInboxLike:
		return Category
	case RoleJunk:
		return Junk
	}
	return Other
}

func classOf(s Sighting) string {
	if s.Class == classPrimary {
		return ""
	}
	return s.Class
}

// rank orders copies: the least decides. Negative copies never are a placement (rule 10).
func rank(s Sighting) int {
	switch s.Role {
	case RoleSent, RoleDrafts:
		return -1
	case RoleAll, RoleFlagged, RoleImportant:
		return 4
	}
	switch placementOf(s) {
	case Inbox:
		return 0
	case Category:
		return 1
	case Junk:
		return 2
	}
	return 3
}

// filed reports whether a copy lies in a mailbox of its own, not in a view over others.
func filed(s Sighting) bool { r := rank(s); return r >= 0 && r < 4 }

// byUs reports whether it was we who removed a copy.
func (s Seen) byUs() bool { return s.Gone != nil && s.Gone.ByUs }

// there reports whether a copy still lay where it was put, as far as its provider is concerned.
func (s Seen) there() bool { return s.Gone == nil || s.Gone.ByUs }

// asSeenAt is what was known of copies at a time.
func asSeenAt(seen []Seen, at time.Time) []Seen {
	var then []Seen
	for _, s := range seen {
		if s.At.After(at) {
			continue
		}
		if s.GoneAt.After(at) && !s.byUs() {
			s.Gone, s.GoneAt = nil, time.Time{}
		}
		then = append(then, s.classedAt(at))
	}
	return then
}

// classedAt is a copy with the class that it was known to have at a time.
func (s Seen) classedAt(at time.Time) Seen {
	for len(s.Classes) > 0 && s.Classes[len(s.Classes)-1].At.After(at) {
		last := s.Classes[len(s.Classes)-1]
		s.Class, s.Classes = last.From, s.Classes[:len(s.Classes)-1]
	}
	return s
}

// decisive returns the index of the copy that decides the current placement: the one of least
// rank that is still there, else the one that was there last; -1 if there is none.
func decisive(seen []Seen) int {
	best, last := -1, -1
	for i, s := range seen {
		if rank(s.Sighting) < 0 {
			continue
		}
		if s.there() && (best < 0 || rank(s.Sighting) < rank(seen[best].Sighting)) {
			best = i
		}
		if last < 0 || laterCopy(s, seen[last]) {
			last = i
		}
	}
	if best >= 0 {
		return best
	}
	return last
}

// laterCopy reports whether a copy was there later than another, of those that are gone. A view is
// later than a real mailbox only if it still had the message when the other was known not to. Of
// copies that were last seen at once the one decides that did before.
func laterCopy(a, b Seen) bool {
	switch {
	case filed(a.Sighting) && !filed(b.Sighting):
		return !b.Last.After(a.GoneAt)
	case filed(b.Sighting) && !filed(a.Sighting):
		return a.Last.After(b.GoneAt)
	case a.Last.Equal(b.Last):
		return rank(a.Sighting) <= rank(b.Sighting)
	}
	return a.Last.After(b.Last)
}

// lastFiled returns the index of the copy in a mailbox of its own that was there last; -1 if there
// is none.
func lastFiled(seen []Seen) int {
	last := -1
	for i, s := range seen {
		if filed(s.Sighting) && (last < 0 || laterCopy(s, seen[last])) {
			last = i
		}
	}
	return last
}

// lastChange is when the copies of a message were last seen to come, and to be there before going.
func lastChange(seen []Seen) (came, left time.Time) {
	for _, s := range seen {
		came = later(came, s.At)
		if !s.there() {
			left = later(left, s.Gone.LastSeen)
		}
	}
	return came, left
}

// firstCopy returns the index of the copy seen first, a real mailbox before a view; -1 if none. It
// is the first on record: a further process may have another clock.
func firstCopy(seen []Seen) int {
	first := -1
	for i, s := range seen {
		switch {
		case rank(s.Sighting) < 0:
		case first < 0,
			filed(s.Sighting) && !filed(seen[first].Sighting),
			s.At.Equal(seen[first].At) && rank(s.Sighting) < rank(seen[first].Sighting):
			first = i
		}
	}
	return first
}

// notesOf says what is worth knowing of a probe's copies: duplicates, moves and corrections.
func notesOf(p *Probe) []Note {
	var notes []Note
	add := func(code, text string) {
		notes = append(notes, Note{Code: code, Probe: p.ID, Seed: p.Seed, Text: text})
	}
	var there []string
	for _, s := range p.Sightings {
		if s.there() && filed(s.Sighting) {
			there = append(there, s.Mailbox)
		}
	}
	if len(there) > 1 {
		add("duplicate", fmt.Sprintf("%d copies: %s", len(there), strings.Join(there, ", ")))
	}
	if p.Placements.First.Seen() && p.Placements.First != p.Placements.Current {
		add("moved", fmt.Sprintf("first %s, now %s", p.Placements.First, p.Placements.Current))
	}
	if p.Placements.Current.Seen() && p.Proof != nil {
		add("corrected", "was overdue or missing before it came: absent at "+
			p.Proof.Begun.UTC().Format(time.RFC3339))
	}
	if b := p.againstSeen(); b != nil {
		add(noteReport, b.words()+", and yet it was seen")
	}
	return notes
}

// whySeen names the mailbox, the UID and the carriers of a copy.
func whySeen(s Seen) string {
	carriers := make([]string, len(s.Carriers))
	for i, c := range s.Carriers {
		carriers[i] = string(c)
	}
	by := strings.Join(carriers, ", ")
	why := fmt.Sprintf("seen in %s, UID %d, by %s", s.Mailbox, s.UID, by)
	switch {
	case s.ByHand && by != "":
		why = fmt.Sprintf("in %s by the word of its owner, who showed its source: tag in %s", s.Mailbox, by)
	case s.ByHand:
		why = fmt.Sprintf("in %s by the word of its owner, who showed no source", s.Mailbox)
	}
	switch {
	case s.byUs():
		why += "; removed by us on " + s.Gone.LastSeen.UTC().Format(time.DateOnly)
	case s.Gone != nil:
		why += "; gone since"
	case s.Role == RoleAll || s.Role == RoleFlagged || s.Role == RoleImportant:
		why += "; archived: no other mailbox has it"
	}
	return why
}

func readable(r *Round) int {
	n := 0
	for _, m := range r.Mailboxes {
		if m.OK {
			n++
		}
	}
	return n
}

// wordsOf quotes how a submission ended.
func wordsOf(s *Submission) string {
	if s.Reply != nil {
		return fmt.Sprintf("at %s%s", s.Stage, replyWords(s.Reply))
	}
	return fmt.Sprintf("at %s: %s", s.Stage, s.Error)
}

func lastWord(s *Submission) string {
	if s == nil {
		return ""
	}
	return "; last answer " + wordsOf(s)
}

func replyWords(r *Reply) string {
	if r == nil {
		return ""
	}
	text := fmt.Sprintf(": %d", r.Code)
	if r.Enhanced != "" {
		text += " " + r.Enhanced
	}
	return text + " " + strings.Join(strings.Fields(r.Text), " ")
}

// words rounds a duration to what a person reads.
func words(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}
