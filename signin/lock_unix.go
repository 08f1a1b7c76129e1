//go:build unix

package signin

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks an open file for its descriptor alone, if nobody else holds it. The lock ends with
// the descriptor, also when the process is killed.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}
