package sender

import (
	"time"

	"seedtest"
)

// Check is what a route showed of itself without a message.
type Check struct {
	Route      string
	OK         bool           // every stage succeeded
	Stage      seedtest.Stage // the last one reached
	Reply      *seedtest.Reply
	Error      string // empty if OK
	Hint       string // what to do about it
	Banner     string // text of the greeting
	Extensions []string
	Mechanisms []string // offered by AUTH
	Mechanism  string   // the one that was used; empty: no sign-in
	TLS        *seedtest.TLSInfo
	Local      string
	Remote     string
	Begun      time.Time
	Latency    time.Duration // from Begun to the last stage's end
	Stages     []seedtest.StageTime
	RoundTrips int
	BytesIn    int64
	BytesOut   int64
	Dialog     []string
}
