package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/sender"
)

// checkTimeout bounds the check of one server.
const checkTimeout = 90 * time.Second

func (a *app) checkCommand() *cobra.Command {
	var offline bool
	c := &cobra.Command{
		Use:   "check [NAME...]",
		Short: "Read the configuration and sign in to every route, seed and return path",
		Long: `Reads the configuration, signs in to every route, every seed and every account that a sender's
delivery reports come to, or to those named, and lists what it found: TLS and certificate, what the server offers, mailboxes and how their roles were
found, quota, and how long it took. Earlier runs tell of each seed its health and what to do
about it, how soon mail was seen, its dose, open breakers and the age of its account. The keys
that routes sign with are held against those in DNS, and messages are looked through for what
receivers dislike. Nothing is sent, and no more is stored than notes of servers and accounts. Exit
status 0 if all is well, 1 if something could not be reached or a seed is not well, 2 if the
configuration is wrong.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.check(c.Context(), args, offline)
		},
	}
	c.Flags().BoolVar(&offline, "offline", false, "stop after reading the configuration")
	a.formatFlag(c, "text", "json")
	a.addressesFlag(c)
	return c
}

// checked is what was found at one route or seed, or in one message.
type checked struct {
	Kind    string // "route", "seed", "sender" or "message"
	Name    string
	Address string // of a seed
	OK      bool
	Error   string
	Hint    string
	Route   *sender.Check
	Seed    *inbox.Check // also of a sender: of its return path; nil: by hand, or nobody reads it

	Instrument *instrument // of a seed

	Domain string // of a route of type mx: whose servers were asked
	Server string // of a route with several: which one
	Key    string // of a route that signs: where its key is published

	Remarks []remarked // of a message
	LeftOut []string   // of a message from a file: its fields that are not sent
}

func (a *app) check(ctx context.Context, names []string, offline bool) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	list, err := named(cfg, names)
	if err != nil {
		return err
	}
	if offline {
		a.say("%s reads well: %d routes, %d seeds, %d suites", cfg.Path, len(cfg.Routes),
			len(cfg.Seeds), len(cfg.Suites))
		return a.checkedOffline(checkMessages(cfg))
	}
	found := a.checkAll(ctx, cfg, list)
	if len(names) == 0 {
		found = append(found, notableMessages(checkMessages(cfg))...)
	}
	if err := a.instruments(ctx, cfg, found); err != nil {
		return err
	}
	if err := a.writeChecks(found); err != nil {
		return broken(err)
	}
	if slices.ContainsFunc(found, checked.failed) {
		return exit(statusNothing)
	}
	return nil
}

// checkedOffline writes what is known of messages without asking anybody.
func (a *app) checkedOffline(messages []checked) error {
	if messages = notableMessages(messages); len(messages) == 0 {
		return nil
	}
	if err := a.writeChecks(messages); err != nil {
		return broken(err)
	}
	if slices.ContainsFunc(messages, checked.failed) {
		return exit(statusUsage)
	}
	return nil
}

// failed reports whether something is wrong now.
func (c checked) failed() bool {
	return !c.OK || c.Instrument != nil && c.Instrument.health.Bad > 0
}

// checklist is what is to be checked.
type checklist struct {
	routes  []seedtest.Route
	seeds   []seedtest.Seed
	senders []seedtest.Identity
}

func (x checklist) size() int { return len(x.routes) + len(x.seeds) + len(x.senders) }

// named returns the routes, seeds and senders of those names, or all of them.
func named(cfg *config.Config, names []string) (checklist, error) {
	all := checklist{cfg.Routes, cfg.Seeds, sendersOf(cfg.Routes)}
	if len(names) == 0 {
		return all, nil
	}
	var some checklist
	for _, name := range names {
		n := some.size()
		for _, r := range all.routes {
			if r.Name == name {
				some.routes = append(some.routes, r)
			}
		}
		if s, ok := seedOf(cfg, name); ok {
			some.seeds = append(some.seeds, s)
		}
		for _, id := range all.senders {
			if id.Name == name {
				some.senders = append(some.senders, id)
			}
		}
		if n == some.size() {
			return some, usage(fmt.Errorf("%s has no route, seed or sender %q", cfg.Path, name),
				config.Suggest(name, slices.Concat(cfg.RouteNames(), cfg.SeedNames())))
		}
	}
	return some, nil
}

// checkAll checks all servers at the same time: each is asked once.
func (a *app) checkAll(ctx context.Context, cfg *config.Config, x checklist) []checked {
	ofRoutes := make([][]checked, len(x.routes))
	seeds, senders := make([]checked, len(x.seeds)), make([]checked, len(x.senders))
	w, d := a.watcher(), newDirect(network{dns: cfg.DNS})
	var checks sync.WaitGroup
	for i, r := range x.routes {
		checks.Go(func() {
			ofRoutes[i] = append(a.checkRoute(ctx, r, d, domainsOf(cfg.Seeds)), a.checkKeys(ctx, r, d)...)
		})
	}
	for i, s := range x.seeds {
		checks.Go(func() { seeds[i] = a.checkSeed(ctx, w, s) })
	}
	for i, id := range x.senders {
		checks.Go(func() { senders[i] = a.checkReturnPath(ctx, w, id) })
	}
	checks.Wait()
	return slices.Concat(slices.Concat(ofRoutes...), senders, seeds)
}

// watcher makes one for a command that needs no store. It minds what runs have noted of accounts,
// and notes that a sign-in succeeds again.
func (a *app) watcher() *inbox.Watcher {
	connections := inbox.NewConnections()
	connections.Remember(notes{a})
	return inbox.New(inbox.Options{Log: a.logger(), Timeouts: a.timeouts, Connections: connections})
}

// notes are those of the store, if there is one: looking makes none.
type notes struct{ app *app }

// Note opens the store for one note.
func (n notes) Note(ctx context.Context, name string, change func([]byte) []byte) error {
	path, err := n.app.storeToRead()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	s, err := n.app.openStore(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(s.Note(ctx, name, change), s.Close())
}

// bounded bounds the check of one server.
func (a *app) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(a.checkTimeout, checkTimeout))
}

func (a *app) checkSeed(ctx context.Context, w *inbox.Watcher, s seedtest.Seed) checked {
	if s.ByHand {
		return checked{Kind: "seed", Name: s.Name, Address: s.Address, OK: true}
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c, err := w.Check(ctx, s)
	found := checked{Kind: "seed", Name: s.Name, Address: s.Address, OK: err == nil, Seed: &c,
		Hint: seedHint(s, c)}
	if err != nil {
		found.Error = err.Error()
	}
	return found
}

func (a *app) writeChecks(found []checked) error {
	if a.format == "json" {
		return writeChecksJSON(a.stdout, found, a.addresses)
	}
	var errs []error
	for _, c := range found {
		for _, line := range c.lines(a.verbose) {
			_, err := fmt.Fprintln(a.stdout, line)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
