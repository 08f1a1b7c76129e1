package sender_test

import (
	"context"
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
	const (
		accepted = seedtest.OutcomeAccepted
		deferred = seedtest.OutcomeDeferred
		refused  = seedtest.OutcomeRefused
		failed   = seedtest.OutcomeFailed
		inDoubt  = seedtest.OutcomeInDoubt
	)
	var any seedtest.Reply
	const minute = time.Minute
	for name, c := range map[string]struct {
		at, answer string
		outcome    seedtest.Outcome
		stage      seedtest.Stage
		error      string         // wanted in Error; "": no error
		within     time.Duration  // of the bubble's clock; 0: no time passes
		reply      seedtest.Reply // wanted if it has a code
	}{
		"banner 554": {"", "554 5.7.1 blocked", refused, "banner", "", 0,
			seedtest.Reply{Code: 554, Enhanced: "5.7.1", Text: "blocked"}},
		"banner 450":    {"", "450 busy", deferred, "banner", "", 0, any},
		"banner 421":    {"", "421 4.7.0 later", deferred, "banner", "", 0, any},
		"banner closed": {"", hangUp, failed, "banner", "closed", 0, any},
		"banner silent": {"", silent, failed, "banner", "no answer within 5m0s", 5 * minute, any},
		"banner of a web server": {
			"", "HTTP/1.1 400 Bad Request", failed, "banner", "no SMTP reply", 0, any},
		"banner half": {"", half + "220 mx", failed, "banner", "middle of a line", 0, any},
		"banner 2000 octets": {
			"", "220 " + strings.Repeat("x", 1994), accepted, "final", "", 0, any},
		"banner 2001 octets": {"", "220 " + strings.Repeat("x", 1995), failed, "banner",
			"more than 2000 octets", 0, any},
		"banner without end": {"", strings.Repeat("220-x\r\n", 200) + "220 x", failed, "banner",
			"more than 128 lines", 0, any},
		"banner 999":    {"", "999 x", failed, "banner", "no SMTP reply", 0, any},
		"banner 354":    {"", "354 x", failed, "banner", "no meaning", 0, any},
		"EHLO 550":      {"EHLO", "550 who", refused, "ehlo", "", 0, any},
		"EHLO 421":      {"EHLO", "421 bye", deferred, "ehlo", "", 0, any},
		"EHLO closed":   {"EHLO", hangUp, failed, "ehlo", "closed", 0, any},
		"EHLO silent":   {"EHLO", silent, failed, "ehlo", "no answer", 5 * minute, any},
		"MAIL 550":      {"MAIL", "550 5.1.8 no such domain", refused, "mail", "", 0, any},
		"MAIL 451":      {"MAIL", "451 4.3.0 later", deferred, "mail", "", 0, any},
		"MAIL 421":      {"MAIL", "421 4.3.2 down", deferred, "mail", "", 0, any},
		"MAIL closed":   {"MAIL", hangUp, failed, "mail", "closed", 0, any},
		"MAIL half":     {"MAIL", half + "250 2.1", failed, "mail", "middle of a line", 0, any},
		"MAIL silent":   {"MAIL", silent, failed, "mail", "no answer", 5 * minute, any},
		"MAIL nonsense": {"MAIL", "what?", failed, "mail", "no SMTP reply", 0, any},
		"MAIL 251":      {"MAIL", "251 fine", accepted, "final", "", 0, any},
		"RCPT 550 with the enhanced code on its last line": {"RCPT",
			"550-no such\r\n550-user here\r\n550 5.1.1 see https://example.net/",
			refused, "rcpt", "", 0, seedtest.Reply{Code: 550, Enhanced: "5.1.1",
				Text: "no such\nuser here\nsee https://example.net/"}},
		"RCPT 550 with the enhanced code on each line": {"RCPT",
			"550-5.7.26 no SPF,\r\n550 5.7.26 no DKIM", refused, "rcpt", "", 0,
			seedtest.Reply{Code: 550, Enhanced: "5.7.26", Text: "no SPF,\nno DKIM"}},
		"RCPT 550 with a code of another class": {"RCPT", "550 4.7.1 odd", refused, "rcpt", "", 0,
			seedtest.Reply{Code: 550, Text: "4.7.1 odd"}},
		"RCPT greylisted":       {"RCPT", "450 4.2.0 greylisted", deferred, "rcpt", "", 0, any},
		"RCPT 421":              {"RCPT", "421 bye", deferred, "rcpt", "", 0, any},
		"RCPT closed":           {"RCPT", hangUp, failed, "rcpt", "closed", 0, any},
		"RCPT silent":           {"RCPT", silent, failed, "rcpt", "no answer", 5 * minute, any},
		"RCPT two codes":        {"RCPT", "250-a\r\n550 b", failed, "rcpt", "two codes", 0, any},
		"DATA 554":              {"DATA", "554 no valid recipients", refused, "data", "", 0, any},
		"DATA 451":              {"DATA", "451 later", deferred, "data", "", 0, any},
		"DATA 421":              {"DATA", "421 bye", deferred, "data", "", 0, any},
		"DATA 250":              {"DATA", "250 fine", failed, "data", "no meaning", 0, any},
		"DATA 354 without text": {"DATA", "354", accepted, "final", "", 0, any},
		"DATA 355":              {"DATA", "355 fine", failed, "data", "not 354", 0, any},
		"DATA silent":           {"DATA", silent, failed, "data", "no answer", 5 * minute, any},
		"DATA closed":           {"DATA", hangUp, failed, "data", "closed", 0, any},
		"body stalled": {
			"body", stall, failed, "body", "no answer within 3m0s",
			3*minute + time.Second, any}, // the second is for what it may have said before
		"body closed": {"body", hangUp, failed, "body", "broke the connection", 0, any},
		"final 550":   {".", "550 5.7.1 spam", refused, "final", "", 0, any},
		"final 451":   {".", "451 4.7.1 later", deferred, "final", "", 0, any},
		"final 421":   {".", "421 4.7.0 rate", deferred, "final", "", 0, any},
		"final 250": {".", "250-2.0.0 thanks\r\n250 2.0.0 Ok: queued as 4XyZ", accepted, "final",
			"", 0, seedtest.Reply{Code: 250, Enhanced: "2.0.0",
				Text: "thanks\nOk: queued as 4XyZ"}},
		"final 252":      {".", "252 maybe", accepted, "final", "", 0, any},
		"final 354":      {".", "354 more", inDoubt, "final", "no meaning", 0, any},
		"final closed":   {".", hangUp, inDoubt, "final", "closed", 0, any},
		"final half":     {".", half + "250 2.0", inDoubt, "final", "middle of a line", 0, any},
		"final nonsense": {".", "OK", inDoubt, "final", "no SMTP reply", 0, any},
		"final silent": {
			".", silent, inDoubt, "final", "no answer within 10m0s", 10 * minute, any},
	} {
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
