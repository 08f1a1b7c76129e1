package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a store. Errors of this package wrap one of them where it applies.
var (
	ErrPath      = errors.New("the place of the store cannot be used")
	ErrNewer     = errors.New("the store was written by a newer version of seedtest")
	ErrForeign   = errors.New("the file is not a store of seedtest")
	ErrCorrupt   = errors.New("the store is damaged")
	ErrFull      = errors.New("the disk is full")
	ErrReadOnly  = errors.New("the store cannot be written")
	ErrBusy      = errors.New("another process is writing to the store")
	ErrKey       = errors.New("the installation key cannot be used")
	ErrNoRun     = errors.New("no such run")
	ErrLeased    = errors.New("another process works this run")
	ErrLeaseLost = errors.New("the run is another process's now")
	ErrClosed    = errors.New("the store is closed")
)

// Error is trouble with a store.
type Error struct {
	Path  string // of the store
	Doing string // what was being done
	Kind  error  // one of the errors above; nil: none of them
	Cause error  // what the system said; may be nil
	Hint  string // what to do about it; may be empty
}

// Error names the store, what was being done, what is wrong and what the system said.
func (e *Error) Error() string {
	parts := []string{"store " + e.Path, e.Doing}
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			parts = append(parts, err.Error())
		}
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns what is wrong and what the system said.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.Kind, e.Cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// explain turns an error of SQLite or the system into one that says what to do. An error that
// already says so is returned as it is.
func (s *Store) explain(doing string, err error) error {
	var mine *Error
	if err == nil || errors.As(err, &mine) {
		return err
	}
	e := &Error{Path: s.path, Doing: doing, Cause: err}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return e
	}
	var lite *sqlite.Error
	switch {
	case errors.As(err, &lite):
		e.Hint, e.Kind = meaning(lite.Code(), s.path)
		if e.Kind == ErrPath {
			e.fromDirectory()
		}
	case s.isClosed():
		e.Kind = ErrClosed
	default:
		e.Hint, e.Kind = systemMeaning(err, s.path)
	}
	return e
}

// meaning says what an SQLite result code means to an operator. SHMSIZE is how a full disk shows
// when the shared memory beside the store has to grow.
func meaning(code int, path string) (hint string, kind error) {
	if code == sqlite3.SQLITE_IOERR_SHMSIZE {
		code = sqlite3.SQLITE_FULL
	}
	switch code & 0xff {
	case sqlite3.SQLITE_FULL:
		return fullHint(path), ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return readOnlyHint(path), ErrReadOnly
	case sqlite3.SQLITE_CANTOPEN:
		return "check that " + path + " is a file in a directory that may be written", ErrPath
	case sqlite3.SQLITE_CORRUPT:
		return "keep a copy of " + path + " and its -wal file, then restore a backup" +
			" or try: sqlite3 " + path + " .recover", ErrCorrupt
	case sqlite3.SQLITE_NOTADB:
		return "if it was one, restore a backup; else choose another path under [store]",
			ErrForeign
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "wait for it to end, or find it with: fuser " + path, ErrBusy
	case sqlite3.SQLITE_IOERR:
		return "look for trouble of the disk in the system's log", ErrPath
	}
	return "", nil
}

// systemMeaning says what an error of the system means to an operator.
func systemMeaning(err error, path string) (hint string, kind error) {
	switch {
	case errors.Is(err, os.ErrPermission):
		return "run seedtest as the user who owns it, or choose a path under [store]", ErrPath
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fullHint(path), ErrFull
	case errors.Is(err, syscall.EROFS):
		return readOnlyHint(path), ErrReadOnly
	}
	return "", nil
}

// fromDirectory finds out why no file can be made beside the store, which SQLite keeps to itself.
func (e *Error) fromDirectory() {
	f, err := os.CreateTemp(filepath.Dir(e.Path), filepath.Base(e.Path)+".*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if hint, kind := systemMeaning(err, e.Path); kind != nil {
		e.Cause, e.Hint, e.Kind = err, hint, kind
	}
}

func fullHint(path string) string {
	return "make room on the disk that holds " + path +
		", then `seedtest resume`; what was stored is safe"
}

func readOnlyHint(path string) string {
	return "check who owns " + path + " and its directory, and that the file system is mounted" +
		" for writing"
}
