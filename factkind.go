package seedtest

import (
	"encoding/json"
	"fmt"
	"time"
)

// FactKind implements FactBody.
func (Opened) FactKind() FactKind { return KindOpened }

// FactKind implements FactBody.
func (Planned) FactKind() FactKind { return KindPlanned }

// FactKind implements FactBody.
func (Listing) FactKind() FactKind { return KindListing }

// FactKind implements FactBody.
func (Baseline) FactKind() FactKind { return KindBaseline }

// FactKind implements FactBody.
func (Attempt) FactKind() FactKind { return KindAttempt }

// FactKind implements FactBody.
func (Submission) FactKind() FactKind { return KindSubmission }

// FactKind implements FactBody.
func (Relayed) FactKind() FactKind { return KindRelayed }

// FactKind implements FactBody.
func (Sighting) FactKind() FactKind { return KindSighting }

// FactKind implements FactBody.
func (Gone) FactKind() FactKind { return KindGone }

// FactKind implements FactBody.
func (Round) FactKind() FactKind { return KindRound }

// FactKind implements FactBody.
func (Canary) FactKind() FactKind { return KindCanary }

// FactKind implements FactBody.
func (Bounce) FactKind() FactKind { return KindBounce }

// FactKind implements FactBody.
func (Fault) FactKind() FactKind { return KindFault }

// FactKind implements FactBody.
func (Limit) FactKind() FactKind { return KindLimit }

// FactKind implements FactBody.
func (Closed) FactKind() FactKind { return KindClosed }

// FactKind implements FactBody.
func (Resumed) FactKind() FactKind { return KindResumed }

// FactKind implements FactBody.
func (Spent) FactKind() FactKind { return KindSpent }

// FactKind implements FactBody.
func (Looked) FactKind() FactKind { return KindLooked }

// DecodeFact reads a body that was encoded as JSON. A kind that this version does not know is an
// error, because a store of a newer version must not be judged in ignorance.
func DecodeFact(kind FactKind, at time.Time, body []byte) (Fact, error) {
	decode, ok := decoders[kind]
	if !ok {
		return Fact{}, fmt.Errorf("fact of unknown kind %q", kind)
	}
	b, err := decode(body)
	if err != nil {
		return Fact{}, fmt.Errorf("fact %s: %w", kind, err)
	}
	return Fact{At: at, Body: b}, nil
}

var decoders = map[FactKind]func([]byte) (FactBody, error){
	KindOpened:     decodeAs[Opened],
	KindPlanned:    decodeAs[Planned],
	KindListing:    decodeAs[Listing],
	KindBaseline:   decodeAs[Baseline],
	KindAttempt:    decodeAs[Attempt],
	KindSubmission: decodeAs[Submission],
	KindRelayed:    decodeAs[Relayed],
	KindSighting:   decodeAs[Sighting],
	KindGone:       decodeAs[Gone],
	KindRound:      decodeAs[Round],
	KindCanary:     decodeAs[Canary],
	KindBounce:     decodeAs[Bounce],
	KindFault:      decodeAs[Fault],
	KindLimit:      decodeAs[Limit],
	KindClosed:     decodeAs[Closed],
	KindResumed:    decodeAs[Resumed],
	KindSpent:      decodeAs[Spent],
	KindLooked:     decodeAs[Looked],
}

func decodeAs[T FactBody](body []byte) (FactBody, error) {
	var b T
	err := json.Unmarshal(body, &b)
	return b, err
}
