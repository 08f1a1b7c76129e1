package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"seedtest"
)

// childEnv makes the test binary be a process of its own that works on a store: its value is what
// it does.
const childEnv = "SEEDTEST_STORE_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		if err := beChild(what, os.Getenv(childEnv+"_PATH")); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beChild(what, path string) error {
	fmt.Println("opening")
	ctx := context.Background()
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	if what == "lease" {
		if _, err := s.Lease(ctx, run1); err != nil {
			return err
		}
		fmt.Println("leased")
		_, err := io.Copy(io.Discard, os.Stdin) // until it is killed
		return err
	}
	for what == "note" {
		if err := increase(ctx, s, "n"); err != nil {
			return err
		}
		fmt.Println("noted")
	}
	return appendForEver(ctx, s, what)
}

// appendForEver appends in several goroutines and prints what was acknowledged, one whole line a
// write.
func appendForEver(ctx context.Context, s *Store, name string) error {
	errs := make(chan error, 1)
	for worker := range writers {
		go func() {
			for n := 0; ; n++ {
				id := seedtest.DispatchID(fmt.Sprintf("%s-%d-%d", name, worker, n))
				if err := appendOne(ctx, s, id); err != nil {
					errs <- err
					return
				}
				if _, err := fmt.Fprintf(os.Stdout, "%s\n", id); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

const writers = 4

// appendOne stores what must be whole or absent: a plan with its sighting, then an attempt with
// its dose.
func appendOne(ctx context.Context, s *Store, id seedtest.DispatchID) error {
	err := s.Append(ctx, run1, at(0, planned(id, "gmail-a")),
		at(0, seedtest.Sighting{Seed: "gmail-a", Token: seedtest.Token(id),
			Header: []byte("X-Dispatch: " + id)}))
	if err != nil {
		return err
	}
	d := dose(0, id, "gmail-a")
	d.Limits = seedtest.Limits{SeedDay: 1 << 30, ProviderHour: 1 << 30}
	limit, err := s.AppendAttempt(ctx, run1, attempt(0, id, 1), d)
	if err == nil && limit != nil {
		err = fmt.Errorf("held: %s", limit.What)
	}
	return err
}

// child is a running process of the test binary.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.WriteCloser
	once  sync.Once
}

func startChild(t *testing.T, what, path string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childEnv+"="+what, childEnv+"_PATH="+path)
	c.cmd.Stderr = os.Stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	c.lines = bufio.NewScanner(stdout)
	return c
}

func (c *child) next(t *testing.T) string {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("the other process ended: %v", c.lines.Err())
	}
	return c.lines.Text()
}

// kill ends the process with SIGKILL.
func (c *child) kill() {
	c.once.Do(func() { _ = c.cmd.Process.Kill() })
}

// rest returns what the process still printed before it died, and waits for its death.
func (c *child) rest() []string {
	var lines []string
	for c.lines.Scan() {
		lines = append(lines, c.lines.Text())
	}
	_ = c.cmd.Wait() // killed
	return lines
}
