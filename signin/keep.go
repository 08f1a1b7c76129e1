package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Keep keeps grants by the names of their logins: in a file each, which only its owner can read,
// or in the system's keyring.
type Keep struct {
	dir  string // of the files, and of locks
	ring bool
}

// Files keeps grants in files of a directory, which is made when it is needed.
func Files(dir string) *Keep { return &Keep{dir: dir} }

// Keyring keeps grants in the system's keyring. Locks are still files of a directory.
func Keyring(dir string) *Keep { return &Keep{dir: dir, ring: true} }

// maxKept bounds what is read back.
const maxKept = 4 * maxToken

// Ready says why no grant could be kept, before anybody is asked for one.
func (k *Keep) Ready(name string) error {
	if k.ring {
		if _, err := readRing(name); !missing(err) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(k.dir, name+".*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Load returns the grant of a login. The error is fs.ErrNotExist if there is none.
func (k *Keep) Load(name string) (Grant, error) {
	read := k.readFile
	if k.ring {
		read = readRing
	}
	data, err := read(name)
	if err != nil {
		return Grant{}, err
	}
	g, err := decode(data)
	if err != nil {
		return Grant{}, fmt.Errorf("tokens of %s: %w", name, err)
	}
	return g, nil
}

// Save keeps the grant of a login in place of any other.
func (k *Keep) Save(name string, g Grant) error {
	if k.ring {
		return saveRing(name, g)
	}
	data, err := g.encode()
	if err != nil {
		return err
	}
	return k.writeFile(name, data)
}

// Has reports whether there is a file for a login, whatever is in it.
func (k *Keep) Has(name string) bool {
	_, err := os.Stat(k.path(name))
	return err == nil && k.dir != ""
}

// Forget removes the grant of a login. The error is fs.ErrNotExist if there is none.
func (k *Keep) Forget(name string) error {
	if k.ring {
		return forgetRing(name)
	}
	return os.Remove(k.path(name))
}

// Where says in words where the grant of a login is kept.
func (k *Keep) Where(name string) string {
	if k.ring {
		return "the system's keyring"
	}
	return k.path(name)
}

func (k *Keep) path(name string) string { return filepath.Join(k.dir, name+".json") }

// readFile reads a file, which must be its owner's alone.
func (k *Keep) readFile(name string) ([]byte, error) {
	f, err := os.Open(k.path(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others than its owner may read it (mode %04o); look who could, "+
			"then: chmod 600 %s", k.path(name), info.Mode().Perm(), k.path(name))
	}
	return io.ReadAll(io.LimitReader(f, maxKept))
}

// writeFile writes a file whole or not at all, and durably: the refresh token in it may be the only
// one that still holds.
func (k *Keep) writeFile(name string, data []byte) error {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(k.dir, name+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), k.path(name)); err != nil {
		return err
	}
	return syncDir(k.dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such thing
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockPause is the wait between two tries to get a lock.
const lockPause = 20 * time.Millisecond

// lock keeps other processes, and other goroutines of this one, from renewing the same grant. The
// file stays: a lock on a file that is removed would keep nobody out.
func (k *Keep) lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(k.dir, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		got, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
		}
		if got {
			return func() { _ = f.Close() }, nil
		}
		if err := pause(ctx, lockPause); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// missing reports whether an error says that there is no grant.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
