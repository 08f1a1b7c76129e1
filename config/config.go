package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"seedtest"
)

// Config is a configuration file, read, checked and defaulted. Slices keep the order of the file.
type Config struct {
	Path      string
	Routes    []seedtest.Route
	Seeds     []seedtest.Seed
	Messages  []seedtest.Message // without a [message] table: a neutral one named "default"
	Suites    []seedtest.Suite   // without a [suite] table: one named "default", of everything
	Limits    seedtest.Limits
	Store     string              // path of the store; empty: no home directory is known
	Tokens    Tokens              // where OAuth tokens are kept
	DNS       []string            // servers as address:port; empty: the system's
	Providers []seedtest.Provider // of the [provider] tables
	Warnings  []string            // what is allowed and probably not meant, as FILE:LINE: key: text
}

// Load reads the file at path. Relative paths in it start at its directory. The error is [Errors]
// if the file could be read.
func Load(path string, env Env) (*Config, error) {
	data, _, err := env.read(path, maxSize)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, data, env)
}

// Parse reads a configuration from data. Messages call it name, and relative paths start at name's
// directory. The error is [Errors].
func Parse(name string, data []byte, env Env) (*Config, error) {
	root, bad := parseTree(data)
	if bad != nil {
		bad.File = name
		return nil, Errors{*bad}
	}
	r := &reader{file: name, dir: filepath.Dir(name), env: env}
	c := r.config(&table{node: root, r: r})
	c.Path = name
	if err := sorted(r.mistakes); err != nil {
		return nil, err
	}
	c.Warnings = r.warnings
	return c, nil
}

// config reads the sections in the order in which they name each other.
func (r *reader) config(top *table) *Config {
	c := &Config{}
	c.Limits = r.limits(top)
	c.Store = r.store(top)
	c.Tokens = r.tokens(top, c.Store)
	r.oauthClients(top)
	c.DNS = r.dns(top)
	presets := r.providers(top)
	c.Providers = presets.tables()
	c.Routes = r.routes(top, r.senders(top, presets))
	c.Seeds = r.seeds(top, presets)
	c.Messages = r.messages(top)
	r.suites(top, c, presets)
	top.done()
	return c
}

// Suite returns the suite of that name. An empty name stands for the only suite there is.
func (c *Config) Suite(name string) (seedtest.Suite, error) {
	var names []string
	for _, s := range c.Suites {
		if s.Name == name || name == "" && len(c.Suites) == 1 {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if name == "" {
		return seedtest.Suite{}, fmt.Errorf("suite: %s has several: name one of %s",
			c.Path, strings.Join(names, ", "))
	}
	return seedtest.Suite{}, fmt.Errorf("suite %s: not in %s; %s", name, c.Path, oneOf(name, names))
}

// Select returns what the names in a suite stand for: each route, seed and message once, in the
// order of the names. The error names what is not there.
func (c *Config) Select(s seedtest.Suite) (
	[]seedtest.Route, []seedtest.Seed, []seedtest.Message, error,
) {
	routes, e1 := pick(s.Routes, c.Routes, c.RouteNames(), routeNamed)
	seeds, e2 := pick(s.Seeds, c.Seeds, c.SeedNames(), seedNamed)
	messages, e3 := pick(s.Messages, c.Messages, c.messageNames(), messageNamed)
	if err := errors.Join(e1, e2, e3); err != nil {
		return nil, nil, nil, fmt.Errorf("suite %s: %w", s.Name, err)
	}
	switch {
	case len(routes) == 0:
		return nil, nil, nil, fmt.Errorf("suite %s: no route: add a [route.NAME] table", s.Name)
	case len(seeds) == 0:
		return nil, nil, nil, fmt.Errorf("suite %s: no seed: run seedtest add ADDRESS", s.Name)
	case len(messages) == 0:
		return nil, nil, nil, fmt.Errorf("suite %s: no message", s.Name)
	}
	return routes, seeds, messages, nil
}

// RouteNames returns the names of the routes, in the order of the file.
func (c *Config) RouteNames() []string {
	return names(c.Routes, func(r seedtest.Route) string { return r.Name })
}

// SeedNames returns the names of the seeds, in the order of the file.
func (c *Config) SeedNames() []string {
	return names(c.Seeds, func(s seedtest.Seed) string { return s.Name })
}

// messageNames returns the names of the messages, and those that stand for all variants of one.
func (c *Config) messageNames() []string {
	var all []string
	for _, m := range c.Messages {
		if m.Matrix != "" && !slices.Contains(all, m.Matrix) {
			all = append(all, m.Matrix)
		}
		all = append(all, m.Name)
	}
	return all
}

// everything is the name that stands for all there is.
const everything = "*"

// ofProvider begins a name that stands for the seeds of one provider.
const ofProvider = "provider:"

func routeNamed(r seedtest.Route, name string) bool     { return r.Name == name }
func messageNamed(m seedtest.Message, name string) bool { return m.Name == name || m.Matrix == name }
func seedNamed(s seedtest.Seed, name string) bool {
	id, ok := strings.CutPrefix(name, ofProvider)
	return s.Name == name || ok && s.Provider.ID == id
}

// pick returns the things that names stand for, each once. known are the names that there are.
func pick[T any](names []string, all []T, known []string, named func(T, string) bool) ([]T, error) {
	var out []T
	var taken []int
	var missing error
	for _, name := range names {
		found := name == everything
		for i, x := range all {
			if name != everything && !named(x, name) {
				continue
			}
			found = true
			if !slices.Contains(taken, i) {
				taken = append(taken, i)
				out = append(out, x)
			}
		}
		if !found {
			missing = errors.Join(missing, fmt.Errorf("%q is not in the configuration; %s", name,
				oneOf(name, known)))
		}
	}
	return out, missing
}
