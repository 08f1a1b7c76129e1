package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"seedtest"
)

// box is a mailbox as the watch knows it.
type box struct {
	seedtest.Mailbox
	usable bool // its name can be sent back
	skip   bool // the preset says that it is never opened
	batch  int  // messages in one FETCH

	validity uint32
	base     uint32 // what is above it came afterwards
	next     uint32 // the lowest UID that was never asked for
	read     uids   // whose headers were read
	bodies   uids   // whose bodies were read too, or need not be
	again    int    // further looks at UIDs that were told and not shown

	former uids       // UIDs that were read under another name
	anew   *time.Time // the last look before it was numbered anew; nil: it was not

	since time.Time // all that was there then was read
	from  uint32    // UIDs from here on were not in use then

	asked   bool      // told holds an answer
	told    boxStatus // the last STATUS
	checked boxStatus // the one by which the copies that are followed were last asked for
	exists  uint32    // messages that were met since then by a visit
	held    uint32    // messages when all that was in it had last been read
	lies    bool      // its UIDNEXT cannot be believed

	missed   time.Time // when it was first not listed; zero: it is
	refused  time.Time // when it could not be read the last time that was tried; zero: it could
	refusals int       // in a row
}

// readable reports whether the mailbox may be opened at all.
func (b *box) readable() bool { return b.Selectable && b.usable && !b.skip }

// quick reports whether the looks at the pace go to the mailbox, and not only the sweeps.
func (b *box) quick() bool {
	return b.readable() && (b.Role == seedtest.RoleInbox || b.Role == seedtest.RoleJunk ||
		b.Role == seedtest.RoleInboxLike)
}

// Looks leave a mailbox alone that refused to be read, twice as long each time, and longer if no
// proof needs it: some providers count failed commands, and hang up after ten.
const (
	shyFor     = time.Minute
	shyForSide = 5 * time.Minute
	maxShy     = 6 // doublings
)

// willing reports whether a mailbox may be asked for in a look. A round asks for all.
func (v *vigil) willing(b *box) bool {
	if v.seed.Own || b.refused.IsZero() {
		return true
	}
	shy := shyForSide
	if b.Essential {
		shy = shyFor
	}
	return v.a.Now().Sub(b.refused) >= shy<<min(b.refusals-1, maxShy)
}

// whyUnreadable says why a mailbox is never opened.
func (b *box) whyUnreadable() string {
	switch {
	case b.skip:
		return "never opened at this provider"
	case !b.usable:
		return "its name is not in the encoding of IMAP and cannot be sent back"
	}
	return "cannot be selected"
}

// start makes everything above a UID be read, under a validity.
func (b *box) start(validity, base uint32) {
	b.validity, b.base, b.next = validity, base, above(base)
	b.read, b.bodies, b.again = nil, nil, 0
	b.since, b.from, b.held = time.Time{}, 0, 0
	b.former, b.anew = nil, nil
}

// startAt makes everything above a mark be read.
func (b *box) startAt(m seedtest.Mark) {
	b.start(m.UIDValidity, baseOf(m))
	b.held = m.Messages
}

// looked notes that all that was in the mailbox at a time was read, unless some of it was not.
func (b *box) looked(at time.Time) {
	if b.told.uidNext <= b.next {
		b.since, b.from = at, b.next
		b.held = max(b.told.messages, b.exists)
	}
}

// absent returns when a message with a UID is known not to have been here yet; zero if never.
func (b *box) absent(uid uint32) time.Time {
	if b.lies || uid < b.from {
		return time.Time{}
	}
	return b.since
}

// renumbered takes the validity that the server tells now. If it is another one, the mailbox is
// read anew (rule 6).
func (b *box) renumbered(validity uint32) {
	if validity == 0 || validity == b.validity {
		return
	}
	if b.validity == 0 && len(b.read) == 0 {
		b.validity = validity // it was not told before
		return
	}
	b.startAnew(validity)
}

// hear takes what a server tells of where the mailbox stands.
func (b *box) hear(st boxStatus) {
	b.told, b.asked, b.exists = st, true, 0
	switch {
	case b.lies:
	case b.remade(st):
		b.startAnew(st.uidValidity)
	default:
		b.lies = b.belied(st)
	}
}

// belied reports whether a status shows that its UIDNEXT cannot be believed: UIDs begin with 1 and
// rise, and the highest has none. So UIDNEXT never falls, and messages come only as it rises.
func (b *box) belied(st boxStatus) bool {
	switch {
	case st.uidNext == 0: // it is not told
		return false
	case st.uidNext == maxUID || st.messages >= st.uidNext:
		return true
	case b.validity == 0 || st.uidValidity != b.validity:
		return false
	}
	return st.uidNext < b.next || st.uidNext == b.next && st.messages > b.held
}

// fresh reports whether the last status tells of mail that was not read. Where UIDNEXT is not told
// or not to be believed only the mailbox itself can say.
func (b *box) fresh() bool {
	return b.lies || b.told.uidNext == 0 || b.told.uidNext > b.next || b.again > 0
}

// many reports whether the UIDs have to be listed before headers are fetched: because nobody tells
// how many there may be, or because there are many.
func (b *box) many() bool {
	return b.lies || b.told.uidNext == 0 || b.told.uidNext > b.next+uint32(b.batch)
}

const (
	holeBatch = 20 // UIDs that were told and not shown are asked for again, so many at a time
	askAgain  = 3  // and in so many looks: some servers count a message before they show it
)

// holes are the UIDs that were asked for and did not come.
func (b *box) holes() []span { return b.read.missing(above(b.base), b.next-1) }

// askedFor notes that all UIDs up to one were asked for; 0 if only holes were.
func (b *box) askedFor(to uint32) {
	if to >= b.next {
		if len(b.read.missing(b.next, to)) > 0 {
			b.again = askAgain + 1
		}
		b.next = above(to)
	}
	b.again = max(b.again-1, 0)
	if b.again > 0 && len(b.holes()) == 0 {
		b.again = 0
	}
}

// top is the highest UID that may be in use, by all that is known.
func (b *box) top(o opened) uint32 {
	top := b.next - 1
	for _, n := range []uint32{o.uidNext, b.told.uidNext} {
		if n > 0 {
			top = max(top, n-1)
		}
	}
	return top
}

// inbox returns the box of INBOX, or nil.
func (v *vigil) inbox() *box {
	for _, b := range v.boxes {
		if b.Role == seedtest.RoleInbox && b.readable() {
			return b
		}
	}
	return nil
}

func (v *vigil) boxNamed(name string) *box {
	for _, b := range v.boxes {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// which returns the mailboxes that a test picks.
func (v *vigil) which(pick func(*box) bool) []*box {
	var picked []*box
	for _, b := range v.boxes {
		if pick(b) {
			picked = append(picked, b)
		}
	}
	return picked
}

// list asks for the mailboxes, and records them if they are others than before. It returns the
// statuses that came with them. A mailbox that was not there before is read from its beginning.
func (v *vigil) list(ctx context.Context) (map[string]boxStatus, error) {
	listed, statuses, err := v.s.list(ctx)
	if r := refused(err, seedtest.FaultMailbox); r != nil {
		return nil, r
	}
	if err != nil {
		return nil, err
	}
	told := map[string]boxStatus{}
	for _, st := range statuses {
		told[st.mailbox] = st
	}
	return told, v.relist(ctx, listed)
}

func (v *vigil) relist(ctx context.Context, listed []listedBox) error {
	before := mailboxesOf(v.boxes)
	known := map[string]*box{}
	for _, b := range slices.Concat(v.boxes, v.left) {
		known[b.Name] = b
	}
	boxes := boxesOf(listed, *v.seed)
	for i, b := range boxes {
		if old := known[b.Name]; old != nil && (b.Selectable || !old.readable()) {
			old.Mailbox, old.usable, old.skip = b.Mailbox, b.usable, b.skip
			old.missed = time.Time{}
			boxes[i] = old
			continue
		}
		b.start(0, 0)
		b.lies = slices.Contains(v.seed.Provider.Quirks, "uidnext-unreliable")
	}
	v.left = v.missed(boxes)
	v.boxes = boxes
	return v.announce(ctx, !sameMailboxes(before, mailboxesOf(boxes)))
}

// announce records the mailboxes and how they are watched, unless that is on the record.
func (v *vigil) announce(ctx context.Context, changed bool) error {
	was := v.strategy
	v.strategy = choose(v.s.grounds(v.boxes, v.measured))
	if v.listed && !changed && v.strategy == was {
		return nil
	}
	v.listed = true
	return v.record(ctx, seedtest.Listing{Seed: v.seed.Name, Mailboxes: mailboxesOf(v.boxes),
		Capabilities: v.s.capabilities(), LoginTime: v.s.connectTime + v.s.loginTime,
		Strategy: string(v.strategy.How), Reason: v.strategy.Why})
}

// grounds are what a strategy is chosen by, after sign-in and LIST.
func (s *session) grounds(boxes []*box, m measured) grounds {
	g := grounds{own: s.seed.Own, caps: s.caps(), quirks: s.seed.Provider.Quirks, measured: m}
	for _, b := range boxes {
		if b.quick() {
			g.quick = append(g.quick, b.Mailbox)
		}
	}
	return g
}

// sameMailboxes compares whatever the order: Dovecot's changes from one LIST to the next.
func sameMailboxes(a, b []seedtest.Mailbox) bool {
	byName := func(x, y seedtest.Mailbox) int { return strings.Compare(x.Name, y.Name) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), byName),
		slices.SortedFunc(slices.Values(b), byName))
}

// boxesOf gives each listed mailbox its role. INBOX exists whether a server lists it or not.
func boxesOf(listed []listedBox, seed seedtest.Seed) []*box {
	var plain []Listed
	var usable []bool
	met := map[string]bool{}
	add := func(l listedBox) {
		name, clean := cleanName(l.Name)
		if met[name] {
			return
		}
		met[name], l.Name = true, name
		plain, usable = append(plain, l.Listed), append(usable, l.usable && clean)
	}
	for _, l := range listed {
		add(l)
	}
	add(listedBox{Listed: Listed{Name: inboxName}, usable: true})
	boxes := make([]*box, len(plain))
	for i, m := range Roles(plain, seed) {
		boxes[i] = &box{Mailbox: m, usable: usable[i], batch: batchOf(seed.Provider.Habits),
			skip: !m.Essential && skipped(plain[i], seed.Provider.Skip)}
	}
	return boxes
}

// skipped reports whether a mailbox is one that the preset skips, or lies in one.
func skipped(l Listed, skip []string) bool {
	for _, name := range skip {
		if l.is(name) || l.Delim != 0 && strings.HasPrefix(l.Name, name+string(l.Delim)) {
			return true
		}
	}
	return false
}

// cleanName makes a mailbox name fit to be kept; clean is false if that changed it, so that it cannot
// be sent back. Marks that turn text around stay: names in Arabic and Hebrew have them, and such a
// mailbox has to be read. Whoever shows a name takes the harm out of it.
func cleanName(name string) (string, bool) {
	hostile := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
	if len(name) <= maxName && !strings.ContainsFunc(name, hostile) {
		return name, true
	}
	return seedtest.OneLine(name, maxName), false
}

const maxName = 1000 // bytes of a mailbox name

func mailboxesOf(boxes []*box) []seedtest.Mailbox {
	all := make([]seedtest.Mailbox, len(boxes))
	for i, b := range boxes {
		all[i] = b.Mailbox
	}
	return all
}

// unreadable records that an essential mailbox cannot be read (rule 7: a side mailbox makes
// nothing blind). The error is one that ends the connection's work.
func (v *vigil) unreadable(ctx context.Context, b *box, err error) error {
	t := refused(err, seedtest.FaultMailbox)
	if t != nil && t.kind == seedtest.FaultThrottled {
		return t
	}
	b.refused = v.a.Now()
	b.refusals++
	if !b.Essential && !b.quick() {
		return nil
	}
	return v.suffer(ctx, &trouble{kind: seedtest.FaultMailbox, mailbox: b.Name,
		what: fmt.Sprintf("%s: %v", b.Name, err)})
}

// readAgain records that a mailbox can be read.
func (v *vigil) readAgain(ctx context.Context, b *box) error {
	b.refused, b.refusals = time.Time{}, 0
	return v.over(ctx, faultKey{seedtest.FaultMailbox, b.Name})
}
