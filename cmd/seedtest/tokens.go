package main

import (
	"path/filepath"

	"seedtest"
	"seedtest/config"
	"seedtest/signin"
)

// keep is where the tokens of a login are kept: beside the store, also one that --store names, or
// where the configuration says. Those that lie beside the configured store stay in use there. All
// processes find the locks of a keyring in one place.
func (a *app) keep(c *config.Config, login string) *signin.Keep {
	dir := c.Tokens.Dir
	if a.storePath != "" && !c.Tokens.Named {
		beside := filepath.Join(filepath.Dir(a.storePath), "tokens")
		elsewhere := c.Tokens.Keyring ||
			!signin.Files(beside).Has(login) && signin.Files(dir).Has(login)
		if dir == "" || !elsewhere {
			dir = beside
		}
	}
	if c.Tokens.Keyring {
		return signin.Keyring(dir)
	}
	return signin.Files(dir)
}

// wireTokens lets every login that has OAuth ask for its tokens there.
func (a *app) wireTokens(c *config.Config) {
	for i := range c.Routes {
		a.wireToken(c, &c.Routes[i].Login)
	}
	for i := range c.Seeds {
		a.wireToken(c, &c.Seeds[i].Login)
	}
}

func (a *app) wireToken(c *config.Config, l *seedtest.Login) {
	if l.OAuth != nil {
		l.Token = a.tokenSource(c, *l.OAuth)
	}
}

func (a *app) tokenSource(c *config.Config, o seedtest.OAuth) *signin.Source {
	return signin.NewSource(signin.New(o, signin.Options{Log: a.logger()}), a.keep(c, o.Name))
}
