//go:build real

// Package realtest runs the program against Postfix, Exim, Dovecot, Cyrus and Postgrey from Debian, in
// private directories on loopback, and opens its pages in Chromium.
//
// "make test-real" installs the servers and runs the tests. They need root, because Postfix does.
// The world of the tests is:
//
//	seedtest -> relay (Postfix: STARTTLS and AUTH, or implicit TLS) -> mx (Postfix)
//	seedtest -> exim -> mx
//	seedtest -> mx, where a reply of the receiving server itself is wanted
//	mx -> Dovecot or Cyrus, LMTP
//	relay, exim and mx -> mx -> Dovecot, where their reports go
//	seedtest -> Dovecot or Cyrus, IMAP with TLS
//
// suites() says what is sent to whom and how the mx treats it. Each test holds what the program
// says against what the mailbox's owner sees by a plain IMAP client, and against the servers' logs.
// No server of the system is touched, and everything is stopped and removed at the end.
package realtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startTimeout bounds the build of the program and the start of all servers.
const startTimeout = 5 * time.Minute

// site is the world that all tests share. Servers that a test stops are no other test's.
var site *world

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		_, _ = fmt.Fprintln(os.Stderr, "realtest: Postfix starts for root only: run the tests as root")
		os.Exit(1)
	}
	status, err := runTests(m)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "realtest:", err)
		status = 1
	}
	os.Exit(status)
}

// runTests runs the tests in a world that it makes and removes.
func runTests(m *testing.M) (status int, err error) {
	dir, err := os.MkdirTemp("", "real") // short: the paths of sockets have 107 octets at most
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { // servers come here under their own names
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := build(ctx, dir); err != nil {
		return 1, err
	}
	if site, err = newWorld(ctx, dir); err != nil {
		return 1, err
	}
	defer site.stop()
	if err := site.start(ctx); err != nil {
		return 1, fmt.Errorf("%w\n%s", err, site.logs(nil))
	}
	return m.Run(), nil
}

// build builds the program into dir, as a user would.
func build(ctx context.Context, dir string) error {
	program := filepath.Join(dir, "seedtest")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "seedtest/cmd/seedtest")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
