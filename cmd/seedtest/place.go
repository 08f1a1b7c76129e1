package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/header"
	"seedtest/inbox"
	"seedtest/report"
	"seedtest/store"
)

// What is read of a source that is pasted, and what is kept of its header, as a watcher would.
const (
	maxSource = 32 << 20
	maxHeader = 256 << 10
)

func (a *app) placeCommand() *cobra.Command {
	var source string
	c := &cobra.Command{
		Use:   "place RUN PROBE WHERE",
		Short: "Say where a message lies, for a seed by hand",
		Long: `Takes your word for where the message of a probe lies, at a seed with by_hand = true, whose
provider has no IMAP. "seedtest show RUN" lists what is to be looked up. WHERE is one of

  inbox            category:CLASS   junk
  other:MAILBOX    absent           (looked everywhere at or after the deadline)

With --source the message's source, as webmail shows it ("show original", "view source"), is
read and analysed like any other; it must carry the tag of this very probe. A later word
replaces an earlier one: say it again when the message was moved.`,
		Example: `  seedtest show last
  seedtest place last outlook-b/old junk --source message.eml
  seedtest place last outlook-b/new inbox --source - < message.eml`,
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.place(c.Context(), args, source)
		},
	}
	c.Flags().StringVar(&source, "source", "",
		"`FILE` with the message's source, - for standard input")
	a.addressesFlag(c)
	return c
}

func (a *app) place(ctx context.Context, args []string, source string) error {
	where, err := placeNamed(args[2])
	if err != nil {
		return err
	}
	s, err := a.storeToShow(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	id, err := s.Find(ctx, args[0])
	if err != nil {
		return usage(err)
	}
	probe, err := a.recordWord(ctx, s, id, saying{args[1], where, source})
	if err != nil {
		return err
	}
	r, err := judged(ctx, s, id)
	if err != nil {
		return broken(err)
	}
	return report.Probe(a.stdout, r, probe, a.style(a.stdout))
}

// saying is what the arguments say: which probe lies where, and where its source is.
type saying struct {
	probe  string
	where  spot
	source string // a path, "-" or empty
}

// recordWord stores what the owner says of a probe, while no other process works the run.
func (a *app) recordWord(ctx context.Context, s *store.Store, id seedtest.RunID, say saying) (
	seedtest.ProbeID, error) {
	lease, err := s.Lease(ctx, id)
	if err != nil {
		return "", broken(err, "wait until the other process has ended, and say it again")
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	facts, err := s.Facts(ctx, id)
	if err != nil {
		return "", broken(err)
	}
	now := time.Now().UTC()
	run := seedtest.Fold(facts, now)
	probe, err := probeOf(run, say.probe)
	if err != nil {
		return "", err
	}
	p := run.Probe(probe)
	if err := mayPlace(run, *p, say.where, now); err != nil {
		return "", err
	}
	w := word{run: run, probe: *p, spot: say.where, at: now}
	if say.source != "" {
		if err := w.read(a.stdin, say.source); err != nil {
			return "", err
		}
	}
	var said []seedtest.Fact
	for _, b := range w.facts() {
		said = append(said, seedtest.Fact{At: now, Body: b})
	}
	if err := s.Append(ctx, id, said...); err != nil {
		return "", broken(err)
	}
	return probe, nil
}

// spot is where a message is said to lie. The zero value is nowhere.
type spot struct {
	mailbox string
	role    seedtest.Role
	class   string
}

// placeNamed reads WHERE.
func placeNamed(text string) (spot, error) {
	kind, name, named := strings.Cut(text, ":")
	switch {
	case text == "inbox":
		return spot{mailbox: "INBOX", role: seedtest.RoleInbox}, nil
	case text == "junk":
		return spot{mailbox: "junk", role: seedtest.RoleJunk}, nil
	case text == "absent":
		return spot{}, nil
	case kind == "category" && named && name != "":
		return spot{mailbox: name, role: seedtest.RoleInboxLike, class: name}, nil
	case kind == "other" && named && name != "":
		return spot{mailbox: name}, nil
	}
	return spot{}, usage(fmt.Errorf("%q is no place", text),
		"one of inbox, category:CLASS, junk, other:MAILBOX, absent")
}

// mayPlace says why a word about a probe cannot be taken.
func mayPlace(run seedtest.Run, p seedtest.Probe, where spot, now time.Time) error {
	seed := run.Seed(p.Seed)
	switch {
	case seed == nil || !seed.Seed.ByHand:
		return usage(fmt.Errorf("seed %s is watched over IMAP: nobody's word is needed", p.Seed),
			"only seeds with by_hand = true are looked up by hand")
	case p.Expected.IsZero():
		return usage(fmt.Errorf("the message of %s/%s was never accepted: %s", p.Seed, p.Route, p.Why))
	case where.mailbox == "" && now.Before(p.Deadline):
		return usage(fmt.Errorf("it may still come: the deadline of %s/%s is %s", p.Seed, p.Route,
			p.Deadline.UTC().Format("15:04:05 UTC")), "look again then, and say it then")
	}
	return nil
}

// word is what the owner says of a probe, and the source that backs it.
type word struct {
	run      seedtest.Run
	probe    seedtest.Probe
	spot     spot
	at       time.Time
	source   []byte // its header
	carriers []seedtest.Carrier
}

// read takes the header of a source. It must be the message of this probe and of no other.
func (w *word) read(stdin io.Reader, path string) error {
	if w.spot.mailbox == "" {
		return usage(errors.New("a message that is absent has no source"), "take --source out")
	}
	raw, err := readSource(stdin, path)
	if err != nil {
		return usage(fmt.Errorf("source: %w", err))
	}
	w.source = headerOf(raw)
	var tokens []seedtest.Token
	for _, p := range w.run.Probes {
		tokens = append(tokens, p.Token)
	}
	none := func(seedtest.Token) bool { return false }
	found := inbox.Tokens(header.Parse(w.source), tokens, none)
	own := slices.IndexFunc(found, func(m inbox.Match) bool { return m.Token == w.probe.Token })
	switch {
	case own >= 0:
		w.carriers = found[own].Carriers
		return nil
	case len(found) > 0:
		other := w.run.Probes[slices.Index(tokens, found[0].Token)]
		return usage(fmt.Errorf("this is the source of another message of the run: %s/%s (%s)",
			other.Seed, other.Route, other.ID), "look for the subject reference "+w.probe.Token.Ref())
	}
	return usage(fmt.Errorf("the source carries no tag of %s/%s", w.probe.Seed, w.probe.Route),
		"paste the whole source, headers included, as \"show original\" or \"view source\" gives it",
		"the message has the reference "+w.probe.Token.Ref()+" in its subject")
}

func readSource(stdin io.Reader, path string) ([]byte, error) {
	from := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxSource+1))
	if len(raw) > maxSource {
		return nil, fmt.Errorf("it is longer than %d MiB", maxSource>>20)
	}
	return raw, err
}

// headerOf cuts the header out of what was pasted: a mark of the encoding and empty lines before it
// belong to the clipboard.
func headerOf(raw []byte) []byte {
	raw = bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), "\r\n")
	var size int
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 || size+len(line) > maxHeader {
			break
		}
		size += len(line)
	}
	return raw[:size]
}

// facts are the word on the record: copies elsewhere are gone by it, and it is a look at this one
// message, whose absence it proves or whose place it settles.
func (w *word) facts() []seedtest.FactBody {
	var list []seedtest.FactBody
	for _, s := range w.probe.Sightings {
		if s.ByHand && s.Gone == nil && s.Mailbox != w.spot.mailbox {
			list = append(list, seedtest.Gone{Seed: s.Seed, Token: s.Token, Mailbox: s.Mailbox,
				LastSeen: s.At})
		}
	}
	if w.spot.mailbox != "" {
		list = append(list, seedtest.Sighting{Seed: w.probe.Seed, Token: w.probe.Token,
			Mailbox: w.spot.mailbox, Role: w.spot.role, Class: w.spot.class, Carriers: w.carriers,
			ByHand: true, Header: w.source})
	}
	return append(list, seedtest.Round{Seed: w.probe.Seed, Token: w.probe.Token, ByHand: true,
		Begun: w.at, Ended: w.at, Try: 1, Complete: true, Mailboxes: []seedtest.RoundMailbox{}})
}
