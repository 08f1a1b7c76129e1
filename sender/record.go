package sender

import (
	"time"

	"seedtest"
)

// maxExtensions bounds how many keywords of an EHLO reply are kept.
const maxExtensions = 60

// record is what is being learned of one attempt.
type record struct {
	sub    seedtest.Submission
	dialog dialog
	now    func() time.Time

	remarks []string // what is no trouble and worth knowing
}

// Room for what is said of a message on a kept connection.
const (
	usualLines  = 12
	usualStages = 6
)

func (c *Client) newRecord() *record {
	r := &record{now: c.o.Now, dialog: dialog{known: c.known}}
	r.dialog.lines = make([]string, 0, usualLines)
	r.sub.Stages = make([]seedtest.StageTime, 0, usualStages)
	r.sub.Begun = r.now().UTC()
	return r
}

// anew drops what was learned of a connection that another one takes the place of.
func (r *record) anew(note string) {
	r.sub.Reused, r.sub.TLS, r.sub.Stages = false, nil, nil
	r.sub.Local, r.sub.Remote, r.sub.Proxy, r.sub.Extensions = "", "", "", nil
	r.sub.Unreached = nil
	r.dialog.note(note)
}

// mark says that a stage is over, with the reply that ended it.
func (r *record) mark(stage seedtest.Stage, reply *seedtest.Reply) {
	r.markAt(stage, r.now(), reply)
}

func (r *record) markAt(stage seedtest.Stage, at time.Time, reply *seedtest.Reply) {
	r.sub.Stages = append(r.sub.Stages, seedtest.StageTime{Stage: stage, At: at.UTC(), Reply: reply})
}

// remark notes in the dialogue what is no trouble and worth knowing.
func (r *record) remark(text string) {
	r.dialog.note(text)
	r.remarks = append(r.remarks, r.dialog.clean(text))
}

// lastReply is the reply of the stage that was marked last.
func (r *record) lastReply() *seedtest.Reply {
	if n := len(r.sub.Stages); n > 0 {
		return r.sub.Stages[n-1].Reply
	}
	return nil
}

// end closes the record: accepted if there was no trouble.
func (r *record) end(t *trouble) seedtest.Submission {
	s := r.sub
	s.Dialog = r.dialog.lines
	if t == nil {
		s.Outcome, s.Stage, s.Reply = seedtest.OutcomeAccepted, seedtest.StageFinal, r.lastReply()
		s.QueueID = queueID(s.Reply.Text)
		return s
	}
	s.Outcome, s.Stage, s.Reply = t.outcome, t.stage, t.reply
	s.Error = r.dialog.clean(t.text())
	return s
}
