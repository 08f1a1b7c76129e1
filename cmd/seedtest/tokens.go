package main

import (
	"seedtest"
	"seedtest/config"
	"seedtest/signin"
)

// keep is where tokens are kept.
func keep(c *config.Config) *signin.Keep {
	if c.Tokens.Keyring {
		return signin.Keyring(c.Tokens.Dir)
	}
	return signin.Files(c.Tokens.Dir)
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
	return signin.NewSource(signin.New(o, signin.Options{Log: a.logger()}), keep(c))
}
