//go:build unix

package maillog

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"seedtest"
)

// TestFileThatIsAPipe ends when it is asked to, though nobody ever writes to the pipe.
func TestFileThatIsAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f := follow(t, seedtest.RelayLog{File: path})
	if got := f.next(); !strings.HasSuffix(got, "is a pipe or device; name a command that prints the log") {
		t.Errorf("told %q", got)
	}
	f.end()
}
