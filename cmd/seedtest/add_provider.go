package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/config"
	"seedtest/provider"
)

// lookupMX asks DNS for the mail exchangers of a domain, the most preferred first.
type lookupMX func(ctx context.Context, domain string) ([]*net.MX, error)

// mxTimeout bounds that: whoever waits for it can name the provider as well.
const mxTimeout = 5 * time.Second

// findProvider finds out whose address a seed to add has: by its domain, else by the mail
// exchangers of the domain, as of one's own domain at a known provider. It tells what the owner
// needs to sign in there.
func (a *app) findProvider(ctx context.Context, s *config.SeedEntry, lookup lookupMX) error {
	p, ok := provider.ForAddress(s.Address)
	if s.Provider != "" {
		p, ok = provider.ByID(s.Provider)
	}
	if !ok && s.Host == "" && s.Provider == "" {
		if p, ok = providerByMX(ctx, s.Address, lookup); ok {
			s.Provider = p.ID
			a.say("the mail of %s goes to %s: provider = %q", domainOf(s.Address), p.Name, p.ID)
		}
	}
	if s.ByHand {
		return nil
	}
	if !ok && s.Host == "" && s.Provider == "" {
		return usage(fmt.Errorf("%s: no provider is known for this address", s.Address),
			"name its IMAP server with --host, or its provider with --provider")
	}
	if !ok || s.Host != "" {
		return nil
	}
	a.say("provider: %s, %s:%d", p.Name, p.Server.Host, p.Server.Port)
	if asked(*s) && p.Account.Access == "oauth-only" {
		return usage(fmt.Errorf("%s takes no password over IMAP", p.Name),
			"sign in with OAuth: --oauth NAME, for an [oauth.NAME] table in "+a.configPath,
			"or name a program that prints an access token: --token --password-command PROG,ARG")
	}
	a.sayAccount(*s, p.Account)
	return nil
}

// asked reports whether a person will be asked for a password.
func asked(s config.SeedEntry) bool {
	return s.SecretEnv+s.SecretFile+s.OAuth == "" && len(s.SecretCommand) == 0 && !s.Token
}

// sayAccount tells how accounts sign in, to whoever is about to be asked for a password.
func (a *app) sayAccount(s config.SeedEntry, account seedtest.Account) {
	if !asked(s) {
		return
	}
	if account.Note != "" {
		a.say("note: %s", account.Note)
	}
	if page := account.PageOfSecrets(); page != "" {
		a.say("an app password is made at %s", page)
	}
}

func providerByMX(ctx context.Context, address string, lookup lookupMX) (seedtest.Provider, bool) {
	domain := domainOf(address)
	if reserved(domain) {
		return seedtest.Provider{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, mxTimeout)
	defer cancel()
	found, _ := lookup(ctx, domain) // without an answer nobody is worse off than before
	for _, mx := range found {
		if p, ok := provider.ForMX(mx.Host); ok {
			return p, true
		}
	}
	return seedtest.Provider{}, false
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// reserved reports whether a domain is one that DNS never has (RFC 2606, RFC 6761).
func reserved(domain string) bool {
	top := strings.ToLower(domain[strings.LastIndexByte(domain, '.')+1:])
	return top == "" || slices.Contains([]string{"example", "invalid", "localhost", "test"}, top)
}
