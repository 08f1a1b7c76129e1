package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

func TestReportsAreAskedFor(t *testing.T) {
	c, err := Load("testdata/good/reports.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]seedtest.Notify{}
	for _, r := range c.Routes {
		got[r.Name] = r.Notify
	}
	want := map[string][]seedtest.Notify{
		"all":     {seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay},
		"none":    {seedtest.NotifyNever},
		"unasked": nil,
		"direct":  {seedtest.NotifyFailure},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notify (-want +got):\n%s", diff)
	}
}

// TestTaggedEnvelope: an envelope sender for each message is taken, and warned of.
func TestTaggedEnvelope(t *testing.T) {
	c, err := Load("testdata/good/reports.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	token := seedtest.Token(strings.Repeat("a", seedtest.TokenLen))
	if got, want := c.Routes[0].Sender.ReversePath(token), "bounces+"+string(token)+"@example.org"; got != want {
		t.Errorf("the envelope's sender is %q, want %q", got, want)
	}
	const where = "testdata/good/reports.toml:3: sender.main.envelope_from: "
	if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], where) || !strings.Contains(c.Warnings[0], "greylists") {
		t.Errorf("warnings %q, want one of greylisting", c.Warnings)
	}
}

// TestReportsAreAskedForWhereSomebodyReadsThem: without the key, everything.
func TestReportsAreAskedForWhereSomebodyReadsThem(t *testing.T) {
	c, err := Load("testdata/good/return-path.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	want := []seedtest.Notify{seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay}
	for _, r := range c.Routes {
		if diff := cmp.Diff(want, r.Notify); diff != "" {
			t.Errorf("route %s (-want +got):\n%s", r.Name, diff)
		}
	}
}
