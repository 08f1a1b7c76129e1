package sender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"seedtest"
)

// trouble is why an attempt ended short of acceptance.
type trouble struct {
	stage   seedtest.Stage
	outcome seedtest.Outcome
	reply   *seedtest.Reply // nil if no reply ended it
	what    string          // in words; empty if the reply says it all
	hint    string          // what the administrator can do
	gone    bool            // the connection was lost, or the server is leaving
	proxy   bool            // the proxy is to blame, on the way to any server
	asking  bool            // the reply may be to what was asked beside the message: see session.send
}

// text is what stands in a Submission.
func (t *trouble) text() string {
	if t.what == "" || t.hint == "" {
		return t.what + t.hint
	}
	return t.what + "; " + t.hint
}

// reason is what happened in words, also where a reply says it.
func (t *trouble) reason() string {
	if t.what != "" || t.reply == nil {
		return t.what
	}
	return fmt.Sprintf("%s: %d %s", t.stage, t.reply.Code,
		strings.TrimSpace(t.reply.Enhanced+" "+t.reply.Text))
}

// class is the first digit that a good reply has at a stage; 0: no reply is due.
func class(stage seedtest.Stage) int {
	switch stage {
	case seedtest.StageBody:
		return 0
	case seedtest.StageDATA:
		return 3
	}
	return 2
}

// ofRoute says that trouble at this stage is the route's and not the message's (rule 5).
func ofRoute(stage seedtest.Stage) bool {
	switch stage {
	case seedtest.StageResolve, seedtest.StageConnect, seedtest.StageTLS,
		seedtest.StageSTARTTLS, seedtest.StageAUTH:
		return true
	}
	return false
}

// judge says what a reply at a stage means; nil if it is the one that was hoped for.
func judge(stage seedtest.Stage, r *seedtest.Reply) *trouble {
	first := r.Code / 100
	if first == class(stage) {
		return nil
	}
	t := &trouble{stage: stage, reply: r, gone: r.Code == 421}
	switch {
	case ofRoute(stage):
		t.outcome = seedtest.OutcomeFailed
	case first == 4:
		t.outcome = seedtest.OutcomeDeferred
	case first == 5:
		t.outcome, t.hint = seedtest.OutcomeRefused, refusalHint(r)
	case stage == seedtest.StageFinal:
		t.outcome, t.gone = seedtest.OutcomeInDoubt, true
		t.what = fmt.Sprintf("the answer %d to the final dot has no meaning there", r.Code)
	default:
		t.outcome, t.gone = seedtest.OutcomeFailed, true
		t.what = fmt.Sprintf("the answer %d has no meaning at %s", r.Code, stage)
		t.hint = brokenHint
	}
	return t
}

// refusalHint says what to do about a refusal that is about how we came.
func refusalHint(r *seedtest.Reply) string {
	if r.Code == 530 { // RFC 3207 section 4, RFC 4954 section 6
		return "the server wants TLS or a login first: set tls = \"starttls\", " +
			"or username and password"
	}
	return ""
}

// lost says what a failure without a reply means. After the commit point it leaves a doubt; before
// it, the end of the context makes the message unsent, and anything else the route's failure.
func lost(ctx context.Context, stage seedtest.Stage, wait time.Duration, err error) *trouble {
	t := &trouble{stage: stage, outcome: seedtest.OutcomeFailed, gone: true,
		hint: lostHint(stage, err)}
	t.what = fmt.Sprintf("%s: %s", stage, cause(err, wait))
	switch {
	case stage == seedtest.StageFinal:
		t.outcome = seedtest.OutcomeInDoubt
		if ctx.Err() != nil {
			t.what = "final: cancelled, and no answer within the grace"
		}
		t.hint = "the content had left: whether the server took it, its log knows"
	case ctx.Err() != nil:
		t.outcome, t.hint = seedtest.OutcomeUnsent, ""
		t.what = fmt.Sprintf("cancelled at %s: %v", stage, context.Cause(ctx))
	}
	return t
}

// cause puts the failure of a connection in words.
func cause(err error, wait time.Duration) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", wait)
	case errors.Is(err, io.EOF):
		return "the server closed the connection without an answer"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.ErrClosedPipe):
		return "the server broke the connection"
	}
	return err.Error()
}

// connectTrouble says why no connection came about, and what to look at.
func connectTrouble(ctx context.Context, c *Client, err error) *trouble {
	t := lost(ctx, seedtest.StageConnect, c.o.Timeouts.Connect, err)
	if t.outcome == seedtest.OutcomeUnsent {
		return t
	}
	if c.proxyTrouble(t, err) {
		return t
	}
	var none *unreachedError
	if errors.As(err, &none) && len(none.errs) > 1 {
		t.what = fmt.Sprintf("connect: %v", none)
	}
	host, port := c.route.Server.Host, c.route.Server.Port
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		t.stage = seedtest.StageResolve
		t.what = fmt.Sprintf("resolve: %v", dns)
		t.hint = "ask again later, and check that the configured DNS servers answer"
		if dns.IsNotFound {
			t.hint = fmt.Sprintf("check host = %q for a typo", host)
		}
	case errors.Is(err, syscall.ECONNREFUSED):
		t.hint = fmt.Sprintf("nothing listens on port %d of %s: check host and port; "+
			"submission is on 587 (starttls) or 465 (implicit)", port, host)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		t.hint = "this machine has no way to that address: check its routes, and IPv6"
	case isTimeout(err):
		t.hint = fmt.Sprintf("a firewall may drop what is sent to port %d; "+
			"many networks block 25, few block 587", port)
	}
	t.hint = or(c.wayTrouble(err), t.hint)
	return t
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
