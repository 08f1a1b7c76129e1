package config

import "testing"

func TestProxy(t *testing.T) {
	c, err := Load("testdata/good/proxy.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	relay, direct := c.Routes[0].Proxy, c.Routes[1].Proxy
	if relay == nil || relay.Host != "proxy.example.org" || relay.Port != 1080 || relay.Username != "ops" ||
		relay.Password == nil {
		t.Errorf("the proxy of relay: %+v", relay)
	}
	if direct == nil || direct.Port != 9050 || direct.Password != nil {
		t.Errorf("the proxy of direct: %+v", direct)
	}
}
