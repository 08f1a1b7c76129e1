package sender_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/sender"
)

// TestRule05OutcomeOfEveryAnswer goes through what a server may say or not say at every stage.
func TestRule05OutcomeOfEveryAnswer(t *testing.T) {
	for name, c := range answerCases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, answers: map[string]string{c.at: c.answer}}
				begun := time.Now()
				client := s.client(s.route(), sender.Options{})
				got := client.Send(t.Context(), composed(t), committed)
				if got.Outcome != c.outcome || got.Stage != c.stage {
					t.Errorf("Send: %s at %s, want %s at %s",
						got.Outcome, got.Stage, c.outcome, c.stage)
				}
				if d := time.Since(begun); d != c.within {
					t.Errorf("Send took %v, want %v", d, c.within)
				}
				if !strings.Contains(got.Error, c.error) || c.error == "" && got.Error != "" {
					t.Errorf("Send: error %q, want %q in it", got.Error, c.error)
				}
				checkReply(t, got, c.reply)
				if last := got.Stages[len(got.Stages)-1]; last.Stage != c.stage {
					t.Errorf("Send: the last stage on record is %s, want %s", last.Stage, c.stage)
				}
			})
		})
	}
}

// checkReply wants the reply if it has a code, and one or an error in any case.
func checkReply(t *testing.T, got seedtest.Submission, want seedtest.Reply) {
	t.Helper()
	if got.Reply == nil {
		if want.Code != 0 || got.Error == "" {
			t.Errorf("Send: no reply and error %q, want reply %v", got.Error, want)
		}
		return
	}
	if want.Code != 0 {
		if diff := cmp.Diff(want, *got.Reply); diff != "" {
			t.Errorf("Send: reply (-want +got):\n%s", diff)
		}
	}
}

// TestRule05CancelAtEveryStage ends the context while a server is silent: nothing was sent before
// the commit point, and the grace decides after it.
func TestRule05CancelAtEveryStage(t *testing.T) {
	for at, want := range map[string]struct {
		outcome seedtest.Outcome
		stage   seedtest.Stage
		within  time.Duration
	}{
		"":     {seedtest.OutcomeUnsent, seedtest.StageBanner, time.Minute},
		"EHLO": {seedtest.OutcomeUnsent, seedtest.StageEHLO, time.Minute},
		"MAIL": {seedtest.OutcomeUnsent, seedtest.StageMAIL, time.Minute},
		"RCPT": {seedtest.OutcomeUnsent, seedtest.StageRCPT, time.Minute},
		"DATA": {seedtest.OutcomeUnsent, seedtest.StageDATA, time.Minute},
		".":    {seedtest.OutcomeInDoubt, seedtest.StageFinal, time.Minute + 10*time.Second},
	} {
		t.Run("at "+string(want.stage), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, answers: map[string]string{at: silent}}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begun := time.Now()
				got := s.client(s.route(), sender.Options{}).Send(ctx, composed(t), committed)
				if got.Outcome != want.outcome || got.Stage != want.stage {
					t.Errorf("Send: %s at %s (%s), want %s at %s", got.Outcome, got.Stage, got.Error,
						want.outcome, want.stage)
				}
				if d := time.Since(begun); d != want.within {
					t.Errorf("Send ended after %v, want %v", d, want.within)
				}
				if !strings.Contains(got.Error, "cancelled") {
					t.Errorf("Send: error %q does not say that it was cancelled", got.Error)
				}
			})
		})
	}
}

// TestRule05CancelledOnTheWay ends the context while a connection comes about, a handshake hangs, a
// secret is awaited or the content goes nowhere: nothing was sent, and Send ends at once.
func TestRule05CancelledOnTheWay(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		change func(*script, *seedtest.Route)
		dial   sender.Dial
		stage  seedtest.Stage
	}{
		"dialling": {nil, func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, seedtest.StageConnect},
		"STARTTLS": {func(s *script, _ *seedtest.Route) { s.answers["STARTTLS"] = silent }, nil,
			seedtest.StageSTARTTLS},
		"handshake": {func(s *script, _ *seedtest.Route) { s.tls = nil }, nil, seedtest.StageSTARTTLS},
		"EHLO over TLS": {func(s *script, _ *seedtest.Route) { s.answers["TLS"] = silent }, nil,
			seedtest.StageEHLO},
		"AUTH": {func(s *script, _ *seedtest.Route) { s.answers["AUTH"] = silent }, nil,
			seedtest.StageAUTH},
		"secret": {func(_ *script, r *seedtest.Route) { r.Login.Password = endless{} }, nil,
			seedtest.StageAUTH},
		"content": {func(s *script, _ *seedtest.Route) { s.answers["body"] = stall }, nil,
			seedtest.StageBody},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := offering(t, a, "AUTH PLAIN")
				route := s.tlsRoute(seedtest.TLSStartTLS, a)
				route.Login = byPassword
				if c.change != nil {
					c.change(s, &route)
				}
				o := sender.Options{Dial: c.dial}
				if c.dial == nil {
					o.Dial = s.dial
				}
				client := sender.New(route, o)
				defer client.Close()
				wantCancelled(t, client, c.stage)
			})
		})
	}
}

// wantCancelled gives the client ten seconds, which none of its own waits is as short as.
func wantCancelled(t *testing.T, client *sender.Client, stage seedtest.Stage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	begun := time.Now()
	got := client.Send(ctx, composed(t), notCommitted)
	wantUnsent(t, got, "cancelled at "+string(stage))
	if d := time.Since(begun); got.Stage != stage || d > 12*time.Second {
		t.Errorf("Send ended at %s after %v, want %s after 10 s", got.Stage, d, stage)
	}
}
