package sender

import (
	"context"
	"fmt"

	"seedtest"
)

// Handout is a message that the user's own platform is to send: the tag, where it may stand, and to
// whom it goes. Any one of the places suffices; more survive more.
type Handout struct {
	Route   string         `json:"route"`
	To      []string       `json:"to"`
	Token   seedtest.Token `json:"tag"`
	Header  string         `json:"header"`  // a header line to add
	Subject string         `json:"subject"` // to be put somewhere in the subject
	Body    string         `json:"body"`    // a line to add to the text
}

// External hands messages to the user. It opens no connection and is safe for concurrent use.
type External struct {
	route seedtest.Route
	o     Options
	hand  func(Handout) (Word, error)
}

// Word waits until the user says that a message was sent, and is an error if nobody will.
type Word func(context.Context) error

// NewExternal returns an External of a route of type RouteExternal. hand shows a message to the
// user, and returns the user's word on it, nil if nobody asks for that.
func NewExternal(route seedtest.Route, o Options, hand func(Handout) (Word, error)) *External {
	return &External{route: route, o: o.withDefaults(), hand: hand}
}

// Close implements io.Closer.
func (e *External) Close() error { return nil }

// Send shows one message to the user. From then on it may be sent, so the attempt is durable before
// that (rule 5). The outcome is handed, with what the user said of it, or failed if it could not be
// shown.
func (e *External) Send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	rec := &record{now: e.o.Now}
	rec.sub.Begun = rec.now().UTC()
	if err := checkComposed(m); err != nil {
		return rec.end(unsent(err))
	}
	if t := committed(ctx, commit); t != nil {
		return rec.end(t)
	}
	word, err := e.hand(handout(e.route.Name, m))
	if err != nil {
		return rec.end(&trouble{stage: seedtest.StageConnect, outcome: seedtest.OutcomeFailed,
			what: fmt.Sprintf("the message could not be shown to you: %v", err)})
	}
	s := rec.sub
	s.Outcome = seedtest.OutcomeHanded
	if word != nil && word(ctx) == nil {
		s.Said, s.Begun = true, rec.now().UTC()
	}
	return s
}

func handout(route string, m seedtest.Composed) Handout {
	token := seedtest.Token(m.EnvelopeID)
	return Handout{Route: route, To: m.To, Token: token, Header: "X-Entity-Ref-ID: " + string(token),
		Subject: "(" + token.Ref() + ")", Body: "Reference: " + string(token)}
}
