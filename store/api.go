package store

import (
	"context"
	"errors"
	"time"

	"seedtest"
)

// Store is an open store. It may be used by several goroutines.
type Store struct{}

// Row is one run in the list of runs.
type Row struct {
	Run     seedtest.RunID
	Suite   string
	Started time.Time             // of its first fact
	Last    time.Time             // of its last fact
	Closed  *seedtest.CloseReason // nil: a process works it, or was broken off
}

// Usage is what the dose limits have counted at a moment (rule 22).
type Usage struct {
	Seeds     []Count // in 24 hours, by address
	Providers []Count // in an hour
	Breakers  []Breaker
}

// Count is how many messages went to one seed or provider.
type Count struct {
	Name     string // of the seed or provider
	Address  string // of the seed
	Messages int
	Free     time.Time // when the oldest of them is no longer counted
}

// Breaker keeps a route from a provider after a reply that means trouble (rule 22).
type Breaker struct {
	Route    string
	Provider string
	Why      string
	Until    time.Time
}

// Lease is a run held by this process.
type Lease struct{}

var errNotYet = errors.New("store: not written yet")

// Open opens the store at path.
func Open(ctx context.Context, path string) (*Store, error) { return nil, errNotYet }

// Close closes the store.
func (s *Store) Close() error { return nil }

// Key returns the installation key.
func (s *Store) Key() []byte { return nil }

// Append appends facts.
func (s *Store) Append(context.Context, seedtest.RunID, ...seedtest.Fact) error { return errNotYet }

// AppendAttempt appends an attempt unless a limit holds it.
func (s *Store) AppendAttempt(context.Context, seedtest.RunID, seedtest.Fact, seedtest.Dose) (
	*seedtest.Limit, error) {
	return nil, errNotYet
}

// Held asks whether a limit holds the dose.
func (s *Store) Held(context.Context, seedtest.RunID, seedtest.Dose) (*seedtest.Limit, error) {
	return nil, errNotYet
}

// Facts returns the facts of a run in order.
func (s *Store) Facts(context.Context, seedtest.RunID) ([]seedtest.Fact, error) {
	return nil, errNotYet
}

// Header returns header bytes by their sum.
func (s *Store) Header(context.Context, string) ([]byte, error) { return nil, errNotYet }

// Runs lists the runs, newest first.
func (s *Store) Runs(context.Context) ([]Row, error) { return nil, errNotYet }

// Find finds a run by reference.
func (s *Store) Find(context.Context, string) (seedtest.RunID, error) { return "", errNotYet }

// Doses returns what is counted at a moment.
func (s *Store) Doses(context.Context, time.Time) (Usage, error) { return Usage{}, errNotYet }

// Lease takes a run.
func (s *Store) Lease(context.Context, seedtest.RunID) (*Lease, error) { return nil, errNotYet }

// Renew keeps the lease.
func (l *Lease) Renew(context.Context) error { return errNotYet }

// Release gives the run up.
func (l *Lease) Release(context.Context) error { return errNotYet }
