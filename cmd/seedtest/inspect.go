package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/provider"
	"seedtest/sender"
)

// inspecting is what seedtest inspect was asked for.
type inspecting struct {
	host     string
	port     int
	smtp     bool
	startTLS bool
	noTLS    bool
	ca       string
	user     string
	secret   config.SeedEntry // where the secret is
}

func (a *app) inspectCommand() *cobra.Command {
	var in inspecting
	c := &cobra.Command{
		Use:   "inspect HOST[:PORT]",
		Short: "Print what an IMAP or SMTP server says of itself, as a table for seeds.toml",
		Long: `Connects to a server and prints what it says of itself: greeting, capabilities, ID, TLS
and a measured round trip, as a [provider.NAME] table that can go into the configuration. Without a
port it is IMAP with TLS at once on 993; with --starttls on 143. Ports 25, 465 and 587, or --smtp,
are an SMTP server, and the table a [route.NAME].

With --user it signs in as well, asking for the password as "seedtest add" does, and adds the
mailboxes with their flags and roles, and what can be told of the server's habits. Nothing is
opened, sent or changed. Addresses are left out; look for other private names before you share
what it prints.`,
		Example: `  seedtest inspect imap.example.net
  seedtest inspect imap.example.net:143 --starttls --user anna
  seedtest inspect mail.example.net:587`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := in.server(args[0]); err != nil {
				return usage(err)
			}
			return a.inspect(c.Context(), in)
		},
	}
	f := c.Flags()
	f.BoolVar(&in.smtp, "smtp", false, "an SMTP server, whatever the port")
	f.BoolVar(&in.startTLS, "starttls", false, "IMAP that begins in plain text and is encrypted then")
	f.BoolVar(&in.noTLS, "no-tls", false, "no encryption; a password is told on this machine only")
	f.StringVar(&in.ca, "ca", "", "`file` of certificates to trust beside the system's")
	f.StringVar(&in.user, "user", "", "sign in by this `name`")
	f.BoolVar(&in.secret.Token, "token", false, "the secret is an OAuth access token")
	f.StringVar(&in.secret.SecretEnv, "password-env", "",
		"environment `variable` that holds the password")
	f.StringVar(&in.secret.SecretFile, "password-file", "", "`file` that holds the password")
	f.StringSliceVar(&in.secret.SecretCommand, "password-command", nil,
		"`command` that prints the password, as PROG,ARG")
	c.MarkFlagsMutuallyExclusive("starttls", "no-tls")
	a.formatFlag(c, "text", "json")
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

// server reads HOST[:PORT], and what follows from the port.
func (in *inspecting) server(arg string) error {
	in.host = arg
	if host, port, err := net.SplitHostPort(arg); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no port: want a number from 1 to 65535", port)
		}
		in.host, in.port = host, int(n)
	}
	if in.host == "" {
		return errors.New("there is no host: want HOST or HOST:PORT")
	}
	in.smtp = in.smtp || slices.Contains([]int{25, 465, 587}, in.port)
	in.startTLS = in.startTLS || in.port == 143 && !in.noTLS
	switch {
	case in.smtp && in.user != "":
		return errors.New("--user is for IMAP: seedtest check signs in to the routes of a configuration")
	case in.user == "" && (in.secret.Token || in.secret.SecretEnv != "" || in.secret.SecretFile != "" ||
		len(in.secret.SecretCommand) > 0):
		return errors.New("a secret is of no use without --user")
	case in.port != 0:
	case in.smtp:
		in.port = 25
	case in.startTLS || in.noTLS:
		in.port = 143
	default:
		in.port = 993
	}
	return nil
}

func (a *app) inspect(ctx context.Context, in inspecting) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	var ca []byte
	if in.ca != "" {
		var err error
		if ca, err = os.ReadFile(in.ca); err != nil {
			return usage(err)
		}
	}
	if in.smtp {
		return a.inspectSMTP(ctx, in, ca)
	}
	return a.inspectIMAP(ctx, in, ca)
}

func (a *app) inspectIMAP(ctx context.Context, in inspecting, ca []byte) error {
	seed := seedtest.Seed{Name: in.host, CA: ca, Server: seedtest.Endpoint{Host: in.host, Port: in.port,
		TLS: seedtest.TLSImplicit}}
	switch {
	case in.noTLS:
		seed.Server.TLS = seedtest.TLSNone
	case in.startTLS:
		seed.Server.TLS = seedtest.TLSStartTLS
	}
	var err error
	if seed.Login, err = a.inspectLogin(in); err != nil {
		return usage(err)
	}
	found, err := a.watcher().Inspect(ctx, seed)
	presets := provider.ForServer(in.host, found.Greeting, found.Server)
	fragment := ""
	if found.Remote != "" {
		fragment = imapFragment(in, found, presets)
	}
	o := imapOut(in, found, presets, commentless(fragment))
	if o.OK = err == nil; err != nil {
		o.Error, o.Hints = err.Error(), inspectHints(found, presets)
	}
	return a.inspected(o, fragment)
}

// inspected prints what was found, and says what went wrong.
func (a *app) inspected(o inspectOut, fragment string) error {
	var err error
	if a.format == "json" {
		err = o.write(a.stdout)
	} else {
		_, err = fmt.Fprint(a.stdout, fragment)
	}
	if err != nil {
		return broken(err)
	}
	if !o.OK {
		return broken(fmt.Errorf("%s: %s", o.Host, o.Error), o.Hints...)
	}
	return nil
}

// inspectLogin says how to sign in, if a user is named.
func (a *app) inspectLogin(in inspecting) (seedtest.Login, error) {
	e := in.secret
	if in.user == "" {
		return seedtest.Login{}, nil
	}
	if e.SecretEnv == "" && e.SecretFile == "" && len(e.SecretCommand) == 0 {
		asked, err := a.askSecret("password for " + in.user)
		login := seedtest.Login{Username: in.user, Password: seedtest.Secret(asked)}
		if e.Token {
			login.Password, login.Token = nil, login.Password
		}
		return login, err
	}
	e.Name, e.Address, e.Host, e.Username = "inspected", "user@example.net", "example.net", in.user
	seed, err := config.SeedOf(e, a.env)
	var mistake config.Error
	if errors.As(err, &mistake) { // it speaks of a file that nobody wrote
		err = fmt.Errorf("the password for %s: %s; %s", in.user, mistake.Problem, mistake.Hint)
	}
	return seed.Login, err
}

// inspectHints is what to try when it did not work.
func inspectHints(found inbox.Inspection, presets []string) []string {
	when := seedtest.HintLogin
	var hints []string
	if found.Remote == "" {
		when = seedtest.HintConnect
		hints = append(hints, "IMAP has TLS at once on port 993, and on 143 with --starttls; "+
			"ports 25, 465 and 587 are SMTP", "what is ca = in a configuration is --ca here")
	}
	if len(presets) > 0 {
		p, _ := provider.ByID(presets[0])
		hints = append(hints, p.HintsFor(when)...)
	}
	return hints
}

func (a *app) inspectSMTP(ctx context.Context, in inspecting, ca []byte) error {
	route := seedtest.Route{Name: in.host, CA: ca, Server: seedtest.Endpoint{Host: in.host, Port: in.port,
		TLS: seedtest.TLSOpportunistic}}
	switch {
	case in.noTLS:
		route.Server.TLS = seedtest.TLSNone
	case in.port == 465:
		route.Server.TLS = seedtest.TLSImplicit
	case in.startTLS:
		route.Server.TLS = seedtest.TLSStartTLS
	}
	client := sender.New(route, sender.Options{Log: a.logger()})
	defer func() { _ = client.Close() }()
	c := client.Check(ctx)
	fragment := ""
	if c.Banner != "" {
		fragment = smtpFragment(in, route, c)
	}
	return a.inspected(smtpOut(in, c, commentless(fragment)), fragment)
}
