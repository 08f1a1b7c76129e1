package lab

import (
	"slices"
	"sync"
	"time"
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind   FaultKind
	Party  string        // a seed's name, a provider's id or a route's name; empty: everybody
	After  int           // occurrences that still go well, or what the kind says
	For    time.Duration // how long after it was injected it ends by itself; 0: until it is lifted
	Detail string        // what the kind says
}

// FaultKind names what goes wrong.
type FaultKind string

// Faults of IMAP servers. Their party is a seed or a provider.
const (
	// The login is answered NO; Detail is the response text, if not [AUTHENTICATIONFAILED].
	IMAPRefuseLogin FaultKind = "imap-refuse-login"
	// The connection is closed before the greeting.
	IMAPRefuseConnect FaultKind = "imap-refuse-connect"
	// Once in each session, the connection is closed after After commands; in IDLE when there is
	// something to tell.
	IMAPDrop FaultKind = "imap-drop"
	// Nothing is answered any more.
	IMAPStall FaultKind = "imap-stall"
	// Each answer is late by Detail, a duration such as "200ms".
	IMAPSlow FaultKind = "imap-slow"
	// SELECT, EXAMINE and STATUS of the mailbox named by Detail are answered NO.
	IMAPMailboxNo FaultKind = "imap-mailbox-no"
	// Once, at the next LIST, STATUS, SELECT or EXAMINE, all mailboxes of the party get a new
	// UIDVALIDITY and their messages new UIDs. Who has one open gets BYE.
	IMAPUIDValidity FaultKind = "imap-uidvalidity"
	// Commands are answered NO [THROTTLED], or Detail.
	IMAPThrottle FaultKind = "imap-throttle"
	// Once in each session, the server says BYE and closes after After commands.
	IMAPBye FaultKind = "imap-bye"
	// IDLE is taken, and nothing is told in it.
	IMAPMuteIdle FaultKind = "imap-mute-idle"
	// STATUS, SELECT and EXAMINE tell an UIDNEXT of 1.
	IMAPUIDNext FaultKind = "imap-uidnext"
	// FETCH puts UID after the literal.
	IMAPUIDLast FaultKind = "imap-uid-last"
	// FETCH of several messages answers OK and nothing else.
	IMAPEmptyFetch FaultKind = "imap-empty-fetch"
)

// Faults of relays. Their party is a route.
const (
	// The connection is closed before the banner.
	SMTPRefuseConnect FaultKind = "smtp-refuse-connect"
	// The banner never comes.
	SMTPStallBanner FaultKind = "smtp-stall-banner"
	// The connection breaks after DATA, before the content's last octets were read.
	SMTPDropBeforeFinal FaultKind = "smtp-drop-before-final"
	// The message is taken and delivered; the connection breaks before the 250.
	SMTPDropAfterFinal FaultKind = "smtp-drop-after-final"
	// The message is read to its final dot and thrown away; the connection breaks.
	SMTPDropLost FaultKind = "smtp-drop-lost"
	// RCPT is answered 451 the first After times; always if After is 0.
	SMTPTransient FaultKind = "smtp-4yz"
	// Every connection is sent away with 421 before EHLO.
	SMTPUnavailable FaultKind = "smtp-421"
	// The certificate is for another name.
	SMTPBadCert FaultKind = "smtp-bad-cert"
	// STARTTLS is not offered.
	SMTPNoSTARTTLS FaultKind = "smtp-no-starttls"
	// The login is answered 535.
	SMTPAuthRefused FaultKind = "smtp-auth-refused"
	// Each answer is late by Detail, a duration such as "200ms".
	SMTPSlow FaultKind = "smtp-slow"
)

// delay returns the duration that Detail gives, 0 if it gives none.
func (f Fault) delay() time.Duration {
	d, err := time.ParseDuration(f.Detail)
	if err != nil {
		return 0
	}
	return d
}

// due reports whether the fault strikes at its nth occurrence, counted from 1.
func (f Fault) due(n int) bool {
	switch f.Kind {
	case IMAPDrop, IMAPBye: // After counts commands of a session: the server's business
		return true
	case SMTPTransient:
		return f.After == 0 || n <= f.After
	}
	return n > f.After
}

// faultBook holds what goes wrong at present. A nil book knows no faults.
type faultBook struct {
	now func() time.Time

	mu   sync.Mutex
	list []*injected
	past []Fault // every fault that ever was injected
}

type injected struct {
	Fault
	since time.Time
	count int // occurrences so far
	spent bool
}

func newFaultBook(now func() time.Time, faults ...Fault) *faultBook {
	b := &faultBook{now: now}
	for _, f := range faults {
		b.inject(f)
	}
	return b
}

// inject adds a fault; lift takes it out again.
func (b *faultBook) inject(f Fault) (lift func()) {
	entry := &injected{Fault: f, since: b.now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, entry)
	b.past = append(b.past, f)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.list = slices.DeleteFunc(b.list, func(e *injected) bool { return e == entry })
	}
}

// active counts an occurrence of what a fault may spoil, at any of the parties, and returns the
// fault if it strikes.
func (b *faultBook) active(kind FaultKind, party ...string) (Fault, bool) {
	return b.strike(kind, false, func(f Fault) bool { return f.at(party) })
}

// activeAt is active for a fault whose Detail names what it spoils.
func (b *faultBook) activeAt(kind FaultKind, detail string, party ...string) (Fault, bool) {
	return b.strike(kind, false, func(f Fault) bool { return f.at(party) && f.Detail == detail })
}

// once is active for a fault that strikes a single time.
func (b *faultBook) once(kind FaultKind, party ...string) (Fault, bool) {
	return b.strike(kind, true, func(f Fault) bool { return f.at(party) })
}

func (b *faultBook) strike(kind FaultKind, once bool, meant func(Fault) bool) (Fault, bool) {
	if b == nil {
		return Fault{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.list {
		if e.Kind != kind || e.over(b.now()) || !meant(e.Fault) {
			continue
		}
		e.count++
		if e.spent || !e.due(e.count) {
			continue
		}
		e.spent = once
		return e.Fault, true
	}
	return Fault{}, false
}

func (e *injected) over(now time.Time) bool {
	return e.For > 0 && now.Sub(e.since) >= e.For
}

func (f Fault) at(party []string) bool {
	return f.Party == "" || slices.Contains(party, f.Party)
}

// history returns every fault that ever was injected.
func (b *faultBook) history() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.past)
}
