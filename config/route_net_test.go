package config

import (
	"testing"

	"seedtest"
)

// TestWay: a source decides the version of IP, and a route without either has neither.
func TestWay(t *testing.T) {
	c, err := Load("testdata/good/several.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	run := seedtest.Run{Opened: seedtest.Opened{Routes: c.Routes}}
	if r := run.Route("old"); r.Source != "" || r.Family != seedtest.IPv6 {
		t.Errorf("old: source %q, family %q", r.Source, r.Family)
	}
	if r := run.Route("control"); r.Source != "192.0.2.1" || r.Family != seedtest.IPv4 {
		t.Errorf("control: source %q, family %q", r.Source, r.Family)
	}
}
