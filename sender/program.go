package sender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"seedtest"
)

// Program hands messages to a local program, such as sendmail: the envelope as arguments, the
// message on standard input, and the exit status as the answer. No shell is involved. It is safe
// for concurrent use.
//
// A pipe has no commit point of its own: whoever dies before the content is whole closes it, and the
// program takes what it has for all there is. So the attempt is durable before the first octet
// leaves, not only before the last one (rule 5).
type Program struct {
	route seedtest.Route
	o     Options
	slots chan struct{}
}

// NewProgram returns a Program of a route of type RouteSendmail. It does no I/O.
func NewProgram(route seedtest.Route, o Options) *Program {
	o = o.withDefaults()
	return &Program{route: route, o: o, slots: make(chan struct{}, o.MaxConns)}
}

// Close implements io.Closer. Nothing is kept between messages.
func (p *Program) Close() error { return nil }

// afterEnd is how long the output of a program is read after its end: what it left running in the
// background may hold it open.
const afterEnd = 2 * time.Second

// Send runs the program for one message, with the promises of [Client.Send]. The outcome follows
// from the exit status by sysexits.h: accepted on 0, deferred on EX_TEMPFAIL, refused on EX_DATAERR,
// EX_NOUSER and EX_NOHOST, failed on the others; in doubt on one that has no meaning there, and when
// the program ended otherwise after its input was whole.
func (p *Program) Send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	rec := &record{now: p.o.Now}
	rec.sub.Begun = rec.now().UTC()
	t := p.send(ctx, m, commit, rec)
	sub := rec.endProgram(t)
	p.o.Log.Debug("submission", "route", p.route.Name, "outcome", sub.Outcome,
		"stage", sub.Stage, "program", sub.Program, "error", sub.Error)
	return sub
}

func (p *Program) send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit, rec *record,
) *trouble {
	if err := checkComposed(m); err != nil {
		return unsent(err)
	}
	argv, err := arguments(p.route.Program, m)
	if err != nil {
		return unsent(err)
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return unsent(fmt.Errorf("cancelled: %w", context.Cause(ctx)))
	}
	argv, rec.sub.DSN = reporting(argv, m)
	rec.sub.Begun, rec.sub.Program = rec.now().UTC(), argv[0]
	rec.dialog.client(strings.Join(argv, " "))
	if _, err := exec.LookPath(argv[0]); err != nil {
		return notStarted(argv[0], err)
	}
	if t := committed(ctx, commit); t != nil {
		return t
	}
	c := &call{p: p, rec: rec, argv: argv, several: len(m.To) > 1, ended: make(chan error, 1)}
	return c.run(ctx, toLF(m.Data))
}

// Check looks for the program and whether it may be run. It sends nothing, so that nobody knows
// what it would say of a message.
func (p *Program) Check() error {
	if len(p.route.Program) == 0 {
		return errors.New("no program is named")
	}
	if _, err := exec.LookPath(p.route.Program[0]); err != nil {
		return errors.New(notStarted(p.route.Program[0], err).text())
	}
	return nil
}

func notStarted(name string, err error) *trouble {
	return &trouble{stage: seedtest.StageConnect, outcome: seedtest.OutcomeFailed,
		what: fmt.Sprintf("start %s: %v", name, bare(err)),
		hint: "check program in the route: the file must be there, and this user allowed to run it"}
}

// bare takes the name of the program off an error of os/exec.
func bare(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// arguments puts the envelope into the arguments. An address that begins with a hyphen would be
// taken for an option where no "--" stands before it.
func arguments(program []string, m seedtest.Composed) ([]string, error) {
	from := m.EnvelopeFrom
	if from == "" {
		from = "<>"
	}
	fill := strings.NewReplacer("{from}", from, "{envid}", m.EnvelopeID)
	var argv []string
	ended := false
	for i, arg := range program {
		switch {
		case i == 0:
			argv = append(argv, arg)
		case strings.Contains(arg, "{to}"):
			for _, to := range m.To {
				one := strings.ReplaceAll(fill.Replace(arg), "{to}", to)
				if strings.HasPrefix(one, "-") && !strings.HasPrefix(arg, "-") && !ended {
					return nil, fmt.Errorf(`program: %q would be taken for an option: write "--" before {to}`, one)
				}
				argv = append(argv, one)
			}
		default:
			ended = ended || arg == "--"
			argv = append(argv, fill.Replace(arg))
		}
	}
	return argv, nil
}

// toLF is content as local programs take it: with the line ends of this system.
func toLF(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// call is one run of a program.
type call struct {
	p    *Program
	rec  *record
	argv []string
	cmd  *exec.Cmd

	several bool // recipients

	out   *os.File // where its input is written
	said  output
	ended chan error
}

// run starts the program, feeds it and says what its end means.
func (c *call) run(ctx context.Context, content []byte) *trouble {
	in, out, err := os.Pipe()
	if err != nil {
		return notStarted(c.argv[0], err)
	}
	c.out = out
	defer func() { _ = c.out.Close() }()
	c.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = in, &c.said, &c.said
	c.cmd.WaitDelay = afterEnd
	apart(c.cmd)
	err = c.cmd.Start()
	_ = in.Close() // ours: only the program has it now
	if err != nil {
		return notStarted(c.argv[0], err)
	}
	c.rec.mark(seedtest.StageConnect, nil)
	go func() { c.ended <- c.cmd.Wait() }() // which comes: at the latest the program is killed
	return c.feed(ctx, content)
}

// feed writes the content and ends the program's input, unless it has to be taken back.
func (c *call) feed(ctx context.Context, content []byte) *trouble {
	limit := c.p.o.Timeouts.Body
	_ = c.out.SetWriteDeadline(time.Now().Add(limit))
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.out.SetWriteDeadline(time.Unix(1, 0))
		close(fired)
	})
	_, err := c.out.Write(content)
	if !stop() {
		if <-fired; err == nil {
			err = context.Cause(ctx) // it is whole, and can be taken back as long as it is not closed
		}
	}
	if err != nil {
		return c.broken(ctx, err, limit)
	}
	c.rec.dialog.client(fmt.Sprintf("(%d octets of content)", len(content)))
	c.rec.mark(seedtest.StageBody, nil)
	if err := c.out.Close(); err != nil {
		kill(c.cmd)
		_ = c.wait()
		return inDoubt("final: " + err.Error())
	}
	return c.answer(ctx)
}

// wait waits for the program's end, and takes what it printed into the record. What it left running
// in the background, and its output open, is no trouble.
func (c *call) wait() error {
	err := <-c.ended
	c.heard()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// heard takes what the program printed into the record.
func (c *call) heard() {
	c.said.flush()
	for _, line := range c.said.lines {
		c.rec.dialog.server(line)
	}
}

// broken takes back content that is not whole: everything that could read it is killed before its
// input ends.
func (c *call) broken(ctx context.Context, err error, limit time.Duration) *trouble {
	patience := time.Duration(0)
	if errors.Is(err, syscall.EPIPE) {
		patience = afterEnd // it is about to end by itself, and to say why
	}
	end, alone := c.end(patience)
	var status *exec.ExitError
	t := &trouble{stage: seedtest.StageBody, outcome: seedtest.OutcomeFailed}
	switch {
	case c.listened():
		t.outcome = seedtest.OutcomeInDoubt
		t.what = "body: what the program left running may have taken the message"
		t.hint = "whether it was taken, the log of the mail system knows"
	case alone && end == nil:
		zero := 0
		c.rec.sub.Exit, t.outcome = &zero, seedtest.OutcomeInDoubt
		t.what = "body: the program ended well before its input did"
		t.hint = "let it read the message to the end of its input (sendmail wants -i)"
	case alone && errors.As(end, &status) && status.Exited():
		return c.judge(status.ExitCode(), seedtest.StageBody)
	case ctx.Err() != nil:
		t.outcome = seedtest.OutcomeUnsent
		t.what = fmt.Sprintf("cancelled before the end of the input: %v", context.Cause(ctx))
	case errors.Is(err, os.ErrDeadlineExceeded):
		t.what = fmt.Sprintf("body: the program did not read the message within %v", limit)
	default:
		t.what = "body: the program ended before it had read the whole message"
	}
	return t
}

// end waits a while for the program's end, and then makes it. It reports whether the program ended
// by itself.
func (c *call) end(patience time.Duration) (err error, alone bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-c.ended:
		c.ended <- err
		return c.wait(), true
	case <-timer.C:
		kill(c.cmd)
		return c.wait(), false
	}
}

// listened reports whether somebody still holds the other end of the program's input.
func (c *call) listened() bool {
	_ = c.out.SetWriteDeadline(time.Now().Add(afterEnd))
	_, err := c.out.Write([]byte("\n"))
	return err == nil || errors.Is(err, os.ErrDeadlineExceeded)
}

// answer waits for the exit status, once the program has the whole message.
func (c *call) answer(ctx context.Context) *trouble {
	limit := c.p.o.Timeouts.Final
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	what := fmt.Sprintf("final: the program did not end within %v, and was killed", limit)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(c.p.o.Timeouts.Grace, cancel) })
	defer stop()
	select {
	case err := <-c.ended:
		c.ended <- err
	case <-within.Done():
		kill(c.cmd)
	}
	err := c.wait()
	if within.Err() != nil && err != nil && ctx.Err() != nil {
		what = "final: cancelled, and the program did not end within the grace"
	}
	if within.Err() != nil && err != nil {
		return inDoubt(what)
	}
	return c.outcome(err)
}

func inDoubt(what string) *trouble {
	return &trouble{stage: seedtest.StageFinal, outcome: seedtest.OutcomeInDoubt, what: what,
		hint: "the program had the whole message: whether it took it, the log of the mail system knows"}
}

// outcome says what the end of a program means that had the whole message.
func (c *call) outcome(err error) *trouble {
	var status *exec.ExitError
	switch {
	case err == nil:
		return c.judge(0, seedtest.StageFinal)
	case errors.As(err, &status) && status.Exited():
		return c.judge(status.ExitCode(), seedtest.StageFinal)
	}
	return inDoubt("final: the program was ended by " + err.Error())
}

// judge says what an exit status means.
func (c *call) judge(status int, stage seedtest.Stage) *trouble {
	c.rec.sub.Exit = &status
	c.rec.dialog.server(fmt.Sprintf("exit status %d", status))
	c.rec.mark(stage, nil)
	if status == 0 {
		return nil
	}
	x, known := statuses()[status]
	switch {
	case !known:
		return inDoubt(fmt.Sprintf("exit status %d has no meaning in sysexits.h", status))
	case c.several && !x.nobody:
		return inDoubt(fmt.Sprintf("exit status %d (%s) does not tell of which recipients it speaks",
			status, x.name))
	}
	t := &trouble{stage: stage, outcome: x.outcome,
		what: fmt.Sprintf("exit status %d (%s): %s", status, x.name, x.means), hint: x.hint}
	if last := c.rec.dialog.lastSaid(); last != "" {
		t.what += ": " + last
	}
	return t
}
