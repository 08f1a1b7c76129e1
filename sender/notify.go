package sender

import (
	"context"

	"seedtest"
)

// notAsked begins what the dialogue says of a second try.
const notAsked = "the server may object to being asked for reports: once more without"

// send is one mail transaction that also asks for delivery reports, where the server offers them
// (RFC 3461). If it takes offence at that, it is given the message alone, once: no message is lost by
// asking. All of this comes before the content.
func (s *session) send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) *trouble {
	if m.EnvelopeID != "" || len(m.Notify) > 0 { // else that of an earlier connection stands
		s.rec.asking(m, s.offers("DSN"))
	}
	if refused := s.c.unask.Load(); refused != nil && s.asks(m) {
		s.rec.objects(refused)
		m = unasking(m)
	}
	t := s.transact(ctx, m, commit)
	if t == nil || !t.asking {
		return t
	}
	if s.rec.objects(t.reply); t.gone {
		return t
	}
	s.rec.dialog.note(notAsked)
	t = s.transact(ctx, unasking(m), commit)
	if t != nil && t.gone && t.stage == seedtest.StageMAIL {
		t.asking = true // it left over that, and another connection is to be made
		return t
	}
	s.c.learn(s.rec, t)
	return t
}

// asks reports whether the server is asked for more than to take the message.
func (s *session) asks(m seedtest.Composed) bool {
	return s.offers("DSN") && (m.EnvelopeID != "" || len(m.Notify) > 0)
}

// asking begins the record of what is asked.
func (r *record) asking(m seedtest.Composed, offered bool) {
	r.sub.DSN = nil
	if len(m.Notify) > 0 {
		r.sub.DSN = &seedtest.DSNAsked{Notify: m.Notify, Offered: offered}
	}
}

// objects notes by what words a server objects to being asked.
func (r *record) objects(words *seedtest.Reply) {
	if r.sub.DSN == nil {
		r.sub.DSN = &seedtest.DSNAsked{Offered: true}
	}
	r.sub.DSN.Refused = words
}

// learn keeps in mind that a server wants nothing asked, by what came of a try without. Where it
// refuses the same command again, it objects to something else; where it did not come to that, nobody
// knows.
func (c *Client) learn(r *record, t *trouble) {
	switch d := r.sub.DSN; {
	case t == nil:
		c.unask.Store(d.Refused)
	case t.reply == nil || !ofTransaction(t.stage):
	case !refusesParameters(t.reply):
		c.unask.Store(d.Refused)
	case len(d.Notify) == 0:
		r.sub.DSN = nil
	default:
		d.Refused = nil
	}
}

// ofTransaction reports whether a stage is one of handing over a message.
func ofTransaction(stage seedtest.Stage) bool {
	switch stage {
	case seedtest.StageMAIL, seedtest.StageRCPT, seedtest.StageDATA, seedtest.StageFinal:
		return true
	}
	return false
}

// unasking is a message with which nothing is asked.
func unasking(m seedtest.Composed) seedtest.Composed {
	m.EnvelopeID, m.Notify = "", nil
	return m
}

// refusesParameters reports whether a reply may be about the parameters of a command and not about
// the address (RFC 5321 sections 4.1.1.11 and 4.2.2). A 500 may mean that they made the line too long.
func refusesParameters(r *seedtest.Reply) bool {
	if r == nil {
		return false
	}
	switch r.Code {
	case 455, 500, 501, 504, 555:
		return true
	}
	return false
}
