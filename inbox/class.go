package inbox

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// classUnknown is the class of a message whose class could not be read.
const classUnknown = "unknown"

// classAt says what class a message within INBOX has, as far as its header tells (rule 11): ""
// where the provider has none, unknown where somebody else has to be asked or nobody knows. The
// lowest field of that name may be the sender's, so the topmost counts.
func classAt(p seedtest.Provider, h Header) string {
	switch p.ClassBy {
	case seedtest.ClassNone:
		return ""
	case seedtest.ClassHeader:
		values := h.Values(p.ClassField)
		if len(values) == 0 {
			return classUnknown
		}
		for _, class := range p.Classes {
			if strings.EqualFold(strings.TrimSpace(values[0]), class) {
				return class
			}
		}
	}
	return classUnknown
}

// classEvery is how often the classes of what is followed are asked for again at a provider of
// others. A class that changes changes no status.
const classEvery = time.Hour

// followClasses asks whether the messages that are followed in INBOX still have their class, and
// records those that have another one.
func (v *vigil) followClasses(ctx context.Context, now bool) error {
	if v.seed.Provider.ClassBy != seedtest.ClassXGMRAW || !v.s.has("X-GM-EXT-1") ||
		!now && v.a.Now().Sub(v.sorted) < classEvery {
		return nil
	}
	at := v.a.Now()
	v.sorted = at
	changed, err := v.leftClass(ctx, at)
	if err != nil {
		return v.bearable(err)
	}
	for _, c := range changed {
		s := c.Sighting
		s.Class, s.ClassAfter = classUnknown, c.classed
		if err := v.classify(ctx, &s); err != nil {
			return err
		}
		if s.Class == classUnknown || s.Class == c.Class {
			continue
		}
		c.Sighting, c.classed = s, at
		c.Sighting.ClassAfter = time.Time{}
		if err := v.record(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// leftClass returns the copies that are not in their class any more: one search for each class.
func (v *vigil) leftClass(ctx context.Context, at time.Time) ([]*kept, error) {
	byClass := v.classed()
	if len(byClass) == 0 {
		return nil, nil
	}
	names := slices.Sorted(maps.Keys(byClass))
	var asks []func() func() error
	for _, class := range names {
		asks = append(asks, v.s.inCategory(class, uidsOfKept(byClass[class])))
	}
	visited, err := v.s.visit(ctx, inboxName, asks...)
	if err != nil {
		return nil, err
	}
	var left []*kept
	for i, class := range names {
		for _, c := range byClass[class] {
			if slices.Contains(visited.answers[i].found, c.UID) {
				c.classed = at
			} else {
				left = append(left, c)
			}
		}
	}
	return left, nil
}

// classed are the copies in INBOX that are followed and whose class is known, by it.
func (v *vigil) classed() map[string][]*kept {
	byClass := map[string][]*kept{}
	inbox, pending := v.inbox(), v.a.Pending()
	for _, c := range v.copies {
		if inbox != nil && c.Mailbox == inbox.Name && c.UIDValidity == inbox.validity && !c.gone &&
			slices.Contains(v.seed.Provider.Classes, c.Class) && v.followed(c, pending) {
			byClass[c.Class] = append(byClass[c.Class], c)
		}
	}
	return byClass
}

func uidsOfKept(copies []*kept) []uint32 {
	var list []uint32
	for _, c := range copies {
		list = append(list, c.UID)
	}
	return list
}

// bearable returns an error unless it is a refusal that only hides classes.
func (v *vigil) bearable(err error) error {
	if r := refused(err, seedtest.FaultMailbox); r == nil {
		return err
	} else if r.kind != seedtest.FaultMailbox {
		return r
	}
	return nil
}

// inCategory asks with Gmail's search extension which of some messages are in a class.
func (s *session) inCategory(class string, uids []uint32) func() func() error {
	return func() func() error {
		return dropFirst(s.client.UIDSearch(&imap.SearchCriteria{
			UID: []imap.UIDSet{uidSet(uids)},
			Header: []imap.SearchCriteriaHeaderField{
				{Key: "X-GM-RAW", Value: "category:" + class}},
		}, nil).Wait)
	}
}
