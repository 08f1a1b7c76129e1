package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// Inspection is what an IMAP server says of itself. What was not asked, because nobody signed in,
// is empty.
type Inspection struct {
	Greeting    string             // the text of its first line
	Preauth     bool               // it takes whoever comes as signed in
	Before      []string           // capabilities before sign-in, sorted
	After       []string           // capabilities after sign-in, sorted
	Server      string             // what its ID reply says of itself (RFC 2971)
	Listed      []Listed           // mailboxes in its order
	Mailboxes   []seedtest.Mailbox // what they are for, in the same order
	TLS         *seedtest.TLSInfo  // nil: plain text
	Remote      string             // address:port
	ConnectTime time.Duration      // to the greeting
	RoundTrip   time.Duration      // the median of some NOOP
	SignedIn    bool
	Dialog      []string // both ways, capped, secrets redacted
}

// Inspect asks a server what it says of itself, and signs in if the seed has a secret. The error
// says in words what went wrong; what was learned before is returned beside it.
func (w *Watcher) Inspect(ctx context.Context, seed seedtest.Seed) (Inspection, error) {
	var i Inspection
	var secret seedtest.Secret
	signIn := seed.Login.Password != nil || seed.Login.Token != nil
	if signIn {
		var err error
		if secret, err = secretOf(ctx, seed); err != nil {
			return i, err
		}
	}
	s := &session{seed: &seed, dialog: &transcript{}, timeouts: w.timeouts}
	err := s.connect(ctx, w, secret)
	if err == nil {
		err = i.ask(ctx, s, secret, signIn)
		s.logout(ctx)
	}
	if s.wire != nil {
		i.learn(s)
	}
	if i.TLS == nil {
		i.TLS = unfit(err)
	}
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		err = errors.New(troubleOf(seed, err).What)
	}
	return i, err
}

// ask asks before and after signing in. A server of ours or not, each command is one that it
// announces, because some count those that fail.
func (i *Inspection) ask(ctx context.Context, s *session, secret seedtest.Secret,
	signIn bool) error {
	if err := s.learnCaps(ctx); err != nil {
		return err
	}
	i.Before = s.capabilities()
	i.Preauth = s.client.State() == imap.ConnStateAuthenticated
	if !signIn && !i.Preauth {
		if err := s.sendID(ctx); err != nil {
			return err
		}
		return i.measure(ctx, s)
	}
	if err := s.signIn(ctx, secret); err != nil {
		return err
	}
	i.SignedIn, i.After = true, s.capabilities()
	listed, _, err := s.list(ctx)
	if err != nil {
		return err
	}
	for _, b := range boxesOf(listed, *s.seed) {
		i.Mailboxes = append(i.Mailboxes, b.Mailbox)
		i.Listed = append(i.Listed, attributesOf(b.Name, listed))
	}
	return i.measure(ctx, s)
}

// attributesOf returns the LIST line of a mailbox; one without attributes if it was not listed.
func attributesOf(name string, listed []listedBox) Listed {
	for _, l := range listed {
		if clean, _ := cleanName(l.Name); clean == name {
			l.Name = clean
			return l.Listed
		}
	}
	return Listed{Name: name}
}

// inspectPings is how many round trips are measured.
const inspectPings = 5

func (i *Inspection) measure(ctx context.Context, s *session) error {
	var trips []time.Duration
	for range inspectPings {
		trip, err := s.ping(ctx)
		if err != nil {
			return fmt.Errorf("NOOP: %w", err)
		}
		trips = append(trips, trip)
	}
	slices.SortFunc(trips, cmp.Compare)
	i.RoundTrip = trips[len(trips)/2]
	return nil
}

// learn takes what the connection is known by.
func (i *Inspection) learn(s *session) {
	i.TLS, i.ConnectTime = s.tls, s.connectTime
	i.Remote = s.plain.RemoteAddr().String()
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	i.Greeting, i.Server, i.Dialog = s.wire.greeting, s.wire.server, s.wire.dialog.all()
}
