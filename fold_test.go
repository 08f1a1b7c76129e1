package seedtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"seedtest"
)

var (
	t0  = time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)
	key = []byte("a key of this installation, 32 b")
)

// story builds the facts of a run: seeds "a" and "b", routes "old", "new" and "control", a deadline
// of 15 minutes, a missing limit of 24 hours, a follow window of 48. d1 goes to a by old, d2 to b
// by old, d3 to a by new, d4 to a by control.
type story struct {
	t     *testing.T
	facts []seedtest.Fact
}

func at(d time.Duration) time.Time { return t0.Add(d) }

func opened() seedtest.Opened {
	seed := func(name, provider string) seedtest.Seed {
		return seedtest.Seed{Name: name, Address: name + "@example.net",
			Provider: seedtest.Provider{ID: provider}}
	}
	return seedtest.Opened{
		Run: "aaaaaaaaaaaaaaaaaaaaaa7k2q", Routes: []seedtest.Route{{Name: "old"}, {Name: "new"},
			{Name: "control", Control: true}},
		Seeds: []seedtest.Seed{seed("a", "pa"), seed("b", "pb")},
		Suite: seedtest.Suite{Name: "s", Deadline: 15 * time.Minute, Missing: 24 * time.Hour,
			Follow: 48 * time.Hour, BaselineTimeout: 30 * time.Second},
	}
}

func tokenOf(n byte) seedtest.Token {
	return seedtest.MintToken(uuid.UUID{0: n, 6: 0x70, 8: 0x80}, key)
}

func tell(t *testing.T, change func(*seedtest.Opened)) *story {
	s := &story{t: t}
	o := opened()
	if change != nil {
		change(&o)
	}
	s.add(0, o)
	for i, x := range [][2]string{{"old", "a"}, {"old", "b"}, {"new", "a"}, {"control", "a"}} {
		n := string(rune('1' + i))
		s.add(0, seedtest.Planned{Dispatch: seedtest.DispatchID("d" + n), Token: tokenOf(byte(i + 1)),
			Route: x[0], Probes: []seedtest.PlannedProbe{{Probe: seedtest.ProbeID("p" + n), Seed: x[1]}}})
	}
	return s
}

func (s *story) add(d time.Duration, b ...seedtest.FactBody) *story {
	for _, x := range b {
		s.facts = append(s.facts, seedtest.Fact{At: at(d), Body: x})
	}
	return s
}

func (s *story) attempt(d time.Duration, dispatch string) *story {
	n := 1
	for _, f := range s.facts {
		if a, ok := f.Body.(seedtest.Attempt); ok && string(a.Dispatch) == dispatch {
			n++
		}
	}
	return s.add(d, seedtest.Attempt{Dispatch: seedtest.DispatchID(dispatch), Number: n})
}

func (s *story) answer(d time.Duration, dispatch string, o seedtest.Outcome, code int,
	retry ...time.Duration) *story {
	sub := seedtest.Submission{Dispatch: seedtest.DispatchID(dispatch), Number: 1, Outcome: o,
		Stage: seedtest.StageFinal, Begun: at(d - time.Second)}
	for _, f := range s.facts {
		if a, ok := f.Body.(seedtest.Attempt); ok && a.Dispatch == sub.Dispatch {
			sub.Number = a.Number
		}
	}
	if code > 0 {
		sub.Reply = &seedtest.Reply{Code: code, Text: "said so"}
	}
	if len(retry) > 0 {
		next := at(retry[0])
		sub.RetryAt = &next
	}
	return s.add(d, sub)
}

func (s *story) accepted(d time.Duration, dispatch string) *story {
	return s.attempt(d, dispatch).answer(d, dispatch, seedtest.OutcomeAccepted, 250)
}

func (s *story) sighting(d time.Duration, n byte, seed string, role seedtest.Role, change ...func(
	*seedtest.Sighting)) *story {
	x := seedtest.Sighting{Seed: seed, Token: tokenOf(n), Mailbox: "box-" + string(role), Role: role,
		UIDValidity: 1, UID: uint32(10 + n), Carriers: []seedtest.Carrier{seedtest.CarrierMessageID}}
	for _, c := range change {
		c(&x)
	}
	return s.add(d, x)
}

func (s *story) round(d time.Duration, seed string, complete bool) *story {
	return s.add(d, seedtest.Round{Seed: seed, Begun: at(d), Ended: at(d), Try: 1, Complete: complete,
		Why: "the mailboxes changed while they were read", Mailboxes: []seedtest.RoundMailbox{
			{Name: "INBOX", OK: true}}})
}

func (s *story) fold(d time.Duration) seedtest.Run { return seedtest.Fold(s.facts, at(d)) }

// expect folds at d and compares the current placement of a probe.
func (s *story) expect(d time.Duration, id seedtest.ProbeID, want seedtest.Placement) seedtest.Probe {
	s.t.Helper()
	p := s.fold(d).Probe(id)
	if p == nil {
		s.t.Fatalf("no probe %s", id)
	}
	if p.Placements.Current != want {
		s.t.Errorf("probe %s at %s: got %s (%s), want %s", id, d, p.Placements.Current, p.Why, want)
	}
	if p.Why == "" {
		s.t.Errorf("probe %s at %s: %s without a reason", id, d, want)
	}
	return *p
}

const (
	minute   = time.Minute
	deadline = 15 * time.Minute
	hour     = time.Hour
)

func TestRule01RunIsItsFacts(t *testing.T) {
	bodies := []seedtest.FactBody{opened(), seedtest.Planned{}, seedtest.Listing{}, seedtest.Baseline{},
		seedtest.Attempt{}, seedtest.Submission{}, seedtest.Relayed{}, seedtest.Sighting{},
		seedtest.Gone{}, seedtest.Round{}, seedtest.Canary{}, seedtest.Bounce{}, seedtest.Fault{},
		seedtest.Limit{}, seedtest.Closed{}, seedtest.Resumed{}, seedtest.Spent{}, seedtest.Looked{}}
	for _, b := range bodies {
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := seedtest.DecodeFact(b.FactKind(), t0, raw)
		if err != nil {
			t.Fatalf("DecodeFact(%s): %v", b.FactKind(), err)
		}
		if diff := cmp.Diff(b, got.Body); diff != "" {
			t.Errorf("%s: facts differ after the store (-want +got)\n%s", b.FactKind(), diff)
		}
	}
	if _, err := seedtest.DecodeFact("invented", t0, []byte("{}")); err == nil {
		t.Error("a fact of an unknown kind was read")
	}
	secret := opened()
	secret.Seeds[0].Login.Password = seedtest.Secret("hunter2")
	secret.Routes[0].Login.Token = seedtest.Secret("hunter2")
	if raw, _ := json.Marshal(secret); strings.Contains(string(raw), "hunter2") {
		t.Errorf("the opening fact holds a secret: %s", raw)
	}
}

func TestRule02FoldIsPure(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox).
		accepted(minute, "d2").round(20*minute, "b", true).
		add(21*minute, seedtest.Closed{Reason: seedtest.ClosedDone})
	first, err := json.Marshal(s.fold(hour))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, _ := json.Marshal(s.fold(hour))
		if string(again) != string(first) {
			t.Fatalf("the same facts gave other bytes:\n%s\n%s", first, again)
		}
	}
	if got := seedtest.AsOf(s.facts); !got.Equal(at(21 * minute)) {
		t.Errorf("AsOf = %s, want the closing fact's time", got)
	}
	f := seedtest.NewFolder()
	for _, x := range s.facts {
		f.Add(x)
	}
	early := f.Run(at(hour))
	f.Add(seedtest.Fact{At: at(2 * hour), Body: seedtest.Sighting{Seed: "b", Token: tokenOf(2),
		Role: seedtest.RoleInbox, Mailbox: "INBOX", UID: 9}})
	if early.Probe("p2").Placements.Current != seedtest.Overdue {
		t.Error("a later fact changed a Run that was folded before it")
	}
}

func TestRule03JudgementReadsRunAndAnalyses(t *testing.T) {
	s := tell(t, func(o *seedtest.Opened) { o.Suite.Expect.Auth = []string{"spf"} })
	for _, n := range []string{"1", "2", "3"} {
		s.accepted(minute, "d"+n)
	}
	s.sighting(2*minute, 1, "a", seedtest.RoleInbox).sighting(2*minute, 2, "b", seedtest.RoleInbox).
		sighting(2*minute, 3, "a", seedtest.RoleInbox, uid(99))
	run := s.fold(hour)
	says := func(result string, trusted bool) *seedtest.Analysis {
		return &seedtest.Analysis{Authentication: []seedtest.AuthField{{Trusted: trusted,
			Results: []seedtest.AuthResult{{Method: "spf", Result: result}}}}}
	}
	for _, c := range []struct {
		analysis *seedtest.Analysis
		want     seedtest.Verdict
	}{
		{nil, seedtest.Unknown},
		{says("pass", true), seedtest.Pass},
		{says("fail", true), seedtest.Fail},
		{says("fail", false), seedtest.Unknown}, // a forged field has no voice
		{says("temperror", true), seedtest.Unknown},
	} {
		run.Probes[0].Analysis = c.analysis
		if got := seedtest.Judge(run).Verdict; got != c.want {
			t.Errorf("Judge with %+v = %s, want %s", c.analysis, got, c.want)
		}
	}
}

func uid(n uint32) func(*seedtest.Sighting) {
	return func(x *seedtest.Sighting) { x.UID = n }
}

func TestRule04TagNamesDispatch(t *testing.T) {
	id := uuid.Must(uuid.NewV7())
	token := seedtest.MintToken(id, key)
	if len(token) != seedtest.TokenLen || strings.ToLower(string(token)) != string(token) {
		t.Errorf("token %q: want %d lower-case characters", token, seedtest.TokenLen)
	}
	if got, err := token.Verify(key); err != nil || got != id {
		t.Errorf("Verify = %v, %v, want %v", got, err, id)
	}
	if _, err := token.Verify([]byte("another installation")); err == nil {
		t.Error("a token of another installation was taken for ours")
	}
	forged := []byte(token)
	forged[3] ^= 1
	if _, err := seedtest.Token(forged).Verify(key); err == nil {
		t.Error("a forged token was taken for ours")
	}
	if ref := token.Ref(); len(ref) != seedtest.RefLen || !strings.HasSuffix(string(token), ref) {
		t.Errorf("Ref = %q", ref)
	}
	// One dispatch to two seeds has two probes, each with a placement of its own.
	s := &story{t: t}
	s.add(0, opened(), seedtest.Planned{Dispatch: "d1", Token: tokenOf(1), Route: "old",
		Probes: []seedtest.PlannedProbe{{Probe: "p1", Seed: "a"}, {Probe: "p2", Seed: "b"}}})
	s.accepted(minute, "d1").sighting(2*minute, 1, "b", seedtest.RoleJunk)
	s.expect(3*minute, "p1", seedtest.Pending)
	s.expect(3*minute, "p2", seedtest.Junk)
}

func TestRule05WayOut(t *testing.T) {
	s := tell(t, nil)
	s.attempt(minute, "d1") // content left, a crash came before the answer
	s.expect(2*minute, "p1", seedtest.Pending)
	s.expect(minute+deadline, "p1", seedtest.InDoubt)
	s.answer(2*minute, "d2", seedtest.OutcomeRefused, 550)
	s.expect(2*minute, "p2", seedtest.Refused)
	s.answer(2*minute, "d3", seedtest.OutcomeDeferred, 450, 3*minute)
	s.expect(2*minute, "p3", seedtest.Pending)
	s.answer(3*minute, "d3", seedtest.OutcomeDeferred, 450)
	s.expect(3*minute, "p3", seedtest.Deferred)
	s.answer(2*minute, "d4", seedtest.OutcomeFailed, 535)
	if p := s.expect(2*minute, "p4", seedtest.Unsent); p.UnsentBy != seedtest.UnsentRoute {
		t.Errorf("a login that the route refuses: unsent by %s, want the route", p.UnsentBy)
	}
	// A retry after a 4yz to the final dot is accepted: the first attempt was answered.
	s = tell(t, nil).attempt(minute, "d1").answer(minute, "d1", seedtest.OutcomeDeferred, 451, 2*minute).
		accepted(2*minute, "d1")
	if p := s.expect(3*minute, "p1", seedtest.Pending); !p.Accepted.Equal(at(2 * minute)) {
		t.Errorf("accepted at %s, want the second attempt's answer", p.Accepted)
	}
	// Cancelled first: unsent, and open again when the run is resumed.
	s = tell(t, nil).add(minute, seedtest.Closed{Reason: seedtest.ClosedCancelled})
	if p := s.expect(minute, "p1", seedtest.Unsent); p.UnsentBy != seedtest.UnsentCancelled {
		t.Errorf("unsent by %q, want cancelled", p.UnsentBy)
	}
	s.add(2*minute, seedtest.Resumed{Purpose: seedtest.PurposeResume})
	s.expect(2*minute, "p1", seedtest.Pending)
}

func TestRule06ProofOfAbsence(t *testing.T) {
	accepted := func() *story { return tell(t, nil).accepted(minute, "d1") }
	due := minute + deadline
	accepted().round(due-time.Second, "a", true). // begun before the deadline: proves nothing
							expect(due+30*time.Second, "p1", seedtest.Pending)
	accepted().round(due, "a", false).expect(due+minute, "p1", seedtest.Blind)
	accepted().round(due, "b", true).expect(due+minute, "p1", seedtest.Blind) // another seed's round
	p := accepted().round(due, "a", true).expect(due, "p1", seedtest.Overdue)
	if p.Proof == nil || !p.Proof.Begun.Equal(at(due)) {
		t.Errorf("Proof = %+v, want the round", p.Proof)
	}
	vanished := seedtest.Fault{Seed: "a", Kind: seedtest.FaultVanished, What: "UID 7 of INBOX vanished unread",
		From: at(2 * minute)}
	p = accepted().add(2*minute, vanished).round(due, "a", true).expect(due, "p1", seedtest.Blind)
	if !strings.Contains(p.Why, "vanished unread") {
		t.Errorf("Why = %q, want the vanished mail", p.Why)
	}
	tell(t, nil).add(0, vanished).accepted(minute, "d1").round(due, "a", true).
		expect(due, "p1", seedtest.Overdue) // it vanished before ours was sent
}
