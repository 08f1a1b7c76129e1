package lab

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// Queue makes relays take mail before they hand it on: they say 250 without having asked an MX, try
// again what is put off, and report to the envelope's sender what becomes of it, as far as they were
// asked (RFC 3461). The reports come to an account of their own, [ReturnPath].
type Queue struct {
	Retry time.Duration // between tries; 0: 1 s
	Tries int           // after which a message is given up; 0: 5
	Junk  bool          // reports are filed as junk
}

// ReturnPath is the account that delivery reports come to, as faults and an account's owner name it.
const ReturnPath = "bounces"

const (
	defaultRetry = time.Second
	defaultTries = 5
)

// returnParty is the server of the account of the return path.
func returnParty() providerParty {
	style := strictLike
	style.id = "returns"
	return providerParty{domain: "example.org", style: style, imap: "imap.example.org",
		imapIP: netip.AddrFrom4([4]byte{198, 51, 100, 5}), preset: seedtest.Provider{ID: style.id}}
}

// returnMailbox is how the account of a route's return path is read, nil if reports do not come to it.
func (r *relay) returnMailbox() *seedtest.Seed {
	if r.queue == nil {
		return nil
	}
	s := r.world.returns
	return &seedtest.Seed{Name: "return path of " + r.sender.Name, Address: s.address, Own: true,
		Server: s.provider.mailbox(), Login: login(s.address, s.secret, false), CA: r.world.CA()}
}

// reportsAsked are the events that clients ask a relay with a queue to report.
func (r *relay) reportsAsked() []seedtest.Notify {
	if r.queue == nil {
		return nil
	}
	return []seedtest.Notify{seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay}
}

// asked is what a client asked to be reported, and how.
type asked struct {
	envID  string
	whole  bool // RET=FULL
	notify []smtp.DSNNotify
	orcpt  string
}

// wants reports whether an event is to be reported. Who says nothing learns of failure and delay.
func (a asked) wants(event smtp.DSNNotify) bool {
	if len(a.notify) == 0 {
		return event != smtp.DSNNotifySuccess
	}
	return slices.Contains(a.notify, event)
}

// queued is a message in a relay's queue.
type queued struct {
	*parcel
	asked
	about   mailing
	message []byte
}

// enqueue takes a message into the queue. Close waits for what is handed on.
func (s *relaySession) enqueue(p *parcel, message []byte) {
	q := &queued{parcel: p, asked: s.asked, about: s.about(p.messageID), message: message}
	s.world.tasks.Go(q.run)
}

// run tries until the message is handed on, refused or given up, and reports.
func (q *queued) run() {
	queue := q.relay.queue
	retry, tries := queue.Retry, queue.Tries
	if retry == 0 {
		retry = defaultRetry
	}
	if tries == 0 {
		tries = defaultTries
	}
	for n := 1; ; n++ {
		at, said, failed := q.try()
		q.relay.log.add(q.tried(at, said, failed))
		switch {
		case failed == nil:
			q.relay.log.add(q.removed())
			q.report(event{smtp.DSNNotifySuccess, "relayed", at, "smtp; " + oneLine(said), "2.0.0"})
			return
		case !failed.Temporary() || n == tries:
			q.relay.log.add(q.removed())
			q.relay.world.truth.note(q.about, Event{What: Bounced, Detail: words(failed)})
			q.report(failure(smtp.DSNNotifyFailure, "failed", at, failed))
			return
		case n == 1:
			q.report(failure(smtp.DSNNotifyDelayed, "delayed", at, failed))
		}
		timer := time.NewTimer(retry)
		select {
		case <-timer.C:
		case <-q.relay.world.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// try hands the message on to the MX of its recipient.
func (q *queued) try() (at *hop, said string, failed *smtp.SMTPError) {
	at, failed = q.relay.open(q.from, q.to)
	if failed != nil {
		return at, "", failed
	}
	defer at.close()
	said, failed = at.content(q.message)
	return at, said, failed
}

// report has a report of an event come to the sender, if one is wanted. Nobody reads those to other
// senders than that of the return path.
func (q *queued) report(e event) {
	a := q.relay.world.returns
	local, domain, _ := strings.Cut(q.from, "@")
	name, _, _ := strings.Cut(local, "+")
	if !q.wants(e.what) || name+"@"+domain != a.address {
		return
	}
	role := seedtest.RoleInbox
	if q.relay.queue.Junk {
		role = seedtest.RoleJunk
	}
	_, _ = a.account.deliver(a.account.role(role), "", q.compose(e)) // every style has both
}
