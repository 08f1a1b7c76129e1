package lab_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/config"
	"seedtest/lab"
)

// plain takes off a login what cannot be compared, and puts the secret itself in its place.
func plain(t *testing.T, l seedtest.Login) [3]string {
	t.Helper()
	out := [3]string{l.Username}
	for i, source := range []seedtest.SecretSource{l.Password, l.Token} {
		if source == nil {
			continue
		}
		secret, err := source.Secret(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out[i+1] = secret.Reveal()
	}
	return out
}

func TestConfigSaysWhatTheWorldIs(t *testing.T) {
	w, err := lab.Start(context.Background(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	dir := t.TempDir()
	data, err := w.Config(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(filepath.Join(dir, "seeds.toml"), data, config.Env{})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	if diff := cmp.Diff([]string{w.DNS()}, c.DNS); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(w.Messages(), c.Messages); diff != "" {
		t.Error(diff)
	}
	sameRoutes(t, w.Routes(), c.Routes)
	sameSeeds(t, w.Seeds(), c.Seeds)
	if _, _, _, err := c.Select(c.Suites[0]); err != nil {
		t.Error(err)
	}
}

// sameRoutes holds routes for this process against those for others, which differ in host and port.
func sameRoutes(t *testing.T, want, got []seedtest.Route) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d routes, want %d", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(plain(t, want[i].Login), plain(t, got[i].Login)); diff != "" {
			t.Errorf("route %s: login: %s", want[i].Name, diff)
		}
		checkLocal(t, got[i].Name, want[i].Server, got[i].Server)
		w, g := want[i], got[i]
		w.Server, g.Server = seedtest.Endpoint{}, seedtest.Endpoint{}
		w.Login, g.Login = seedtest.Login{}, seedtest.Login{}
		if diff := cmp.Diff(w, g); diff != "" {
			t.Errorf("route %s: %s", w.Name, diff)
		}
	}
}

func sameSeeds(t *testing.T, want, got []seedtest.Seed) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d seeds, want %d", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(plain(t, want[i].Login), plain(t, got[i].Login)); diff != "" {
			t.Errorf("seed %s: login: %s", want[i].Name, diff)
		}
		checkLocal(t, got[i].Name, want[i].Server, got[i].Server)
		w, g := want[i], got[i]
		w.Server, g.Server = seedtest.Endpoint{}, seedtest.Endpoint{}
		w.Login, g.Login = seedtest.Login{}, seedtest.Login{}
		w.Provider.Server, g.Provider.Server = seedtest.Endpoint{}, seedtest.Endpoint{}
		if diff := cmp.Diff(w, g); diff != "" {
			t.Errorf("seed %s: %s", w.Name, diff)
		}
	}
}

func checkLocal(t *testing.T, name string, want, got seedtest.Endpoint) {
	t.Helper()
	if got.Host != "127.0.0.1" || got.Port < 1024 || got.TLS != want.TLS {
		t.Errorf("%s: server %+v, want a port on loopback with %s", name, got, want.TLS)
	}
}

func TestConfigKeepsSecretsToItsOwner(t *testing.T) {
	w, err := lab.Start(context.Background(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	dir := t.TempDir()
	if _, err := w.Config(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestConfigIsNotForPipes(t *testing.T) {
	w, err := lab.Start(context.Background(), lab.Options{Network: lab.Pipes()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Config(t.TempDir()); err == nil {
		t.Error("pipes were given a configuration")
	}
}
