package sender_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
	"seedtest/sender"
)

// TestRule05ADeclinedRecipientIsNotTheOthers sends to three, of whom a server takes some or none,
// with its replies one by one or all at once.
func TestRule05ADeclinedRecipientIsNotTheOthers(t *testing.T) {
	const unknown, later, yes = "550 5.1.1 unknown", "450 4.2.0 greylisted", "250 ok"
	for _, c := range []struct {
		replies  []string
		want     seedtest.Outcome
		declined []int // codes
		data     bool  // content was sent
	}{
		{[]string{yes, yes, yes}, seedtest.OutcomeAccepted, nil, true},
		{[]string{unknown, yes, later}, seedtest.OutcomeAccepted, []int{550, 450}, true},
		{[]string{yes, yes, unknown}, seedtest.OutcomeAccepted, []int{550}, true},
		{[]string{unknown, unknown, unknown}, seedtest.OutcomeRefused, []int{550, 550, 550}, false},
		{[]string{later, unknown, unknown}, seedtest.OutcomeDeferred, []int{450, 550, 550}, false},
	} {
		for _, ehlo := range []string{"250 HELP", "250 PIPELINING"} {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, rcpt: slices.Clone(c.replies),
					answers: map[string]string{"EHLO": "250-mx\r\n" + ehlo}}
				if !c.data {
					s.answers["DATA"] = "503 5.5.1 no valid recipients"
				}
				m := composed(t)
				m.To = append(m.To, "b@example.net", "c@example.net")
				got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
				var codes []int
				for _, d := range got.Declined {
					codes = append(codes, d.Reply.Code)
				}
				if got.Outcome != c.want || !slices.Equal(codes, c.declined) {
					t.Errorf("%q, %s: %s (%s), declined %v, want %s, %v", c.replies, ehlo, got.Outcome,
						got.Error, codes, c.want, c.declined)
				}
				if sent := strings.Contains(s.received(), "Subject:"); sent != c.data {
					t.Errorf("%q, %s: content sent %v, want %v", c.replies, ehlo, sent, c.data)
				}
			})
		}
	}
}
