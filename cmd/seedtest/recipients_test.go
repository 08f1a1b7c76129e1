package main

import (
	"strings"
	"testing"

	"seedtest"
	"seedtest/harness"
)

// TestRecipientsAreSeedsOnly over all kinds of route and both styles: an envelope names seeds of the
// run, each where its probe says, and nobody else, whatever a message's own header says.
func TestRecipientsAreSeedsOnly(t *testing.T) {
	seeds := []seedtest.Seed{{Name: "a", Address: "a@one.example"}, {Name: "b", Address: "b@two.example"},
		{Name: "c", Address: "c@one.example"}}
	sent := seedtest.Identity{From: "ops@example.org", EnvelopeFrom: "bounces@example.org"}
	for _, kind := range []seedtest.RouteType{seedtest.RouteSMTP, seedtest.RouteMX, seedtest.RouteSendmail,
		seedtest.RouteExternal} {
		for _, style := range []seedtest.Style{seedtest.StyleEach, seedtest.StyleOneMessage} {
			opened, planned, err := unsentPlan(harness.Request{Seeds: seeds,
				Suite:  seedtest.Suite{Name: "s", Style: style},
				Routes: []seedtest.Route{{Name: "r", Type: kind, Sender: sent}},
				Messages: []seedtest.Message{{Name: "m", Subject: "for x@other.example", Text: "To: x@other.example",
					Headers: []seedtest.Header{{Name: "X-To", Value: "x@other.example"}}}}})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for _, p := range planned {
				m, err := composer(nil)(opened, p)
				if err != nil {
					t.Fatal(err)
				}
				if len(m.To) != len(p.Probes) {
					t.Errorf("%s, %q: %d recipients of %d probes", kind, style, len(m.To), len(p.Probes))
				}
				for i, to := range m.To {
					got[to]++
					if !strings.HasPrefix(to, p.Probes[i].Seed+"@") {
						t.Errorf("%s, %q: the probe at %s goes to %s", kind, style, p.Probes[i].Seed, to)
					}
				}
			}
			if len(got) != 3 || got["a@one.example"] != 1 || got["b@two.example"] != 1 || got["c@one.example"] != 1 {
				t.Errorf("%s, %q: sent to %v, want each seed once", kind, style, got)
			}
		}
	}
}
