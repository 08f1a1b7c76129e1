package report

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// TestServersAreTold tells of each server that an attempt tried, and what its domain wanted of TLS.
func TestServersAreTold(t *testing.T) {
	ten := 10
	s := seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Host: "mx2.example.com", Preference: &ten,
		Policy: &seedtest.TLSPolicy{By: seedtest.TLSMTASTS, Mode: "enforce", ID: "7", Demanded: true},
		Tried: []seedtest.Tried{
			{Host: "mx1.example.com", Preference: new(int), Remote: "192.0.2.1:25", Begun: time.Unix(1e9, 0),
				Outcome: seedtest.OutcomeDeferred, Stage: seedtest.StageRCPT,
				Reply: &seedtest.Reply{Code: 450, Enhanced: "4.2.0", Text: "later"}},
			{Host: "mx0.example.com", Outcome: seedtest.OutcomeFailed, Stage: seedtest.StageConnect,
				Error: "nothing listens"}},
		Unreached: []seedtest.Unreached{{Remote: "[2001:db8::2]:25", Begun: time.Unix(1e9, 0),
			Error: "network is unreachable"}}}
	var said []string
	for _, x := range s.Tried {
		said = append(said, triedWords(x))
	}
	for _, x := range s.Unreached {
		said = append(said, unreachedWords(x))
	}
	said = append(said, serverWords(s))
	want := []string{
		"also tried: mx1.example.com (MX 0) at 192.0.2.1:25, deferred at rcpt: 450 4.2.0 later",
		"also tried: mx0.example.com, failed at connect: nothing listens",
		"no connection to [2001:db8::2]:25: network is unreachable",
		"server mx2.example.com (MX 10); MTA-STS enforce (policy 7) demanded TLS",
	}
	if got := strings.Join(said, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	var j jsonSubmission
	j.servers(s)
	if len(j.Unreached) != 1 || j.Unreached[0].Remote != "[2001:db8::2]:25" || j.Unreached[0].Error == "" {
		t.Errorf("JSON has %+v", j.Unreached)
	}
	if got := serverWords(seedtest.Submission{Host: "mail.example.org"}); got != "" {
		t.Errorf("a route with one server: %q, want nothing", got)
	}
}
