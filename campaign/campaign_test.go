//go:build campaign

// Package campaign holds the tests that take minutes: whole demos with faults drawn at random, and
// runs that are killed at random instants. "make campaign" runs them in a size that fits CI;
// FULL=1 makes it the full size.
package campaign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program is the binary under test, built once.
var program string

func TestMain(m *testing.M) {
	if path := os.Getenv(doseChild); path != "" {
		fmt.Fprintln(os.Stderr, sendDoses(path)) // it is to be killed
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "campaign-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "seedtest")
	build := exec.Command("go", "build", "-o", program, "seedtest/cmd/seedtest")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// size is how often a campaign repeats: few in CI, many with FULL=1.
func size(few, many int) int {
	if os.Getenv("FULL") == "1" {
		return many
	}
	return few
}

// patience bounds one call of the program: absence is proved for at most a minute after a deadline.
const patience = 4 * time.Minute

// called is what one call of the program came to.
type called struct {
	status         int // -1: killed
	stdout, stderr string
}

// call runs the program in a home of its own.
func call(t *testing.T, home string, args ...string) called {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := command(ctx, home, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("seedtest %v did not end within %s\n%s", args, patience, errs.String())
	}
	return called{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

func command(ctx context.Context, home string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home)
	return c
}
