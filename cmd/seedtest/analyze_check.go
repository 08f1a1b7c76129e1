package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/analyze"
	"seedtest/header"
	"seedtest/resolve"
	"seedtest/verify"
)

// checkFlags say whether messages are evaluated anew, whom to ask, and what to put in place of what
// the provider recorded.
type checkFlags struct {
	verify         bool
	resolvers      []string
	ip             string
	mailFrom, helo string
	config         bool // a configuration was named
}

func (c *checkFlags) add(command *cobra.Command) {
	f := command.Flags()
	f.BoolVar(&c.verify, "verify", false,
		"evaluate DKIM, SPF, DMARC and ARC anew, by DNS as it is now")
	f.StringArrayVar(&c.resolvers, "resolver", nil,
		"ask this server of DNS (`HOST:PORT`; may be repeated) and not the system's")
	f.StringVar(&c.ip, "ip", "", "the client's `ADDRESS`, for SPF in place of the recorded one")
	f.StringVar(&c.mailFrom, "mail-from", "",
		"the envelope's sender `ADDRESS`, for SPF in place of the recorded one")
	f.StringVar(&c.helo, "helo", "", "the client's `NAME`, for SPF in place of the recorded one")
	noFiles(command, "resolver", "ip", "mail-from", "helo")
}

// noFiles keeps shells from offering files for the values of some flags.
func noFiles(command *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = command.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// checker analyzes messages, and evaluates them where that is asked for.
type checker struct {
	resolver *resolve.Resolver // nil: offline
	options  verify.Options
}

// mostAsking is how long the evaluation of one message may ask DNS.
const mostAsking = time.Minute

// checker returns what analyzes as the flags say.
func (a *app) checker(f checkFlags) (checker, error) {
	if !f.verify {
		if len(f.resolvers) > 0 || f.ip+f.mailFrom+f.helo != "" {
			return checker{}, usage(errors.New(
				"--resolver, --ip, --mail-from and --helo are about an evaluation"), "add --verify")
		}
		return checker{}, nil
	}
	c := checker{options: verify.Options{Now: time.Now(), MailFrom: f.mailFrom, HELO: f.helo}}
	var err error
	if f.ip != "" {
		if c.options.IP, err = netip.ParseAddr(f.ip); err != nil {
			return c, usage(fmt.Errorf("--ip: %w", err))
		}
	}
	servers, err := a.servers(f)
	if err != nil {
		return c, err
	}
	if c.resolver, err = resolve.New(resolve.Options{Servers: servers}); err != nil {
		return c, usage(err, "--resolver names a server of DNS, such as 192.0.2.53:53")
	}
	return c, nil
}

// servers are the named ones, else those of a configuration that was named, else the system's.
func (a *app) servers(f checkFlags) ([]string, error) {
	if len(f.resolvers) > 0 || !f.config {
		return f.resolvers, nil
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	return cfg.DNS, nil
}

func (c checker) asks() bool { return c.resolver != nil }

// analyze says what a message tells.
func (c checker) analyze(ctx context.Context, l letter, trust seedtest.Trust) seedtest.Analysis {
	a := analyze.Message(l.raw, l.source, trust)
	if c.resolver == nil {
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, mostAsking)
	defer cancel()
	o := c.options
	o.Cut = len(l.raw) >= header.MaxSize // of longer messages no more is read
	var found []seedtest.Finding
	a.Verified, found = verify.Message(ctx, l.raw, a, c.resolver, o)
	a.Findings = append(a.Findings, found...)
	return a
}
