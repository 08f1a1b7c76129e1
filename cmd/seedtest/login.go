package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/report"
	"seedtest/signin"
)

// loginFlags are the flags of "login".
type loginFlags struct {
	device, browser, open, forget, noSignIn bool
}

func (a *app) loginCommand() *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use:   "login [SEED]",
		Short: "Sign in to a seed with OAuth",
		Long: `Asks the owner of a seed's mailbox for consent, in a browser, signs in to the mailbox with
the token that comes of it, and keeps the tokens: from then on they are renewed by
themselves. Without a name, lists the seeds with OAuth and the state of their sign-in.

A seed has OAuth if its table in the configuration says so: oauth = { client_id = "..." },
with the id of an application that you have registered with the provider. With a device
code, the page can be opened on any machine; with a browser, the answer comes to a port of
this machine, or is pasted here. Routes with OAuth are named route-NAME.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listLogins(f)
			}
			return a.login(c.Context(), args[0], f)
		},
		ValidArgsFunction: a.completeLogins,
	}
	c.Flags().BoolVar(&f.device, "device", false, "by a code to enter on any machine")
	c.Flags().BoolVar(&f.browser, "browser", false, "by a page whose answer comes to this machine")
	c.Flags().BoolVar(&f.open, "open", false, "open the page in this machine's browser")
	c.Flags().BoolVar(&f.forget, "forget", false, "remove the tokens that are kept")
	c.Flags().BoolVar(&f.noSignIn, "no-sign-in", false, "keep the tokens without trying them")
	c.MarkFlagsMutuallyExclusive("device", "browser", "forget")
	a.formatFlag(c, "text", "json")
	return c
}

// oauthLogin is a seed or route that signs in with OAuth.
type oauthLogin struct {
	name  string // as it is called on the command line
	where string // the server
	oauth seedtest.OAuth
	try   func(ctx context.Context, token seedtest.Secret) checked
}

// oauthLogins lists the seeds and routes with OAuth.
func (a *app) oauthLogins(c *config.Config) []oauthLogin {
	var all []oauthLogin
	for _, s := range c.Seeds {
		if s.Login.OAuth == nil {
			continue
		}
		all = append(all, oauthLogin{s.Name, s.Server.Host, *s.Login.OAuth,
			func(ctx context.Context, token seedtest.Secret) checked {
				s.Login.Token = token
				return a.checkSeed(ctx, a.watcher(), s)
			}})
	}
	for _, r := range c.Routes {
		if r.Login.OAuth == nil {
			continue
		}
		all = append(all, oauthLogin{r.Login.OAuth.Name, r.Server.Host, *r.Login.OAuth,
			func(ctx context.Context, token seedtest.Secret) checked {
				r.Login.Token = token
				return a.checkRoute(ctx, r, newDirect(network{}), nil)[0]
			}})
	}
	return all
}

func (a *app) completeLogins(_ *cobra.Command, args []string, _ string) (
	[]string, cobra.ShellCompDirective,
) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	env := a.env
	env.WithoutSecrets = true
	c, err := config.Load(a.configPath, env)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, l := range a.oauthLogins(c) {
		names = append(names, l.name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) login(ctx context.Context, name string, f loginFlags) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	l, err := a.loginOf(cfg, name)
	if err != nil {
		return err
	}
	if f.forget {
		return a.forget(a.keep(cfg, l.oauth.Name), l)
	}
	if err := l.choose(f); err != nil {
		return err
	}
	keep := a.keep(cfg, l.oauth.Name)
	if err := keep.Ready(l.oauth.Name); err != nil {
		return broken(fmt.Errorf("login %s: %w", name, err))
	}
	g, err := a.consent(ctx, l, f)
	if err == nil && !f.noSignIn {
		err = a.tryToken(ctx, l, g)
	}
	if err == nil {
		err = keep.Save(l.oauth.Name, g)
	}
	switch {
	case ctx.Err() != nil:
		a.say("given up; nothing is kept")
		return exit(statusNothing)
	case err != nil:
		return broken(fmt.Errorf("login %s: %w", name, err))
	}
	a.say("signed in; the tokens are kept in %s", keep.Where(l.oauth.Name))
	if g.Refresh == "" && l.oauth.Flow != seedtest.FlowApp {
		a.say("the server gave no token to renew them with: this sign-in ends %s",
			g.Expires.Local().Format(time.DateTime))
	}
	return nil
}

// choose takes the flow that the flags want, if the provider has it.
func (l *oauthLogin) choose(f loginFlags) error {
	switch o := &l.oauth; {
	case f.device && o.DeviceURL == "":
		return usage(fmt.Errorf("the provider of %s has no device codes", l.name), "use --browser")
	case f.browser && o.AuthURL == "":
		return usage(fmt.Errorf("the provider of %s has no page to consent at", l.name), "use --device")
	case f.device:
		o.Flow = seedtest.FlowDevice
	case f.browser:
		o.Flow = seedtest.FlowBrowser
	}
	return nil
}

func (a *app) loginOf(cfg *config.Config, name string) (oauthLogin, error) {
	var names []string
	for _, l := range a.oauthLogins(cfg) {
		if l.name == name {
			return l, nil
		}
		names = append(names, l.name)
	}
	err := fmt.Errorf("%s has no seed %q that signs in with OAuth", cfg.Path, name)
	if _, ok := seedOf(cfg, name); ok {
		return oauthLogin{}, usage(err, `write oauth = { client_id = "..." } in [seed.`+name+
			`], in place of password or token`)
	}
	if len(names) == 0 {
		return oauthLogin{}, usage(err, `write oauth = { client_id = "..." } in a seed's table`)
	}
	return oauthLogin{}, usage(err, "there are "+strings.Join(names, ", "))
}

// consent gets a grant: from a person, or by the application's own secret.
func (a *app) consent(ctx context.Context, l oauthLogin, f loginFlags) (signin.Grant, error) {
	client := signin.New(l.oauth, signin.Options{Log: a.logger()})
	switch l.oauth.Flow {
	case seedtest.FlowApp:
		return client.App(ctx)
	case seedtest.FlowBrowser:
		return a.visit(ctx, client, l, f.open)
	}
	d, err := client.Device(ctx)
	if err != nil {
		return signin.Grant{}, err
	}
	a.tell("To let seedtest read %s, open this page on any machine:\n\n  %s\n\nand enter the code\n\n"+
		"  %s\n\nWaiting until %s (Ctrl-C gives up).", l.oauth.Account, d.URL, d.Code,
		d.Expires.Local().Format(time.TimeOnly))
	if f.open {
		a.openBrowser(ctx, d.URL)
	}
	return d.Wait(ctx)
}

// visit waits for the browser to come back, or for the person to paste where it was sent.
func (a *app) visit(ctx context.Context, client *signin.Client, l oauthLogin, open bool) (
	signin.Grant, error,
) {
	v, err := client.Visit(ctx)
	if err != nil {
		return signin.Grant{}, err
	}
	defer v.Close()
	a.tell("To let seedtest read %s, open this page in a browser of this machine:\n\n  %s\n\n"+
		"With a browser elsewhere, forward the port before (ssh -L %d:127.0.0.1:%d HOST), or paste\n"+
		"here the address of the page that it cannot open in the end.\n\nWaiting (Ctrl-C gives up).",
		l.oauth.Account, v.URL, v.Port, v.Port)
	if open {
		a.openBrowser(ctx, v.URL)
	}
	// A read of a terminal cannot be ended: it goes with the process.
	go a.paste(v)
	return v.Wait(ctx)
}

// paste takes the lines that a person pastes, until one is the answer.
func (a *app) paste(v *signin.Visit) {
	lines := bufio.NewScanner(io.LimitReader(a.stdin, 1<<20))
	lines.Buffer(nil, 128<<10)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		err := v.Paste(lines.Text())
		if err == nil {
			return
		}
		a.tell("%v", err)
	}
}

// tell tells a person what to do; a quiet login would be none.
func (a *app) tell(format string, args ...any) {
	_, _ = fmt.Fprintln(a.stderr, report.Clean(fmt.Sprintf(format, args...)))
}

// openBrowser opens a page in the browser of whoever sits at this machine.
func (a *app) openBrowser(ctx context.Context, page string) {
	argv := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		argv = []string{"open"}
	case "windows":
		argv = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	if err := exec.CommandContext(ctx, argv[0], append(argv[1:], page)...).Start(); err != nil {
		a.tell("no browser could be opened here: %v", err)
	}
}

// tryToken signs in with a new token.
func (a *app) tryToken(ctx context.Context, l oauthLogin, g signin.Grant) error {
	a.say("consent is given; signing in to %s", l.where)
	c := l.try(ctx, g.Access)
	if c.OK {
		return nil
	}
	return fmt.Errorf("nothing is kept, because the server does not take the token: %s", c.Error)
}

// forget removes what is kept of a login.
func (a *app) forget(k *signin.Keep, l oauthLogin) error {
	err := k.Forget(l.oauth.Name)
	if errors.Is(err, fs.ErrNotExist) {
		a.say("there is nothing to forget: nobody has signed in to %s", l.name)
		return nil
	}
	if err != nil {
		return broken(fmt.Errorf("login --forget %s: %w", l.name, err))
	}
	a.say("the tokens of %s are removed; the consent itself is withdrawn at the provider, "+
		"in the account's settings", l.name)
	return nil
}
