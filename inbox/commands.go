package inbox

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
)

const (
	headerLimit = 256 << 10 // bytes of a header that are fetched
	textLimit   = 4096      // bytes of a body that are fetched
	fetchBatch  = 50        // messages in one FETCH of headers
	flight      = 25        // STATUS commands sent as one
)

var statusItems = imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}

// status asks for the status of mailboxes, none of which may be selected. The map has those that
// answered; the other says why one did not.
func (s *session) status(ctx context.Context, names []string) (map[string]boxStatus,
	map[string]error, error) {
	got, failed := map[string]boxStatus{}, map[string]error{}
	for len(names) > 0 {
		n := min(len(names), flight)
		if err := s.statusFlight(ctx, names[:n], got, failed); err != nil {
			return nil, nil, err
		}
		names = names[n:]
	}
	return got, failed, nil
}

func (s *session) statusFlight(ctx context.Context, names []string, got map[string]boxStatus,
	failed map[string]error) error {
	sends := make([]func() func() error, len(names))
	for i, name := range names {
		sends[i] = func() func() error {
			return dropFirst(s.client.Status(name, &statusItems).Wait)
		}
	}
	answers, err := s.do(ctx, sends...)
	if answers == nil {
		return err
	}
	for i, a := range answers {
		for _, st := range a.statuses {
			got[st.mailbox] = st
		}
		if len(a.statuses) == 1 { // whatever spelling of the name the server has
			got[names[i]] = a.statuses[0]
		}
	}
	for i, name := range names {
		if _, ok := got[name]; ok {
			continue
		}
		failed[name] = errors.New("STATUS: the server told nothing")
		if a := answers[i]; a.status != "OK" {
			failed[name] = a.refusal()
		}
	}
	return nil
}

// examine opens a mailbox read-only.
func (s *session) examine(name string) func() func() error {
	return func() func() error {
		return dropFirst(s.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait)
	}
}

// leave closes the mailbox that is open. CLOSE removes nothing from one that was examined (RFC
// 9051 section 6.4.1).
func (s *session) leave() func() error {
	if s.has("UNSELECT") {
		return s.client.Unselect().Wait
	}
	return s.client.UnselectAndExpunge().Wait
}

// fetch asks for items of the messages in a set, in the mailbox that is open.
func (s *session) fetch(set imap.NumSet, options *imap.FetchOptions) func() func() error {
	return func() func() error { return s.client.Fetch(set, options).Close }
}

var fetchUIDs = &imap.FetchOptions{UID: true}

func fetchHeaders() *imap.FetchOptions {
	return &imap.FetchOptions{UID: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierHeader, Peek: true,
			Partial: &imap.SectionPartial{Size: headerLimit}}}}
}

// fetchBodies asks for headers and what stands first in the bodies, so many bytes of it.
func fetchBodies(size int64) *imap.FetchOptions {
	options := fetchHeaders()
	options.BodySection = append(options.BodySection, &imap.FetchItemBodySection{
		Specifier: imap.PartSpecifierText, Peek: true,
		Partial: &imap.SectionPartial{Size: size}})
	return options
}

// opened is what EXAMINE told.
type opened struct{ uidValidity, uidNext, exists uint32 }

// stop is a mailbox to visit and what to ask in it.
type stop struct {
	name string
	asks []func() func() error
}

// stay is what a visit brought: an answer to each question, or why there is none.
type stay struct {
	opened
	answers []*answer
	err     error // a refusal
}

// places are those of all messages that the visit told of. Dovecot works ahead: it may show what a
// command asks for before it ends the one before (RFC 9051 section 5.5), so that an answer can
// stand with the question before its own.
func (y stay) places() []place {
	var all []place
	for _, a := range y.answers {
		all = append(all, a.places...)
	}
	return all
}

func openedOf(a *answer) opened { return opened{a.uidValidity, a.uidNext, a.exists} }

// tour opens mailboxes read-only, asks in each, and leaves it again. At a server of ours all of it
// is one write; elsewhere each EXAMINE is waited for, because some providers count failed commands.
func (s *session) tour(ctx context.Context, stops []stop) ([]stay, error) {
	stays := make([]stay, len(stops))
	if !s.seed.Own {
		for i := range stops {
			if err := s.stepwise(ctx, stops[i], &stays[i]); err != nil {
				return nil, err
			}
		}
		return stays, nil
	}
	for at := 0; at < len(stops); at += flight {
		end := min(at+flight, len(stops))
		if err := s.atOnce(ctx, stops[at:end], stays[at:end]); err != nil {
			return nil, err
		}
	}
	return stays, nil
}

func (s *session) atOnce(ctx context.Context, stops []stop, stays []stay) error {
	var sends []func() func() error
	for _, p := range stops {
		sends = append(append(append(sends, s.examine(p.name)), p.asks...), s.leave)
	}
	answers, err := s.do(ctx, sends...)
	if answers == nil {
		return err
	}
	for i, p := range stops {
		n := len(p.asks) + 1
		stays[i] = stayOf(answers[0], answers[1:n])
		answers = answers[n+1:]
	}
	return nil
}

func (s *session) stepwise(ctx context.Context, p stop, into *stay) error {
	first, err := s.do(ctx, s.examine(p.name))
	if first == nil {
		return err
	}
	if err != nil {
		*into = stay{err: err}
		return nil
	}
	answers, err := s.do(ctx, append(append([]func() func() error(nil), p.asks...), s.leave)...)
	if answers == nil {
		return err
	}
	*into = stayOf(first[0], answers[:len(answers)-1])
	return nil
}

// stayOf joins what EXAMINE and the questions brought. Mail that came meanwhile is counted.
func stayOf(first *answer, answers []*answer) stay {
	y := stay{opened: openedOf(first), answers: answers}
	if y.err = first.refusal(); y.err == nil {
		y.err = firstRefusal(answers)
	}
	for _, a := range answers {
		y.exists = max(y.exists, a.exists)
	}
	return y
}

// visit is a tour of one mailbox. The error is a trouble or a refusal.
func (s *session) visit(ctx context.Context, name string, asks ...func() func() error) (stay,
	error) {
	stays, err := s.tour(ctx, []stop{{name: name, asks: asks}})
	if err != nil {
		return stay{}, err
	}
	return stays[0], stays[0].err
}

// uidsFrom is the set of all messages from a UID on. It always has the last message too.
func uidsFrom(from uint32) imap.UIDSet {
	return imap.UIDSet{imap.UIDRange{Start: imap.UID(from), Stop: 0}}
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// inClass asks with Gmail's search extension which of the classes a message of INBOX is in; empty
// if none has it, as when the provider has not sorted it yet.
func (s *session) inClass(ctx context.Context, uid uint32, classes []string) (string, error) {
	sends := make([]func() func() error, len(classes))
	for i, class := range classes {
		sends[i] = s.inCategory(class, []uint32{uid})
	}
	visited, err := s.visit(ctx, inboxName, sends...)
	if err != nil {
		return "", err
	}
	for i, a := range visited.answers {
		for _, found := range a.found {
			if found == uid {
				return classes[i], nil
			}
		}
	}
	return "", nil
}

const inboxName = "INBOX"
