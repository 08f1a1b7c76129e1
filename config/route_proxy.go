package config

import "seedtest"

// portSOCKS is where proxies listen (RFC 1928 section 3).
const portSOCKS = 1080

// proxy reads the SOCKS 5 proxy that connections of a route go through.
func (t *table) proxy() *seedtest.Proxy {
	const example = `proxy = { host = "proxy.example.org" }`
	sub := t.sub("proxy", example)
	if sub == nil {
		return nil
	}
	p := &seedtest.Proxy{Host: sub.host("host"), Port: sub.integer("port", 1, 65535),
		Username: sub.line("username", "name"), Password: sub.secret("password")}
	if p.Port == 0 {
		p.Port = portSOCKS
	}
	sub.needs("host", "write "+example)
	name, secret := sub.get("username"), sub.get("password")
	switch {
	case name != nil && secret == nil:
		t.r.fail(name, "there is no password to go with it", "write password = "+secretForms+" beside it")
	case name == nil && secret != nil:
		t.r.fail(secret, "there is no username to go with it", `write username = "..." beside it`)
	}
	sub.done()
	return p
}
