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
	Error      string   // empty if OK
	Hint       string   // what to do about it
	Banner     string   // text of the greeting
	Remarks    []string // what is no trouble and worth knowing, with what to do
	Extensions []string
	Mechanisms []string // offered by AUTH
	Mechanism  string   // the one that was used; empty: no sign-in
	TLS        *seedtest.TLSInfo
	Local      string
	Remote     string
	RemoteName string // reverse name of Remote's address; empty: none, or not asked
	Proxy      string // address:port of the one that makes the route's connections; empty: none
	Begun      time.Time
	Latency    time.Duration // from Begun to the last stage's end
	Stages     []seedtest.StageTime
	RoundTrips int
	BytesIn    int64
	BytesOut   int64
	Dialog     []string

	Host       string              // the server's name
	Preference *int                // of its MX record; nil: it is configured
	Policy     *seedtest.TLSPolicy // what had a say about TLS
}

// judge says whether the check went well, and if not, why and what to do.
func (c *Check) judge(t *trouble, rec *record) {
	if t == nil {
		c.OK = true
		return
	}
	c.Stage, c.Reply = t.stage, t.reply
	c.Error, c.Hint = rec.dialog.clean(t.reason()), rec.dialog.clean(t.hint)
}

// describe takes over what the server showed of itself.
func (c *Check) describe(s *session) {
	c.Banner, c.Extensions = s.banner, s.extensions
	c.Mechanisms, c.Mechanism = s.mechanisms, s.mechanism
	c.RoundTrips, c.BytesIn, c.BytesOut = s.w.trips, s.w.nIn, s.w.nOut
}
