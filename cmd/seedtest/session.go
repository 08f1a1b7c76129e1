package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"

	"seedtest"
	"seedtest/analyze"
	"seedtest/config"
	"seedtest/diagnose"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/report"
	"seedtest/sender"
	"seedtest/store"
)

// network is how servers are reached: the machine's own network, or a lab's.
type network struct {
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	roots *x509.CertPool
	dns   []string // servers as address:port; empty: the system's
}

// session is what a command works runs with.
type session struct {
	app     *app
	store   *store.Store
	clock   func() time.Time
	network network
	clients []io.Closer
	direct  *direct

	external *handouts                  // to the user
	keys     map[string]sender.DKIMKeys // by route

	connections *inbox.Connections // of all its runs
}

func (a *app) openSession(ctx context.Context, path string, n network) (*session, error) {
	s, err := a.openStore(ctx, path)
	if err != nil {
		return nil, err
	}
	connections := inbox.NewConnections()
	connections.Remember(s)
	return &session{app: a, store: s, clock: harness.Clock(time.Now), network: n,
		keys:   map[string]sender.DKIMKeys{},
		direct: newDirect(n), connections: connections, external: &handouts{app: a}}, nil
}

func (a *app) openStore(ctx context.Context, path string) (*store.Store, error) {
	s, err := store.Open(ctx, path)
	if err != nil {
		return nil, broken(err)
	}
	return s, nil
}

// close leaves the servers in order and closes the store.
func (s *session) close() {
	s.connections.Close(context.Background())
	for _, c := range s.clients {
		_ = c.Close()
	}
	_ = s.external.close()
	_ = s.store.Close()
}

// parts wires the rooms to the harness.
func (s *session) parts(routes []seedtest.Route, observe func(seedtest.Fact)) harness.Parts {
	senders := map[string]harness.Sender{}
	for _, r := range routes {
		c := s.sender(r)
		s.clients, senders[r.Name] = append(s.clients, c), c
	}
	return harness.Parts{
		Log: s.store, Senders: senders, Watcher: s.watcher(), Compose: composer(s.keys),
		Breaker: diagnose.Breaker, Now: s.clock, Wall: time.Now, Observe: observe,
		Jitter: jitter, Logger: s.app.logger(),
		Mint:     harness.Minter{ID: uuid.NewV7, Key: s.store.Key()}.Token,
		Canaries: s.store.Canaries, Logs: s.logs(routes), Reports: reportsOf(routes),
	}
}

// wayOut is what sends by one route.
type wayOut interface {
	harness.Sender
	io.Closer
}

func (s *session) sender(r seedtest.Route) wayOut {
	o := sender.Options{Dial: s.network.dial, Roots: s.network.roots, Now: s.clock,
		Log: s.app.logger(), DNS: s.direct, STS: s.direct.sts, Names: s.direct, Notes: s.store}
	switch r.Type {
	case seedtest.RouteSendmail:
		return sender.NewProgram(r, o)
	case seedtest.RouteExternal:
		return s.external.sender(r, o)
	}
	return sender.New(r, o)
}

func (s *session) watcher() *inbox.Watcher {
	return inbox.New(inbox.Options{Dial: s.network.dial, Roots: s.network.roots,
		Connections: s.connections, Log: s.app.logger(), Jitter: jitterAround,
		Timeouts: s.app.timeouts})
}

// jitter draws a wait of at most d.
func jitter(d time.Duration) time.Duration { return rand.N(d + 1) }

// jitterAround changes a wait by at most a fifth.
func jitterAround(d time.Duration) time.Duration { return d - d/5 + rand.N(2*(d/5)+1) }

// loadConfig reads the configuration and prints its warnings.
func (a *app) loadConfig() (*config.Config, error) {
	c, err := config.Load(a.configPath, a.env)
	if err != nil {
		hints := []string{}
		if errors.Is(err, os.ErrNotExist) {
			hints = append(hints, `"seedtest init" writes a commented one to start from`,
				`"seedtest demo" shows a run without any configuration`)
		}
		return nil, usage(err, hints...)
	}
	a.wireTokens(c)
	if !a.quiet {
		for _, w := range c.Warnings {
			_, _ = fmt.Fprintf(a.stderr, "seedtest: warning: %s\n", report.CleanLine(w))
		}
	}
	return c, nil
}

// storeOf returns the path of the store: by flag, by configuration, or the default place.
func (a *app) storeOf(configured string) (string, error) {
	switch {
	case a.storePath != "":
		return a.storePath, nil
	case configured != "":
		return configured, nil
	}
	dir, err := a.stateDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "seedtest.db"), nil
}

// stateDir is where this program keeps what it learns, by the XDG base directory specification.
func (a *app) stateDir() (string, error) {
	if dir := a.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "seedtest"), nil
	}
	home := a.getenv("HOME")
	if home == "" {
		return "", usage(errors.New("no home directory to keep the store in"),
			"set HOME or XDG_STATE_HOME, or name a file with --store")
	}
	return filepath.Join(home, ".local", "state", "seedtest"), nil
}

// storeToRead returns the path of the store for commands that only look: a configuration that has
// a mistake elsewhere does not keep anybody from looking.
func (a *app) storeToRead() (string, error) {
	var file struct{ Store struct{ Path string } }
	if a.storePath == "" {
		if _, err := toml.DecodeFile(a.configPath, &file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", usage(fmt.Errorf("%s: %w", a.configPath, err))
		}
	}
	path := file.Store.Path
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(a.configPath), path)
	}
	return a.storeOf(path)
}

// attach gives every probe that was seen the analysis of the header that decided, and every copy
// the stamps of its header.
func attach(ctx context.Context, s *store.Store, run *seedtest.Run) error {
	for i := range run.Probes {
		p := &run.Probes[i]
		read := map[string]*seedtest.Analysis{} // by the sum of the header
		for k := range p.Sightings {
			seen := &p.Sightings[k]
			sum := seen.HeaderSum
			if sum == "" {
				continue
			}
			if read[sum] == nil {
				raw, err := s.Header(ctx, sum)
				if err != nil {
					return fmt.Errorf("header of probe %s: %w", p.ID, err)
				}
				a := analyze.Message(raw, string(p.ID), trustAt(run.Seed(p.Seed)))
				read[sum] = &a
			}
			seen.Stamps = read[sum].Stamps
			if seen == p.Decisive() {
				p.Analysis = read[sum]
			}
		}
	}
	return nil
}

func trustAt(s *seedtest.SeedState) seedtest.Trust {
	if s == nil {
		return seedtest.Trust{}
	}
	return s.Seed.Provider.Trust
}

// folded reads a run from the store and folds its facts.
func folded(ctx context.Context, s *store.Store, id seedtest.RunID) (seedtest.Run, error) {
	facts, err := s.Facts(ctx, id)
	if err != nil {
		return seedtest.Run{}, err
	}
	run := seedtest.Fold(facts, seedtest.AsOf(facts))
	return run, attach(ctx, s, &run)
}

// judged reads a run from the store and judges it from its facts. Doses are those of its last
// moment.
func judged(ctx context.Context, s *store.Store, id seedtest.RunID) (report.Report, error) {
	run, err := folded(ctx, s, id)
	if err != nil {
		return report.Report{}, err
	}
	health := diagnose.Health(run)
	for i := range run.Seeds {
		h := health[run.Seeds[i].Seed.Name]
		run.Seeds[i].Health = &h
	}
	usage := report.UsageOf(run)
	doses, err := s.Doses(ctx, run.AsOf)
	if err != nil {
		return report.Report{}, err
	}
	usage.Doses, usage.DoseLimit = dosesOf(run, doses), seedDay(run.Opened.Limits)
	follow, err := successions(ctx, s, run)
	if err != nil {
		return report.Report{}, err
	}
	return report.Report{Run: run, Judgement: seedtest.Judge(run), Findings: diagnose.Causes(run),
		Usage: usage, Successions: follow}, nil
}

// dosesOf picks the seeds of a run that a dose limit holds for.
func dosesOf(run seedtest.Run, u store.Usage) []report.SeedDose {
	var list []report.SeedDose
	for _, s := range run.Opened.Seeds {
		for _, c := range u.Seeds {
			if !s.Own && c.Address == strings.ToLower(s.Address) {
				list = append(list, report.SeedDose{Seed: s.Name, Messages: c.Messages})
			}
		}
	}
	return list
}

// providerHour is the dose limit of a provider.
func providerHour(l seedtest.Limits) int {
	if l.ProviderHour > 0 {
		return l.ProviderHour
	}
	return store.DefaultProviderHour
}

// seedDay is the dose limit of a seed.
func seedDay(l seedtest.Limits) int {
	if l.SeedDay > 0 {
		return l.SeedDay
	}
	return store.DefaultSeedDay
}
