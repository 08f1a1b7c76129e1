package config

import (
	"fmt"
	"strings"

	"seedtest"
	"seedtest/provider"
)

// The ports of IMAP (RFC 9051 section 2.1, RFC 8314 section 7.3).
const (
	portIMAP    = 143
	portIMAPTLS = 993
)

// seeds reads [seed.NAME].
func (r *reader) seeds(top *table, presets *presets) []seedtest.Seed {
	var all []seedtest.Seed
	seen := map[string]string{}
	top.named("seed", func(name string, t *table) {
		seed := t.seed(name, presets)
		folded := strings.ToLower(seed.Address)
		if other, ok := seen[folded]; ok && folded != "" {
			r.fail(t.get("address"), fmt.Sprintf("[seed.%s] has the same address", other),
				"keep one of the two: a mailbox is watched once")
		} else {
			seen[folded] = name
		}
		all = append(all, seed)
	})
	r.checkSuccessions(top, all)
	return all
}

func (t *table) seed(name string, presets *presets) seedtest.Seed {
	t.needs("address", `write address = "name@example.net", the mailbox to watch`)
	seed := seedtest.Seed{Name: name, Address: t.address("address")}
	seed.Provider = t.preset(seed.Address, presets)
	seed.Own = t.flag("own")
	seed.Canary = t.flag("canary")
	seed.Pace = t.pace()
	seed.CA = t.authorities()
	seed.Replaces = t.line("replaces", "gmail-a")
	seed.LastSignIn = t.date("last_sign_in")
	seed.Login = t.login()
	seed.Server = t.imap(&seed)
	if seed.ByHand = t.flag("by_hand"); seed.ByHand {
		t.checkByHand()
		seed.Server, seed.Login = seedtest.Endpoint{}, seedtest.Login{}
		return seed
	}
	t.checkServer(seed)
	t.checkSeedLogin(&seed)
	t.checkPace(seed)
	return seed
}

// preset returns the preset that the seed names, else that of its address, else the generic one.
func (t *table) preset(address string, presets *presets) seedtest.Provider {
	if id := t.line("provider", "gmail"); id != "" {
		p, ok := presets.byID(id)
		if !ok {
			t.r.fail(t.get("provider"), fmt.Sprintf("there is no provider %q", id),
				oneOf(id, presets.ids()))
			return provider.Generic()
		}
		if found := presets.forAddress(address); found.ID == id {
			return found // with the server of the address's domain
		}
		return p
	}
	return presets.forAddress(address)
}

// imap returns where the seed's IMAP server is: what imap = {...} says over what the preset says.
func (t *table) imap(seed *seedtest.Seed) seedtest.Endpoint {
	server := seed.Provider.Server
	sub := t.sub("imap", `imap = { host = "imap.example.net" }`)
	if sub != nil {
		host, port, tls := sub.host("host"), sub.integer("port", 1, 65535), sub.tls(false)
		seed.Junk = sub.line("junk", "INBOX.Junk")
		sub.done()
		if host != "" || port != 0 || tls != "" {
			server = override(server, seedtest.Endpoint{Host: host, Port: port, TLS: tls})
		}
	}
	return completed(server)
}

// override puts what is given over what is known. Port and TLS belong together, and a new host may
// have others.
func override(known, given seedtest.Endpoint) seedtest.Endpoint {
	if given.Host == "" {
		given.Host = known.Host
	}
	if given.Port == 0 && given.TLS == "" && given.Host == known.Host {
		given.Port, given.TLS = known.Port, known.TLS
	}
	return given
}

// completed fills in the usual port and TLS.
func completed(s seedtest.Endpoint) seedtest.Endpoint {
	if s.TLS == "" {
		s.TLS = seedtest.TLSImplicit
		if s.Port == portIMAP {
			s.TLS = seedtest.TLSStartTLS
		}
	}
	if s.Port == 0 {
		s.Port = portIMAPTLS
		if s.TLS != seedtest.TLSImplicit {
			s.Port = portIMAP
		}
	}
	return s
}

// checkServer says when nobody knows where the seed's mailbox is.
func (t *table) checkServer(seed seedtest.Seed) {
	if seed.Server.Host != "" || seed.Address == "" {
		return
	}
	if sub := t.get("imap"); sub != nil && sub.get("host") != nil {
		return // it is a mistake, and has been reported
	}
	domain := seed.Address[strings.LastIndexByte(seed.Address, '@')+1:]
	problem := "no preset knows the IMAP server of " + domain
	switch n := t.get("provider"); {
	case n != nil && n.text != seed.Provider.ID:
		return // so is this
	case n != nil:
		problem = fmt.Sprintf("the preset %s names no IMAP server", seed.Provider.ID)
	case seed.Provider.ID != seedtest.GenericProvider:
		problem = seed.Provider.Name + " offers no IMAP to its users"
	}
	t.r.fail(t.node, problem, fmt.Sprintf("write imap = { host = %q }", "imap."+domain))
}

// checkSeedLogin fills in the username, and says when the seed cannot sign in.
func (t *table) checkSeedLogin(seed *seedtest.Seed) {
	if seed.Login.Username == "" && t.get("username") == nil {
		seed.Login.Username = t.username(*seed)
	}
	t.checkOAuth("seed-"+seed.Name, seed.Provider.ID, &seed.Login, seed.CA)
	seed.Login.By = loginBy(seed.Login)
	if t.get("password") == nil && t.get("token") == nil && t.get("oauth") == nil {
		t.r.fail(t.node, "there is no password, token or oauth to sign in with",
			"write password = "+secretForms)
		return
	}
	if t.get("password") != nil && seed.Provider.Account.Access == "oauth-only" {
		t.r.warn(t.get("password"), seed.Provider.Name+` takes no password over IMAP: write `+
			`oauth = { client_id = "..." }, or token = { command = ["..."] }`)
	}
	if seed.Server.TLS == seedtest.TLSNone && !seed.Own {
		t.r.warn(t.node, "the seed signs in without TLS, and the password can be read on the way")
	}
}

func loginBy(l seedtest.Login) seedtest.LoginBy {
	switch {
	case l.OAuth != nil:
		return seedtest.ByConsent
	case l.Token != nil:
		return seedtest.ByToken
	}
	return seedtest.ByPassword
}

// username returns what the provider signs in by.
func (t *table) username(seed seedtest.Seed) string {
	local, _, _ := strings.Cut(seed.Address, "@")
	switch seed.Provider.Username {
	case "localpart":
		return local
	case "account":
		t.r.fail(t.node, seed.Provider.Name+" signs in by an account name",
			`write username = "..."`)
		return ""
	}
	return seed.Address
}
