package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"

	"seedtest"
)

// Store is an open store. It may be used by several goroutines.
type Store struct {
	path string
	key  []byte
	now  func() time.Time // of leases only; facts bring their own time
	db   *sql.DB          // reads
	conn *sql.Conn        // writes; used by whoever has the turn

	turn chan struct{} // holds a value while somebody writes

	statements map[string]*sql.Stmt // of conn, by their text; used by whoever has the turn

	mu     sync.Mutex
	queue  []*job                    // what waits for the next commit
	fences map[seedtest.RunID]uint64 // of the runs this process has leased
	closed bool
}

// busyTimeout bounds every wait for another process's write.
const busyTimeout = "10000" // in milliseconds

// connections are one that writes and a few that read.
const connections = 4

// Open opens the store at path, and makes what is missing of it: the directory (mode 0700), the
// file, and the installation key beside it (mode 0600). An older store is brought to this version
// first. Errors wrap ErrPath, ErrNewer, ErrForeign, ErrCorrupt, ErrFull,
// ErrReadOnly, ErrBusy or ErrKey.
func Open(ctx context.Context, path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Path: path, Doing: "open", Kind: ErrPath, Cause: err}
	}
	s := &Store{path: abs, now: time.Now, turn: make(chan struct{}, 1),
		statements: map[string]*sql.Stmt{}, fences: map[seedtest.RunID]uint64{}}
	if err := s.makeFile(); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(s.explain("open", err), s.shut())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.conn, s.path, migrations()); err != nil {
		return err
	}
	return s.loadKey(ctx)
}

// connect prepares the connections; the file may hold anything yet.
func (s *Store) connect(ctx context.Context) error {
	dsn := (&url.URL{Scheme: "file", Path: s.path}).String() + "?_pragma=busy_timeout(" +
		busyTimeout + ")&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return err
	}
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	s.conn, err = s.db.Conn(ctx)
	return err
}

// makeFile makes the directory and an empty file, which SQLite takes as a new database. A file
// that exists is not touched: closing it here would drop the locks that this process may have on
// it by another Store (https://www.sqlite.org/howtocorrupt.html section 2.2).
func (s *Store) makeFile() error {
	path := s.path
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		e := &Error{Path: path, Doing: "make its directory", Kind: ErrPath, Cause: err,
			Hint: "choose a path under [store] whose directory can be made"}
		if hint, kind := systemMeaning(err, path); kind != nil {
			e.Hint, e.Kind = hint, kind
		}
		return e
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.Mode().IsRegular():
		return nil
	case err == nil:
		return &Error{Path: path, Doing: "open", Kind: ErrPath,
			Cause: errors.New("it is not a regular file"), Hint: "choose a file under [store]"}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process made it in this moment
	}
	if err == nil {
		err = f.Close() // SQLite syncs the directory when it makes its log there
	}
	return s.explain("make it", err)
}

// Key returns the installation key: 32 random bytes that say which tags are ours.
func (s *Store) Key() []byte { return append([]byte(nil), s.key...) }

// Close writes what still waits and closes the store. Calls after it return ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.commit(s.take())
	if err := s.shut(); err != nil {
		return &Error{Path: s.path, Doing: "close", Cause: err}
	}
	return nil
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Store) shut() error {
	var errs []error
	for _, statement := range s.statements {
		errs = append(errs, statement.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}
