package inbox

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"seedtest"
)

// session is a signed-in connection to one seed. One goroutine uses it.
type session struct {
	wire     *wire
	client   *imapclient.Client
	seed     *seedtest.Seed
	timeouts Timeouts
	plain    net.Conn
	stop     func() bool // ends the watch over the context
	giveBack func()      // what the connection counts for; nil: nobody counts
	account  *account    // whose connections are few; nil: it can have as many as it likes
	dialog   *transcript // nil: none is wanted

	// Of a session at rest (handover.go). The lock of the Connections guards them.
	called    chan struct{} // closed when another run wants the session; nil: not at rest
	isCalled  bool
	idleUntil time.Time // zero: for ever

	tls         *seedtest.TLSInfo
	connectTime time.Duration
	loginTime   time.Duration
	begun       time.Time // signed in
	triedLogin  bool
	heard       time.Time           // the last answer
	offers      map[string]bool     // the capabilities before sign-in
	noXList     bool                // announced and refused
	xlist       map[string][]string // flags by XLIST, by mailbox
}

// open connects and signs in, and reports whether a sign-in was tried. The error is a *trouble or
// the context's; the session beside it, if there is one, is closed and of use for what was said.
// dialog takes the transcript, nil if none is wanted.
func (w *Watcher) open(ctx context.Context, seed *seedtest.Seed, dialog *transcript) (*session,
	bool, error) {
	_, giveBack, err := w.connections.admit(ctx, *seed, newWaiter(false), w.timeouts.Connect)
	if err != nil {
		return nil, false, err
	}
	return w.enter(ctx, seed, dialog, giveBack)
}

// join is open for a watch, which takes the session of another run where no more may be opened
// (handover.go): then no sign-in was tried. again says that the watch has lost a session.
func (w *Watcher) join(ctx context.Context, seed *seedtest.Seed, again bool) (*session, bool,
	error) {
	wants := newWaiter(true)
	wants.again = again
	s, giveBack, err := w.connections.admit(ctx, *seed, wants, max(turnWait, w.timeouts.Connect))
	if err != nil {
		return nil, false, err
	}
	if s != nil {
		return s, false, nil
	}
	return w.enter(ctx, seed, nil, giveBack)
}

// enter opens the session for which there is a place.
func (w *Watcher) enter(ctx context.Context, seed *seedtest.Seed, dialog *transcript,
	giveBack func()) (*session, bool, error) {
	s := &session{seed: seed, timeouts: w.timeouts, dialog: dialog,
		account: w.connections.shared(*seed), giveBack: sync.OnceFunc(giveBack)}
	err := s.enter(ctx, w)
	if s.triedLogin {
		w.connections.tried(ctx, *seed, err)
	}
	if err != nil {
		s.close()
		if s.wire == nil {
			s = nil
		}
		return s, s != nil && s.triedLogin, err
	}
	return s, true, nil
}

// enter connects and signs in when it is its turn. The secret is asked for before: whoever is slow
// to tell it, or never does, must not keep other accounts from their turns.
func (s *session) enter(ctx context.Context, w *Watcher) error {
	secret, err := secretOf(ctx, *s.seed)
	if err != nil {
		return err
	}
	done, err := w.connections.pass(ctx, *s.seed)
	if err != nil {
		return err
	}
	defer done()
	if err := s.connect(ctx, w, secret); err != nil {
		return err
	}
	return s.signIn(ctx, secret)
}

// connect opens the connection and reads the greeting.
func (s *session) connect(ctx context.Context, w *Watcher, secret seedtest.Secret) error {
	begun := time.Now()
	dialing, cancel := context.WithTimeout(ctx, w.timeouts.Connect)
	defer cancel()
	conn, plain, info, err := w.connect(dialing, *s.seed)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &trouble{kind: seedtest.FaultConnect, what: seedtest.OneLine(err.Error(), 400), tls: info}
	}
	s.plain, s.tls = plain, info
	s.wire = newWire(conn, forms(*s.seed, secret))
	s.wire.dialog = s.dialog
	s.stop = context.AfterFunc(ctx, func() { _ = plain.Close() })
	s.wire.allow(w.timeouts.Connect)
	s.client = imapclient.New(s.wire.newLine(), nil)
	go s.wire.listen()
	if err := s.client.WaitGreeting(); err != nil {
		t := s.lost(ctx, err)
		s.close()
		return as(t, seedtest.FaultConnect)
	}
	s.connectTime = time.Since(begun)
	return nil
}

// as gives trouble the kind of the step that it befell.
func as(err error, kind seedtest.FaultKind) error {
	var t *trouble
	if errors.As(err, &t) && t.kind == seedtest.FaultLost {
		t.kind = kind
	}
	return err
}

// signIn signs in, asks for the capabilities that hold afterwards, and says who we are: NetEase
// lets nobody select a mailbox who has not sent ID.
func (s *session) signIn(ctx context.Context, secret seedtest.Secret) error {
	begun := time.Now()
	if err := s.learnCaps(ctx); err != nil {
		return err
	}
	s.offers = s.caps()
	if s.client.State() != imap.ConnStateAuthenticated {
		if err := s.login(ctx, secret); err != nil {
			return err
		}
	}
	if err := s.learnCaps(ctx); err != nil {
		return err
	}
	if err := s.sendID(ctx); err != nil {
		return err
	}
	if s.has("UTF8=ONLY") {
		if err := s.enableUTF8(ctx); err != nil {
			return err
		}
	}
	s.begun = time.Now()
	s.loginTime = s.begun.Sub(begun)
	return nil
}

// sendID says who we are where the server wants to hear it. NetEase takes only clients that tell
// more than a name.
func (s *session) sendID(ctx context.Context) error {
	if !s.has("ID") {
		return nil
	}
	id := imap.IDData{Name: "seedtest", Version: "1", Vendor: "seedtest"}
	_, err := s.do(ctx, func() func() error { return dropFirst(s.client.ID(&id).Wait) })
	if refused(err, "") != nil {
		return nil
	}
	return err
}

func dropFirst[T any](f func() (T, error)) func() error {
	return func() error { _, err := f(); return err }
}

// learnCaps asks for the capabilities unless the server has just told them.
func (s *session) learnCaps(ctx context.Context) error {
	if len(s.caps()) > 0 {
		return nil
	}
	_, err := s.do(ctx, func() func() error { return dropFirst(s.client.Capability().Wait) })
	return err
}

// has reports whether the server announced a capability by its own name.
func (s *session) has(capability string) bool { return s.caps()[capability] }

func (s *session) caps() map[string]bool {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return s.wire.caps
}

func (s *session) capabilities() []string {
	var names []string
	for c := range s.caps() {
		names = append(names, seedtest.OneLine(c, 60))
	}
	slices.Sort(names)
	return names
}

// slowed returns, once, in which words the server said that it slows us down, "" if it did not.
func (s *session) slowed() string {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	what := s.wire.slowed
	s.wire.slowed = ""
	return what
}

// spent is how many commands the session has sent.
func (s *session) spent() int {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return s.wire.commands
}

// do sends commands in one write and waits for their ends. It returns the answers in order; the
// error is the first refusal, or the trouble by which the connection was lost.
func (s *session) do(ctx context.Context, sends ...func() func() error) (got []*answer,
	err error) {
	err = apart(func() error {
		got, err = s.exchange(ctx, sends)
		return err
	})
	return got, err
}

func (s *session) exchange(ctx context.Context, sends []func() func() error) ([]*answer, error) {
	if err := s.afford(ctx, len(sends)); err != nil {
		return nil, err
	}
	if err := s.wake(); err != nil {
		return nil, s.lost(ctx, err)
	}
	s.wire.allow(s.timeouts.Command)
	defer s.wire.allow(restSilence)
	if len(sends) > 1 {
		s.wire.cork()
	}
	waits := make([]func() error, len(sends))
	commands := make([]*command, len(sends))
	for i, send := range sends {
		before := s.wire.newest()
		waits[i] = send()
		if commands[i] = s.wire.newest(); commands[i] == before {
			commands[i] = &command{}
		}
	}
	if err := s.wire.uncork(); err != nil {
		_ = s.plain.Close()
	}
	var lost error
	for _, wait := range waits {
		if err := wait(); err != nil {
			lost = err
		}
	}
	answers := make([]*answer, len(sends))
	for i, c := range commands {
		answers[i] = &c.answer
		if c.answer.status == "" {
			return nil, s.lost(ctx, lost)
		}
	}
	s.heard = time.Now()
	return answers, firstRefusal(answers)
}

// lost makes trouble of a broken connection.
func (s *session) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t := &trouble{kind: seedtest.FaultLost, what: s.wire.why(err)}
	if !s.heard.IsZero() {
		t.silent = time.Since(s.heard)
	}
	var wait interface{ Timeout() bool }
	t.timedOut = errors.As(s.wire.broken(), &wait) && wait.Timeout()
	if wait, ok := throttled("", t.what); ok {
		t.kind, t.wait = seedtest.FaultThrottled, wait
	}
	return t
}

// logoutWait is how long a server may take to say good-bye.
const logoutWait = time.Second

// logout ends the session in order.
func (s *session) logout(ctx context.Context) {
	s.timeouts.Command = min(s.timeouts.Command, logoutWait)
	_, _ = s.do(ctx, func() func() error { return s.client.Logout().Wait })
	s.close()
}

// close breaks the connection off and waits for its readers.
func (s *session) close() {
	if s.stop != nil {
		s.stop()
	}
	if s.plain != nil {
		_ = s.plain.Close()
		_ = s.wire.shut()
		<-s.wire.closed
		s.letGo()
	}
	if s.giveBack != nil {
		s.giveBack()
	}
}

// ping asks for nothing, and says how long that took.
func (s *session) ping(ctx context.Context) (time.Duration, error) {
	begun := time.Now()
	_, err := s.do(ctx, func() func() error { return s.client.Noop().Wait })
	return time.Since(begun), err
}
