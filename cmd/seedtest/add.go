package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"seedtest"
	"seedtest/config"
	"seedtest/provider"
)

func (a *app) addCommand() *cobra.Command {
	var s config.SeedEntry
	var tls string
	var noSignIn bool
	c := &cobra.Command{
		Use:   "add ADDRESS",
		Short: "Add a seed mailbox to the configuration",
		Long: `Finds the provider of the address (of a domain of one's own by DNS), asks for the password
(or app password), signs in on the spot, shows the mailboxes found, and adds the seed to the
configuration. The password goes into a file of its own, secrets/NAME with mode 0600 beside
the configuration; it is read from standard input when that is no terminal. --password-env,
--password-file and --password-command name another source, and nothing is asked. With
--oauth, consent is asked for as seedtest login does.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s.Address, s.TLS = args[0], seedtest.TLSMode(tls)
			err := a.addSeed(c.Context(), &s, noSignIn || s.OAuth != "" || s.ByHand)
			if err == nil && s.OAuth != "" && !noSignIn {
				err = a.login(c.Context(), s.Name, loginFlags{})
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&s.Name, "name", "", "name of the seed; default: made from the address")
	f.StringVar(&s.Provider, "provider", "", "`ID` of the provider's preset; default: by the address")
	f.StringVar(&s.CA, "ca", "", "`file` of certificates to trust beside the system's")
	f.StringVar(&s.Host, "host", "", "IMAP host; default: by the address")
	f.IntVar(&s.Port, "port", 0, "IMAP port; default: by the address, or 993")
	f.StringVar(&tls, "tls", "", "implicit, starttls or none; default: by the address, or implicit")
	f.StringVar(&s.Username, "username", "", "login name; default: the address")
	f.StringVar(&s.Junk, "junk", "", "junk mailbox; default: found")
	f.BoolVar(&s.Own, "own", false, "a server of ours: quick looks, no dose limit")
	f.BoolVar(&s.Token, "token", false, "the secret is an OAuth access token")
	f.StringVar(&s.SecretEnv, "password-env", "", "environment `variable` that holds the password")
	f.StringVar(&s.SecretFile, "password-file", "", "`file` that holds the password")
	f.StringSliceVar(&s.SecretCommand, "password-command", nil,
		"`command` that prints the password, as PROG,ARG")
	f.BoolVar(&s.ByHand, "by-hand", false, "no IMAP: you look yourself, and say it with seedtest place")
	f.StringVar(&s.Replaces, "replaces", "", "`name` of the seed that it is to take over from")
	f.StringVar(&s.OAuth, "oauth", "", "`name` of an [oauth.NAME] table to sign in by")
	f.BoolVar(&noSignIn, "no-sign-in", false, "add without signing in")
	for _, other := range []string{"token", "password-env", "password-file", "password-command"} {
		c.MarkFlagsMutuallyExclusive("oauth", other)
		c.MarkFlagsMutuallyExclusive("by-hand", other)
	}
	c.MarkFlagsMutuallyExclusive("by-hand", "oauth")
	_ = c.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(provider.IDs(),
		cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) addSeed(ctx context.Context, s *config.SeedEntry, noSignIn bool) error {
	data, err := os.ReadFile(a.configPath)
	if err != nil {
		return usage(err, `"seedtest init" writes a configuration to start from`)
	}
	if s.Name == "" {
		s.Name = nameOf(s.Address)
	}
	if err := a.findProvider(ctx, s, net.DefaultResolver.LookupMX); err != nil {
		return err
	}
	forget, err := a.keepSecret(s)
	if err != nil {
		return err
	}
	added, err := config.AddSeed(data, *s)
	if err == nil {
		err = a.tryAdded(ctx, s.Name, added, noSignIn)
	}
	if err == nil {
		err = replaceFile(a.configPath, added)
	}
	if err != nil {
		forget()
		err = fmt.Errorf("%s was not changed: %w", a.configPath, err)
		if errors.Is(err, errSignIn) {
			return broken(err)
		}
		return usage(err)
	}
	a.say("added [seed.%s] to %s", s.Name, a.configPath)
	return nil
}

// nameOf makes a seed's name of its address: anna@gmail.com becomes gmail-anna.
func nameOf(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	host, _, _ := strings.Cut(domain, ".")
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}
	return strings.Map(keep, strings.ToLower(host+"-"+local))
}

// keepSecret asks for the secret and writes it to a file of its own, unless its source is named.
func (a *app) keepSecret(s *config.SeedEntry) (forget func(), err error) {
	if s.SecretEnv != "" || s.SecretFile != "" || len(s.SecretCommand) > 0 || s.OAuth != "" ||
		s.ByHand {
		return func() {}, nil
	}
	secret, err := a.askSecret("password for " + s.Address)
	if err != nil {
		return nil, usage(err)
	}
	s.SecretFile = filepath.Join("secrets", s.Name)
	path := filepath.Join(filepath.Dir(a.configPath), s.SecretFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, usage(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, usage(err,
			"remove the file if its seed is no longer configured, or choose another --name")
	}
	_, err = io.WriteString(f, secret+"\n")
	return func() { _ = os.Remove(path) }, errors.Join(err, f.Close())
}

// askSecret reads a secret: without echo on a terminal, else the first line of standard input.
func (a *app) askSecret(prompt string) (string, error) {
	var secret string
	if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprintf(a.stderr, "%s: ", prompt)
		typed, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(a.stderr)
		if err != nil {
			return "", err
		}
		secret = string(typed)
	} else {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, 64<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		secret = strings.TrimRight(line, "\r\n")
	}
	if secret == "" {
		return "", errors.New("no password was given")
	}
	return secret, nil
}

// errSignIn says that a new seed's server did not let us in: no mistake of the command line.
var errSignIn = errors.New("sign-in did not work")

// tryAdded reads the new configuration as a run would, and signs in to the new seed.
func (a *app) tryAdded(ctx context.Context, name string, data []byte, noSignIn bool) error {
	cfg, err := config.Parse(a.configPath, data, a.env)
	if err != nil {
		return err
	}
	a.wireTokens(cfg)
	seed, ok := seedOf(cfg, name)
	if !ok || noSignIn {
		return nil
	}
	c := a.checkSeed(ctx, a.watcher(), seed)
	for _, line := range c.lines(false) {
		a.say("%s", line)
	}
	if !c.OK {
		return fmt.Errorf("%w: %s", errSignIn, c.Error)
	}
	return nil
}

// replaceFile writes a file whole or not at all, keeping its mode.
func replaceFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".seeds-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
