package signin

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks an open file for its handle alone, if nobody else holds it. The lock ends with the
// handle, also when the process is killed.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
