package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyLen is the length of the installation key in bytes.
const keyLen = 32

// keyPath returns where the installation key stands.
func (s *Store) keyPath() string { return s.path + ".key" }

// loadKey reads the installation key, and makes it if the store has no runs yet. A store with runs
// goes with the key that the first was begun with, and with no other: under another key the
// messages of its runs would not be known again, and would count as lost.
func (s *Store) loadKey(ctx context.Context) error {
	sum, err := s.keySum(ctx)
	if err != nil {
		return err
	}
	s.key, err = readKey(s.keyPath())
	if errors.Is(err, fs.ErrNotExist) && sum == nil {
		s.key, err = makeKey(s.keyPath())
	}
	if err != nil {
		return s.keyError(err)
	}
	return s.checkKey(sum)
}

// bindKey makes the first run bind the store to its key, within the transaction that opens it.
func (s *Store) bindKey(ctx context.Context) error {
	has := sha256.Sum256(s.key)
	if err := s.exec(ctx, `INSERT INTO meta (name, value) VALUES ('key', ?)
		ON CONFLICT (name) DO NOTHING`, has[:]); err != nil {
		return err
	}
	sum, err := s.keySum(ctx)
	if err != nil {
		return err
	}
	return s.checkKey(sum)
}

// keySum returns the sum of the key that the store is bound to, from which the key cannot be had;
// nil if it has no runs.
func (s *Store) keySum(ctx context.Context) ([]byte, error) {
	var sum []byte
	err := s.conn.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'key'`).Scan(&sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return sum, err
}

func (s *Store) checkKey(sum []byte) error {
	if has := sha256.Sum256(s.key); sum == nil || bytes.Equal(sum, has[:]) {
		return nil
	}
	return s.keyError(errors.New("it is not the key that this store was begun with"))
}

func (s *Store) keyError(cause error) error {
	e := &Error{Path: s.path, Doing: "read its key " + s.keyPath(), Kind: ErrKey, Cause: cause,
		Hint: "restore " + s.keyPath() + " from the backup that the store belongs to," +
			" or move the store away and begin a new one"}
	switch {
	case errors.Is(cause, errKeyMode):
		e.Hint = "look who could have read it, then: chmod 600 " + s.keyPath()
	case !errors.Is(cause, fs.ErrNotExist):
		if hint, _ := systemMeaning(cause, s.keyPath()); hint != "" {
			e.Hint = hint
		}
	}
	return e
}

var errKeyMode = errors.New("others than its owner may read or write it")

// readKey reads a key and checks who may read it and how long it is.
func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, errors.New("it is not a regular file")
	case mode.Perm()&0o077 != 0:
		return nil, fmt.Errorf("mode %04o: %w", mode.Perm(), errKeyMode)
	case info.Size() != keyLen:
		return nil, fmt.Errorf("it is %d bytes long, not %d", info.Size(), keyLen)
	}
	return os.ReadFile(path)
}

// makeKey makes a key. Of two processes that do it in the same moment, both get the same one: a
// whole key is linked to its name, and the name is given once.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keyLen)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(key)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return readKey(path)
}

// syncDir makes the entries of a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
