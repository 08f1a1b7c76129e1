package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"seedtest"
)

const smallDiskEnv = "SEEDTEST_SMALL_DISK"

// onSmallDisk runs the calling test again in a process that sees a file system of its own, of half
// a megabyte, and returns its directory there. Where it returns "" the other process has done the
// work.
func onSmallDisk(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv(smallDiskEnv); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
			t.Fatalf("mount a small file system: %v", err)
		}
		return dir
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC):
		t.Skipf("this system allows no file system of our own (%v); TestFullFile and"+
			" TestReadOnlyFile stand in", err)
	case err != nil:
		t.Fatalf("on a small disk: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	return ""
}

// The disk fills up while a run is written. The error says so, what was acknowledged stays, and
// after room was made the run goes on.
func TestFullDisk(t *testing.T) {
	dir := onSmallDisk(t)
	if dir == "" {
		return
	}
	s := openStore(t, filepath.Join(dir, "seedtest.db"))
	openRun(t, s, run1)
	ballast := filepath.Join(dir, "ballast")
	write(t, ballast, make([]byte, 200<<10), 0o600)
	n, err := fillUp(t, s)
	wantErr(t, "Append on a full disk", err, ErrFull, s.path, "make room", "seedtest resume")
	if facts := factsOf(t, s, run1); len(facts) != n+1 {
		t.Errorf("the run has %d facts, want the %d that were acknowledged", len(facts), n+1)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	add(t, s, run1, seedtest.Closed{Reason: seedtest.ClosedDone})

	_, err = fillUp(t, s)
	wantErr(t, "Append on a disk that is full again", err, ErrFull)
	_, err = Open(t.Context(), filepath.Join(dir, "second.db"))
	wantErr(t, "Open of a new store on a full disk", err, ErrFull, "second.db", "make room")
}

func TestReadOnlyDisk(t *testing.T) {
	dir := onSmallDisk(t)
	if dir == "" {
		return
	}
	path := filepath.Join(dir, "seedtest.db")
	s := openStore(t, path)
	openRun(t, s, run1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	other, below := filepath.Join(dir, "new.db"), filepath.Join(dir, "a", "b.db")
	for _, name := range []string{path, other, below} {
		_, err := Open(t.Context(), name)
		wantErr(t, fmt.Sprintf("Open(%s) on a disk mounted read-only", name), err, ErrReadOnly,
			name, "mounted for writing")
	}
}
