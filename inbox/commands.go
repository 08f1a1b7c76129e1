package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

const (
	headerLimit = 256 << 10 // bytes of a header that are fetched
	textLimit   = 4096      // bytes of a body that are fetched
	fetchBatch  = 50        // messages in one FETCH of headers
	flight      = 25        // STATUS commands sent as one
)

var statusItems = imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}

// list asks for all mailboxes, and where the server can tell both at once for their status too.
func (s *session) list(ctx context.Context) ([]listedBox, []boxStatus, error) {
	options := &imap.ListOptions{ReturnSpecialUse: s.has("SPECIAL-USE") && s.has("LIST-EXTENDED")}
	if s.has("LIST-STATUS") {
		options.ReturnStatus = &statusItems
	}
	answers, err := s.do(ctx, func() func() error {
		cmd := s.client.List("", "*", options)
		return dropFirst(cmd.Collect)
	})
	if err != nil {
		return nil, nil, err
	}
	return answers[0].listed, answers[0].statuses, nil
}

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
	for _, a := range answers {
		for _, st := range a.statuses {
			got[st.mailbox] = st
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

func fetchText() *imap.FetchOptions {
	return &imap.FetchOptions{UID: true,
		BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierText, Peek: true,
			Partial: &imap.SectionPartial{Size: textLimit}}}}
}

// opened is what EXAMINE told.
type opened struct{ uidValidity, uidNext, exists uint32 }

// visit opens a mailbox read-only, carries out what may be sent in the same write, and leaves it.
// A refused EXAMINE is the error; what was sent after it then failed too.
func (s *session) visit(ctx context.Context, name string, more ...func() func() error) (opened,
	[]*answer, error) {
	sends := append([]func() func() error{s.examine(name)}, more...)
	sends = append(sends, s.leave)
	if !s.seed.Own {
		return s.visitStepwise(ctx, sends)
	}
	answers, err := s.do(ctx, sends...)
	if answers == nil {
		return opened{}, nil, err
	}
	if err := firstRefusal(answers[:len(answers)-1]); err != nil {
		return opened{}, nil, err
	}
	return openedOf(answers[0]), answers[1 : len(answers)-1], nil
}

// visitStepwise waits for EXAMINE before it sends the rest: some providers count failed commands.
func (s *session) visitStepwise(ctx context.Context, sends []func() func() error) (opened,
	[]*answer, error) {
	first, err := s.do(ctx, sends[0])
	if err != nil {
		return opened{}, nil, err
	}
	answers, err := s.do(ctx, sends[1:]...)
	if answers == nil {
		return opened{}, nil, err
	}
	if err := firstRefusal(answers[:len(answers)-1]); err != nil {
		return opened{}, nil, err
	}
	return openedOf(first[0]), answers[:len(answers)-1], nil
}

func openedOf(a *answer) opened { return opened{a.uidValidity, a.uidNext, a.exists} }

// uidsFrom lists the UIDs in use from a UID on. "n:*" always names the last message too.
func (s *session) uidsFrom(ctx context.Context, name string, from uint32) (opened, []uint32, error) {
	set := imap.UIDSet{imap.UIDRange{Start: imap.UID(from), Stop: 0}}
	o, answers, err := s.visit(ctx, name, s.fetch(set, fetchUIDs))
	if err != nil {
		return o, nil, err
	}
	var uids []uint32
	for _, f := range answers[0].fetched {
		if f.uid >= from {
			uids = append(uids, f.uid)
		}
	}
	return o, uids, nil
}

// uidsOf says which of some UIDs are still in use.
func (s *session) uidsOf(ctx context.Context, name string, uids []uint32) (opened, map[uint32]bool,
	error) {
	o, answers, err := s.visit(ctx, name, s.fetch(uidSet(uids), fetchUIDs))
	if err != nil {
		return o, nil, err
	}
	there := map[uint32]bool{}
	for _, f := range answers[0].fetched {
		there[f.uid] = true
	}
	return o, there, nil
}

// headersRange fetches the headers of a range of UIDs.
func (s *session) headersRange(ctx context.Context, name string, from, to uint32) (opened,
	[]fetched, error) {
	set := imap.UIDSet{imap.UIDRange{Start: imap.UID(from), Stop: imap.UID(to)}}
	o, answers, err := s.visit(ctx, name, s.fetch(set, fetchHeaders()))
	if err != nil {
		return o, nil, err
	}
	return o, answers[0].fetched, nil
}

// fetchSet fetches items of some UIDs.
func (s *session) fetchSet(ctx context.Context, name string, uids []uint32,
	options *imap.FetchOptions) (opened, []fetched, error) {
	o, answers, err := s.visit(ctx, name, s.fetch(uidSet(uids), options))
	if err != nil {
		return o, nil, err
	}
	return o, answers[0].fetched, nil
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// inClass asks with Gmail's search extension which of the classes a message of INBOX is in; empty
// if in none.
func (s *session) inClass(ctx context.Context, uid uint32, classes []string) (string, error) {
	sends := make([]func() func() error, len(classes))
	for i, class := range classes {
		sends[i] = func() func() error {
			return dropFirst(s.client.UIDSearch(&imap.SearchCriteria{
				UID: []imap.UIDSet{uidSet([]uint32{uid})},
				Header: []imap.SearchCriteriaHeaderField{
					{Key: "X-GM-RAW", Value: "category:" + class}},
			}, nil).Wait)
		}
	}
	_, answers, err := s.visit(ctx, inboxName, sends...)
	if err != nil {
		return "", err
	}
	for i, a := range answers {
		for _, found := range a.found {
			if found == uid {
				return classes[i], nil
			}
		}
	}
	return "", fmt.Errorf("UID %d is in none of the classes", uid)
}

const inboxName = "INBOX"
