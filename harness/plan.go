package harness

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"

	"seedtest"
)

// Request is what is asked of a run.
type Request struct {
	Run      seedtest.RunID
	Suite    seedtest.Suite
	Routes   []seedtest.Route
	Seeds    []seedtest.Seed
	Messages []seedtest.Message
	Limits   seedtest.Limits
	Version  string
	Edition  string
	Random   uint64 // seed of the order in which routes take turns
}

// Minter makes what names a message, so that Plan stays pure.
type Minter struct {
	ID        func() (uuid.UUID, error) // a new UUIDv7
	Key       []byte                    // the installation's
	MessageID func(seedtest.Token, seedtest.Identity) (string, error)
}

// Token makes a new tag.
func (m Minter) Token() (seedtest.Token, error) {
	id, err := m.ID()
	if err != nil {
		return "", fmt.Errorf("new id: %w", err)
	}
	return seedtest.MintToken(id, m.Key), nil
}

// Plan turns a request into the facts that open a run: one message for each message, seed and
// route. The routes of one seed follow each other, in an order drawn from Request.Random, so that
// they are compared under like conditions.
func Plan(q Request, m Minter, at time.Time) (seedtest.Opened, []seedtest.Planned, error) {
	opened := seedtest.Opened{Run: q.Run, Suite: q.Suite, Routes: q.Routes, Seeds: q.Seeds,
		Messages: q.Messages, Limits: q.Limits, Version: q.Version, Edition: q.Edition,
		Random: q.Random}
	if len(q.Routes) == 0 || len(q.Seeds) == 0 || len(q.Messages) == 0 {
		return opened, nil, fmt.Errorf("plan: suite %s: needs a route, a seed and a message",
			q.Suite.Name)
	}
	if q.Suite.Style == seedtest.StyleOneMessage {
		planned, err := planTogether(q, m, at)
		return opened, planned, err
	}
	draw := rand.New(rand.NewPCG(q.Random, 1))
	var planned []seedtest.Planned
	refs := refs{}
	for _, msg := range q.Messages {
		for _, seed := range q.Seeds {
			for _, i := range draw.Perm(len(q.Routes)) {
				p, err := planOne(q.Routes[i], seed, msg, m)
				if err != nil {
					return opened, nil, err
				}
				if err := refs.add(p.Token); err != nil {
					return opened, nil, err
				}
				n := strconv.Itoa(len(planned) + 1)
				p.Dispatch, p.Date = seedtest.DispatchID("d"+n), at
				p.Probes = []seedtest.PlannedProbe{{Probe: seedtest.ProbeID("p" + n), Seed: seed.Name}}
				planned = append(planned, p)
			}
		}
	}
	return opened, planned, nil
}

// refs are the subject references of a run, which tell its messages apart.
type refs map[string]bool

func (r refs) add(t seedtest.Token) error {
	if r[t.Ref()] {
		return errors.New("plan: two messages share a subject reference")
	}
	r[t.Ref()] = true
	return nil
}

func planOne(r seedtest.Route, s seedtest.Seed, msg seedtest.Message, m Minter) (
	seedtest.Planned, error) {
	token, err := m.Token()
	if err != nil {
		return seedtest.Planned{}, fmt.Errorf("plan: %w", err)
	}
	messageID, err := m.MessageID(token, r.Sender)
	if err != nil {
		return seedtest.Planned{}, fmt.Errorf("plan: route %s, seed %s: %w", r.Name, s.Name, err)
	}
	return seedtest.Planned{Token: token, MessageID: messageID, Route: r.Name, Message: msg.Name}, nil
}
