package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"seedtest"
	"seedtest/provider"
)

// Tokens says where OAuth tokens are kept.
type Tokens struct {
	Dir     string // of their files, and of locks; empty: no home directory is known
	Named   bool   // Dir is what the configuration says, and not beside the store
	Keyring bool   // in the system's keyring, not in files
}

// tokens reads [secrets]. Tokens lie beside the store, unless it says otherwise.
func (r *reader) tokens(top *table, store string) Tokens {
	var k Tokens
	if store != "" {
		k.Dir = filepath.Join(filepath.Dir(store), "tokens")
	}
	if t := top.sub("secrets", "[secrets]"); t != nil {
		if dir := t.line("path", "tokens"); dir != "" {
			k.Dir, k.Named = r.path(dir), true
		}
		k.Keyring = t.flag("keyring")
		t.done()
	}
	return k
}

// loopback is where a browser is sent back to unless the configuration says otherwise. Google and
// Microsoft take any port of it.
const loopback = "http://localhost"

// oauthClient is an application that its owner has registered, as the configuration names it. What
// is empty follows from the provider of the login.
type oauthClient struct {
	seedtest.OAuth
	tenant   string
	provider string
}

const oauthForm = `oauth = { client_id = "..." }, or the name of an [oauth.NAME] table`

// oauthClients reads [oauth.NAME]: an application that several seeds sign in by.
func (r *reader) oauthClients(top *table) {
	r.clients = map[string]oauthClient{}
	top.named("oauth", func(name string, t *table) { r.clients[name] = t.oauthClient() })
}

// oauth reads the key oauth of a seed or route: a table, or the name of one. It is nil if the key
// is not there, or is a mistake.
func (t *table) oauth() *oauthClient {
	n := t.value("oauth")
	if n == nil {
		return nil
	}
	switch n.kind {
	case kindTable:
		sub := &table{node: n, r: t.r}
		c := sub.oauthClient()
		sub.done()
		return &c
	case kindString:
		if c, ok := t.r.clients[n.text]; ok {
			return &c
		}
		var names []string
		for name := range t.r.clients {
			names = append(names, name)
		}
		hint := "add a table [oauth.NAME] with a client_id, and name it here"
		if len(names) > 0 {
			hint = oneOf(n.text, names)
		}
		t.r.fail(n, fmt.Sprintf("there is no [oauth.%s]", n.text), hint)
	default:
		t.r.typed(n, kindTable, oauthForm)
	}
	return nil
}

// oauthClient reads the keys of a client.
func (t *table) oauthClient() oauthClient {
	t.needs("client_id", "register an application with the provider, and write its client_id here")
	var c oauthClient
	c.ClientID = t.line("client_id", "the id of your own application")
	c.ClientSecret = t.secret("client_secret")
	c.Flow = seedtest.OAuthFlow(t.word("flow", string(seedtest.FlowDevice),
		string(seedtest.FlowBrowser), string(seedtest.FlowApp)))
	c.tenant = t.host("tenant")
	if c.provider = t.line("provider", "microsoft365"); c.provider != "" {
		if d, _ := provider.Details(c.provider); d.OAuth == nil {
			t.r.fail(t.get("provider"), fmt.Sprintf("no preset %q knows a token server", c.provider),
				oneOf(c.provider, oauthProviders()))
		}
	}
	c.AuthURL = t.endpoint("auth_url", "https://login.example.net/authorize")
	c.TokenURL = t.endpoint("token_url", "https://login.example.net/token")
	c.DeviceURL = t.endpoint("device_url", "https://login.example.net/device")
	c.RedirectURL = t.redirect()
	c.Scopes = t.texts("scopes", `scopes = ["https://mail.example.net/"]`)
	if c.Flow == seedtest.FlowApp && t.get("client_secret") == nil {
		t.r.fail(t.get("flow"), "an application signs in with a secret of its own, and none is named",
			"write client_secret = "+secretForms)
	}
	return c
}

// oauthProviders are the ids of the presets that know a token server.
func oauthProviders() []string {
	var ids []string
	for _, id := range provider.IDs() {
		if d, _ := provider.Details(id); d.OAuth != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// endpoint returns the address of an authorization server: of https, or of this machine.
func (t *table) endpoint(key, example string) string {
	s := t.line(key, example)
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		t.r.fail(t.get(key), "is no address of a server", fmt.Sprintf("write %s = %q", key, example))
		return ""
	case u.Scheme != "https" && !isLoopback(u):
		t.r.fail(t.get(key), "is not encrypted, and tokens go there", "write it with https://")
		return ""
	}
	return s
}

// redirect returns where a browser is sent back to.
func (t *table) redirect() string {
	s := t.line("redirect_url", loopback)
	if s == "" {
		return loopback
	}
	if u, err := url.Parse(s); err != nil || !isLoopback(u) || u.RawQuery != "" {
		t.r.fail(t.get("redirect_url"), "is no http address of this machine",
			fmt.Sprintf("write redirect_url = %q, with port and path as they are registered",
				loopback+":8400/"))
	}
	return s
}

// isLoopback reports whether an address is of plain HTTP on this machine.
func isLoopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// checkOAuth reads the client of a login, completes it from the provider's data, and says what is
// missing. A route has no provider; the scopes that the data knows are for reading mail.
func (t *table) checkOAuth(name, providerID string, l *seedtest.Login, ca []byte) {
	c, n := t.oauth(), t.get("oauth")
	reads := providerID != ""
	if c == nil {
		return
	}
	if l.Password != nil || l.Token != nil {
		t.r.fail(n, "there is a password or token too", "keep one of the two")
	}
	if c.provider != "" {
		providerID = c.provider
	}
	o := &c.OAuth
	o.Name, o.Account, o.CA = name, l.Username, ca
	d, _ := provider.Details(providerID)
	if d.OAuth != nil {
		c.complete(*d.OAuth, reads)
	}
	if d.OAuth != nil && d.OAuth.Registration == "closed" {
		t.r.warn(n, d.Name+" lets applications read mail by contract only; most use app passwords")
	}
	if o.Flow == "" && o.DeviceURL != "" {
		o.Flow = seedtest.FlowDevice
	} else if o.Flow == "" {
		o.Flow = seedtest.FlowBrowser
	}
	if problem, hint := c.incomplete(); problem != "" {
		t.r.fail(n, problem, hint)
	}
	l.OAuth = o
}

// tenantMark stands for the tenant in the addresses of Microsoft's presets.
const tenantMark = "{tenant}"

// complete fills in what the provider's data knows.
func (c *oauthClient) complete(d provider.OAuth, reads bool) {
	tenant := c.tenant
	if tenant == "" {
		tenant = d.TenantHint
	}
	if tenant == "" && c.Flow != seedtest.FlowApp {
		tenant = "organizations" // any of Microsoft's tenants
	}
	fill := func(place *string, known string) {
		if *place == "" && tenant != "" {
			known = strings.NewReplacer(tenantMark, tenant, "/common/", "/"+tenant+"/").Replace(known)
		}
		if *place == "" {
			*place = known
		}
	}
	fill(&c.AuthURL, d.AuthURL)
	fill(&c.TokenURL, d.TokenURL)
	fill(&c.DeviceURL, d.DeviceURL)
	switch app := c.Flow == seedtest.FlowApp; {
	case len(c.Scopes) > 0:
	case app: // whatever an administrator has allowed
		c.Scopes = d.AppScopes
	case reads:
		c.Scopes = d.Scopes
	}
}

// incomplete says what a client lacks, and what to do about it.
func (c *oauthClient) incomplete() (problem, hint string) {
	known := `, or provider = "..." for one of ` + strings.Join(oauthProviders(), ", ")
	switch {
	case strings.Contains(c.TokenURL, tenantMark):
		return "an application signs in to one tenant, and none is named",
			`write tenant = "example.onmicrosoft.com" in the oauth table`
	case c.TokenURL == "":
		return "no token server is known", "write token_url in the oauth table" + known
	case c.Flow == seedtest.FlowBrowser && c.AuthURL == "":
		return "no page to consent at is known", "write auth_url in the oauth table" + known
	case c.Flow == seedtest.FlowDevice && c.DeviceURL == "":
		return "the provider has no device codes", `write flow = "browser"`
	case len(c.Scopes) == 0:
		return "nothing says what to ask consent for", `write scopes = ["..."] in the oauth table`
	}
	return "", ""
}
