package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"seedtest"
)

func write(t testing.TB, path string, data []byte, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// closedStore makes a store with a run and returns its path.
func closedStore(t testing.TB) string {
	t.Helper()
	s := newStore(t)
	openRun(t, s, run1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.path
}

// alter changes a file behind the store's back.
func alter(t testing.TB, path, query string) {
	t.Helper()
	s := &Store{path: path}
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.conn.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if err := s.shut(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenMakesWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "odd name?#%20&mode=ro ü", "seedtest.db")
	s := openStore(t, path)
	for name, want := range map[string]fs.FileMode{path: 0o600, path + ".key": 0o600,
		filepath.Dir(path): fs.ModeDir | 0o700} {
		info, err := os.Stat(name)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, error %v, want %v", name, info.Mode(), err, want)
		}
	}
	if key := s.Key(); len(key) != 32 || bytes.Equal(key, make([]byte, 32)) {
		t.Errorf("the key is %x", key)
	}
	for _, name := range glob(t, filepath.Join(filepath.Dir(path), "*")) {
		if !strings.HasPrefix(name, path) || strings.Contains(name, ".key.") {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestOpenIsDurable(t *testing.T) {
	s := newStore(t)
	for _, pragma := range []struct{ name, want string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"busy_timeout", "10000"},
		{"foreign_keys", "1"}, {"user_version", fmt.Sprint(len(migrations()))},
	} {
		var got string
		err := s.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma.name).Scan(&got)
		if err != nil || got != pragma.want {
			t.Errorf("PRAGMA %s: got %q, error %v, want %q", pragma.name, got, err, pragma.want)
		}
	}
}

// Many processes that make the same store at the same moment all get it, and one key.
func TestOpenByManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "seedtest.db")
	stores := make([]*Store, 8)
	errs := make([]error, len(stores))
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() { stores[i], errs[i] = Open(t.Context(), path) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Open: %v", err)
	}
	for _, s := range stores {
		if !bytes.Equal(s.Key(), stores[0].Key()) {
			t.Errorf("keys differ: %x and %x", s.Key(), stores[0].Key())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenCannotUse(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, []byte("x"), 0o600)
	for _, tt := range []struct {
		path  string
		words []string
	}{
		{dir, []string{"not a regular file", "[store]"}},
		{filepath.Join(file, "below", "seedtest.db"), []string{"make its directory", "[store]"}},
		{"/dev/null", []string{"not a regular file"}},
	} {
		_, err := Open(t.Context(), tt.path)
		wantErr(t, "Open("+tt.path+")", err, ErrPath, append(tt.words, tt.path)...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, filepath.Join(dir, "new.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("Open after Ctrl-C: got error %v, want %v", err, context.Canceled)
	}
}

func TestOpenForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	alter(t, path, "CREATE TABLE addresses (name TEXT)")
	text := filepath.Join(t.TempDir(), "letter.txt")
	write(t, text, []byte(strings.Repeat("Dear Sir or Madam, ", 500)), 0o600)
	for _, name := range []string{path, text} {
		before := read(t, name)
		_, err := Open(t.Context(), name)
		wantErr(t, "Open of another program's file", err, ErrForeign, name, "another path")
		if !bytes.Equal(before, read(t, name)) {
			t.Errorf("%s was changed", name)
		}
		if _, err := os.Stat(name + ".key"); err == nil {
			t.Errorf("a key was made beside %s", name)
		}
	}
}

func TestOpenCorruptFile(t *testing.T) {
	path := closedStore(t)
	data := read(t, path)
	for i := 4096; i < len(data); i++ {
		data[i] ^= 0x5a
	}
	write(t, path, data, 0o600)
	s, err := Open(t.Context(), path)
	if err == nil {
		_, err = s.Facts(t.Context(), run1)
		defer s.Close()
	}
	wantErr(t, "Open of damaged pages", err, ErrCorrupt, path, "backup", ".recover")

	path = closedStore(t)
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path)
	wantErr(t, "Open of a file cut short", err, ErrCorrupt, path, "backup")
}

func TestOpenNewerStore(t *testing.T) {
	path := closedStore(t)
	newer := len(migrations()) + 1
	alter(t, path, fmt.Sprintf("PRAGMA journal_mode = DELETE; PRAGMA user_version = %d", newer))
	before := read(t, path)
	_, err := Open(t.Context(), path)
	wantErr(t, "Open of a newer store", err, ErrNewer, path, fmt.Sprintf("its version is %d", newer),
		"newer seedtest", "nothing was changed")
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the newer store was changed")
	}
}

// A store with facts becomes one of the next version, by whichever of two processes is first, and a
// step that fails leaves the old version behind.
func TestMigration(t *testing.T) {
	path := closedStore(t)
	now := len(migrations())
	steps := append(migrations()[:now:now], "ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT '';")
	broken := append(steps[:now:now], "ALTER TABLE run ADD COLUMN note TEXT; SELECT nonsense;")
	move := func(steps []string) error {
		s := &Store{path: path}
		if err := s.connect(t.Context()); err != nil {
			return err
		}
		return errors.Join(migrate(t.Context(), s.conn, path, steps), s.shut())
	}
	if err := move(broken); err == nil ||
		!strings.Contains(err.Error(), fmt.Sprintf("version %d to %d", now, now+1)) {
		t.Errorf("a broken step: got error %v, want one that names version %d", err, now+1)
	}
	openStore(t, path) // it is whole, and of this version

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := move(steps); err != nil {
				t.Errorf("migrate: %v", err)
			}
		})
	}
	wg.Wait()
	s := &Store{path: path}
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	if v := count(t, s, "PRAGMA user_version"); v != now+1 {
		t.Errorf("the version is %d, want %d", v, now+1)
	}
	if n := count(t, s, "SELECT count(*) FROM run WHERE note = ''"); n != 1 {
		t.Errorf("%d runs have the new column, want 1", n)
	}
	if facts := factsOf(t, s, run1); len(facts) != 1 {
		t.Errorf("the run has %d facts, want 1", len(facts))
	}
}

func TestKeyStays(t *testing.T) {
	path := closedStore(t)
	first, second := openStore(t, path), openStore(t, path)
	if !bytes.Equal(first.Key(), second.Key()) {
		t.Errorf("two openings of one store give two keys")
	}
	first.Key()[0] ^= 1
	if !bytes.Equal(first.Key(), second.Key()) {
		t.Error("a caller can change the key of the store")
	}
	if bytes.Equal(first.Key(), newStore(t).Key()) {
		t.Error("two stores have the same key")
	}
}

func TestBadKey(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, key string)
		words []string
	}{
		{"missing", func(t *testing.T, key string) {
			if err := os.Remove(key); err != nil {
				t.Fatal(err)
			}
		}, []string{"no such file", "backup"}},
		{"another", func(t *testing.T, key string) {
			write(t, key, bytes.Repeat([]byte{7}, 32), 0o600)
		}, []string{"not the key that this store was begun with", "backup"}},
		{"short", func(t *testing.T, key string) {
			write(t, key, []byte("short"), 0o600)
		}, []string{"5 bytes long, not 32", "backup"}},
		{"readable", func(t *testing.T, key string) {
			write(t, key, read(t, key), 0o640)
		}, []string{"mode 0640", "chmod 600"}},
		{"directory", func(t *testing.T, key string) {
			if err := errors.Join(os.Remove(key), os.Mkdir(key, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, []string{"not a regular file", "backup"}},
	} {
		path := closedStore(t)
		tt.spoil(t, path+".key")
		_, err := Open(t.Context(), path)
		wantErr(t, "Open with a key that is "+tt.name, err, ErrKey,
			append(tt.words, path+".key")...)
	}
}

// Before its first run a store may get a new key: no message was tagged under the old one.
func TestKeyOfAStoreWithoutRuns(t *testing.T) {
	s := newStore(t)
	if err := errors.Join(s.Close(), os.Remove(s.keyPath())); err != nil {
		t.Fatal(err)
	}
	again := openStore(t, s.path)
	if bytes.Equal(again.Key(), s.Key()) {
		t.Error("the lost key came back")
	}
	openRun(t, again, run1)
	if !bytes.Equal(openStore(t, s.path).Key(), again.Key()) {
		t.Error("the new key did not stay")
	}
}

// Two processes hold different keys of a store without runs: only one of them may begin a run.
func TestKeyOfTheFirstRunBinds(t *testing.T) {
	first := newStore(t)
	if err := os.Remove(first.keyPath()); err != nil {
		t.Fatal(err)
	}
	second := openStore(t, first.path)
	openRun(t, second, run1)
	err := first.Append(t.Context(), run2, at(0, seedtest.Opened{Run: run2}))
	wantErr(t, "Append of a run under another key", err, ErrKey, first.keyPath())
	if rows, err := first.Runs(t.Context()); err != nil || len(rows) != 1 {
		t.Errorf("Runs: got %v, error %v, want one", rows, err)
	}
}

func TestErrorNamesStoreAndDeed(t *testing.T) {
	_, err := newStore(t).Facts(t.Context(), run1)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *Error", err)
	}
	want := "store " + e.Path + ": find run " + string(run1) + ": no such run: it has no facts"
	if e.Error() != want {
		t.Errorf("got error %q, want %q", e.Error(), want)
	}
}
