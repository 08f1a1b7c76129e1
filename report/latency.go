package report

import (
	"time"

	"seedtest"
)

// latency is how long a probe took, part by part. nil is not known.
type latency struct {
	Submit  *float64 `json:"submit_s"`  // connect to the final reply, our clock
	Transit *float64 `json:"transit_s"` // final reply to the topmost trusted Received, two clocks
	Store   *float64 `json:"store_s"`   // from there to INTERNALDATE, whole seconds
	Notice  *float64 `json:"notice_s"`  // final reply to the first sighting, our clock
	Total   *float64 `json:"total_s"`   // connect to the first sighting
}

func latencyOf(p seedtest.Probe) latency {
	var l latency
	begun := connected(p)
	if !p.Accepted.IsZero() && !begun.IsZero() {
		l.Submit = between(begun, p.Accepted)
	}
	first, ok := firstSeen(p)
	if ok && !p.Accepted.IsZero() && !first.ByHand {
		l.Notice = between(p.Accepted, first.At)
	}
	if d, ok := p.Total(); ok {
		s := seconds(d)
		l.Total = &s
	}
	top := topHop(p.Analysis)
	if top == nil {
		return l
	}
	l.Transit = transit(p.Accepted, *top)
	if s := p.Decisive(); s != nil && !s.InternalDate.IsZero() {
		l.Store = between(top.Time.Truncate(time.Second), s.InternalDate)
	}
	return l
}

// transit is the time on the way by two clocks, nil when they disagree by more than it. A Received
// date has whole seconds, so up to one second before the reply is at once.
func transit(accepted time.Time, top seedtest.Hop) *float64 {
	if accepted.IsZero() {
		return nil
	}
	d := top.Time.Sub(accepted)
	if d <= -time.Second {
		return nil
	}
	d = max(d, 0)
	if top.Skewed && (top.Delay == nil || -*top.Delay > d) {
		return nil
	}
	s := seconds(d)
	return &s
}

// topHop is the topmost Received field that the provider wrote itself and that has a time.
func topHop(a *seedtest.Analysis) *seedtest.Hop {
	if a == nil {
		return nil
	}
	var top *seedtest.Hop
	for i := range a.Hops {
		h := &a.Hops[i]
		if h.Trusted && !h.Time.IsZero() && (top == nil || h.Header < top.Header) {
			top = h
		}
	}
	return top
}

// connected is when the attempt that was accepted began to connect.
func connected(p seedtest.Probe) time.Time {
	for _, a := range p.Attempts {
		if s := a.Submission; s != nil && s.Outcome == seedtest.OutcomeAccepted {
			return s.Begun
		}
	}
	return time.Time{}
}

// firstSeen is the copy that was seen first.
func firstSeen(p seedtest.Probe) (seedtest.Seen, bool) {
	var first seedtest.Seen
	for i, s := range p.Sightings {
		if i == 0 || s.At.Before(first.At) {
			first = s
		}
	}
	return first, len(p.Sightings) > 0
}

func between(from, to time.Time) *float64 {
	s := seconds(to.Sub(from))
	return &s
}
