package config

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"time"
)

// Env is the world that a configuration is read in. The zero value is the process's own; a test
// gives another.
type Env struct {
	// Getenv returns a variable, "" if it is not set.
	Getenv func(name string) string
	// Open opens a file for reading.
	Open func(path string) (fs.File, error)
	// Run runs a command in a directory and returns its standard output.
	Run func(ctx context.Context, dir string, argv []string) ([]byte, error)
	// WithoutSecrets leaves secrets unchecked, for commands that sign in nowhere.
	WithoutSecrets bool
}

func (e Env) getenv(name string) string {
	if e.Getenv == nil {
		return os.Getenv(name)
	}
	return e.Getenv(name)
}

// read returns a file's content, of at most limit octets, and its mode.
func (e Env) read(path string, limit int64) ([]byte, fs.FileMode, error) {
	open := e.Open
	if open == nil {
		open = func(p string) (fs.File, error) { return os.Open(p) }
	}
	f, err := open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, fmt.Errorf("open %s: is a directory", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(data)) > limit {
		return nil, 0, fmt.Errorf("read %s: more than %d octets", path, limit)
	}
	return data, info.Mode(), nil
}

func (e Env) run(ctx context.Context, dir string, argv []string) ([]byte, error) {
	if e.Run == nil {
		return runCommand(ctx, dir, argv)
	}
	return e.Run(ctx, dir, argv)
}

// runCommand runs a program without a shell. Its standard error goes nowhere: what a program that
// handles secrets prints there is not for a log.
func runCommand(ctx context.Context, dir string, argv []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	out := &capped{room: maxSecret}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case out.over:
		return nil, fmt.Errorf("prints more than %d octets", maxSecret)
	}
	return out.data, err
}

// capped keeps the first octets that are written to it, and takes no more: the program ends by
// that.
type capped struct {
	data []byte
	room int
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	keep := min(len(p), c.room)
	c.data = append(c.data, p[:keep]...)
	c.room -= keep
	if c.over = c.over || keep < len(p); c.over {
		return keep, io.ErrShortWrite
	}
	return len(p), nil
}
