// Command seedtest tells what really happened to the mail that a server sent.
//
// It sends tagged messages by the routes of seeds.toml, watches seed mailboxes for them over IMAP,
// and reports where each ended, how it travelled and why. Run it without arguments for its
// commands; docs/operating.md is the manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"seedtest/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends a run in order and stores it; the second one kills.
	context.AfterFunc(ctx, stop)
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: config.Env{}, getenv: os.Getenv,
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}
