package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"seedtest/config"
	"seedtest/lab"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"seedtest": main})
}

// TestScripts runs the scripts that need no mail world.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", nil)
}

// TestLab runs the scripts that work in a mail world of their own: $LAB/seeds.toml leads to it.
func TestLab(t *testing.T) {
	runScripts(t, "testdata/lab", func(e *testscript.Env) error {
		world, err := lab.Start(t.Context(), lab.Options{Random: 1})
		if err != nil {
			return err
		}
		e.Defer(func() { _ = world.Close() })
		dir := filepath.Join(e.WorkDir, "lab")
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if _, err := writeLab(world, dir); err != nil {
			return err
		}
		e.Setenv("LAB", dir)
		e.Setenv("DNS", world.DNS())
		cfg, err := config.Load(filepath.Join(dir, "seeds.toml"), config.Env{})
		if err != nil {
			return err
		}
		if s, ok := seedOf(cfg, "strict-a"); ok {
			e.Setenv("STRICT_PORT", strconv.Itoa(s.Server.Port))
			e.Setenv("STRICT_TLS", string(s.Server.TLS))
		}
		e.Setenv("OLD_PORT", strconv.Itoa(cfg.Routes[0].Server.Port))
		e.Values[worldKey] = world
		if err := addSuites(filepath.Join(dir, "seeds.toml")); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, "seeds.toml"))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "hand.toml"), []byte(handConfig(string(text))), 0o600)
	})
}

type key string

const worldKey key = "world"

// suites are runs that scripts start; their waits fit the lab.
const suites = `
[suite.good]
routes = ["old"]
seeds = ["strict-a"]
retry = ["1500ms"]
deadline = "4s"
missing = "4s"
follow = "2s"

[suite.pair]
routes = ["old", "new"]
seeds = ["strict-a", "gmail-a"]
retry = ["1500ms"]
deadline = "4s"
missing = "4s"

[suite.long]
routes = ["new"]
seeds = ["silent-a"]
deadline = "1h"

[suite.followed]
routes = ["old"]
seeds = ["strict-a"]
retry = ["1500ms"]
deadline = "30s"
follow = "48h"

[suite.blind]
routes = ["old"]
seeds = ["broken-a"]
deadline = "4s"
missing = "4s"
baseline_timeout = "500ms"
`

func addSuites(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(suites)
	return errors.Join(err, f.Close())
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%s holds no scripts (%v)", dir, err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			if setup == nil {
				return nil
			}
			return setup(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "agrees": agrees, "refile": refile,
		},
		RequireExplicitExec: true,
	})
}

// status runs a command and demands its exit status: status 3 seedtest run. Where the moment of
// the look decides, it names several: status 0,4.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N[,N] command...")
	}
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if !slices.Contains(strings.Split(args[0], ","), strconv.Itoa(got)) {
		ts.Fatalf("%v: exit status %d, want %s", args[1:], got, args[0])
	}
}

// agrees holds the newest run of a store against the truth of the script's world.
func agrees(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey).(*lab.World)
	if world == nil || len(args) != 1 {
		ts.Fatalf("usage: agrees STORE, in a script with a lab")
	}
	run, err := newestRun(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, d := range world.Disagreements(run) {
		ts.Fatalf("%s", d)
	}
	if len(run.Probes) == 0 {
		ts.Fatalf("the run has no probes")
	}
	ts.Logf("%s", fmt.Sprintf("%d verdicts agree", len(run.Probes)))
}
