package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

const (
	run1 = seedtest.RunID("agjzwxaaaaaaaaaaaaaaaaabc2")
	run2 = seedtest.RunID("agjzwyaaaaaaaaaaaaaaaaabd3")
	run3 = seedtest.RunID("agjzwzaaaaaaaaaaaaaaaaaxc2")
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// newStore opens a store in a directory of its own.
func newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "seedtest.db"))
}

func openStore(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatalf("Open(%s): %v", path, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// openRun stores a run's opening fact: two seeds at gmail, one at gmx, one where no preset knows
// the provider, and one of ours.
func openRun(t testing.TB, s *Store, run seedtest.RunID) {
	t.Helper()
	gmail, gmx := seedtest.Provider{ID: "gmail"}, seedtest.Provider{ID: "gmx"}
	add(t, s, run, seedtest.Opened{Run: run, Suite: seedtest.Suite{Name: "regular"},
		Routes: []seedtest.Route{{Name: "old"}, {Name: "new"}},
		Seeds: []seedtest.Seed{
			{Name: "gmail-a", Address: "Anna@gmail.com", Provider: gmail},
			{Name: "gmail-b", Address: "b@gmail.com", Provider: gmail},
			{Name: "gmx-a", Address: "a@gmx.net", Provider: gmx},
			{Name: "far", Address: "x@Far.example"},
			{Name: "own", Address: "o@example.net", Own: true},
			{Name: "ours", Address: "boss@gmail.com", Provider: gmail, Own: true},
		}})
}

func at(d time.Duration, b seedtest.FactBody) seedtest.Fact {
	return seedtest.Fact{At: noon.Add(d), Body: b}
}

func add(t testing.TB, s *Store, run seedtest.RunID, bodies ...seedtest.FactBody) {
	t.Helper()
	for _, b := range bodies {
		if err := s.Append(t.Context(), run, at(0, b)); err != nil {
			t.Fatalf("Append(%s): %v", b.FactKind(), err)
		}
	}
}

func factsOf(t testing.TB, s *Store, run seedtest.RunID) []seedtest.Fact {
	t.Helper()
	facts, err := s.Facts(t.Context(), run)
	if err != nil {
		t.Fatalf("Facts(%s): %v", run.Short(), err)
	}
	return facts
}

// count asks the file itself.
func count(t testing.TB, s *Store, query string, args ...any) int {
	t.Helper()
	var n int
	if err := s.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wantErr holds an error against its kind, and against words that the operator has to see.
func wantErr(t testing.TB, doing string, err, kind error, words ...string) {
	t.Helper()
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Fatalf("%s: got error %v, want one of kind %v", doing, err, kind)
	}
	said := e.Error() + "\nhint: " + e.Hint
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%s: error says\n%s\nwant in it: %s", doing, said, w)
		}
	}
}

// fill sets every field that is encoded, so that none can be lost unnoticed.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(noon.Add(1234567891 * time.Nanosecond)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("ключ"), value)
	case reflect.String:
		v.SetString("wörd \"<&>\"\r\n\t\x1b")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.9)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	default:
		v.SetUint(4_000_000_000)
	}
}

func filled(b seedtest.FactBody) seedtest.FactBody {
	v := reflect.New(reflect.TypeOf(b)).Elem()
	fill(v)
	return v.Interface().(seedtest.FactBody)
}

func TestEveryKindOfFactComesBack(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	want := factsOf(t, s, run1)
	kinds := []seedtest.FactBody{seedtest.Opened{}, seedtest.Planned{}, seedtest.Listing{},
		seedtest.Baseline{}, seedtest.Attempt{}, seedtest.Submission{}, seedtest.Relayed{},
		seedtest.Sighting{}, seedtest.Gone{}, seedtest.Round{}, seedtest.Canary{},
		seedtest.Bounce{}, seedtest.Fault{}, seedtest.Limit{}, seedtest.Closed{},
		seedtest.Resumed{}, seedtest.Spent{}, seedtest.Looked{}}
	for i, b := range kinds {
		f := at(time.Duration(i)*time.Second+123456789, filled(b))
		if o, ok := f.Body.(seedtest.Opened); ok {
			o.Run = run1
			f.Body = o
		}
		want = append(want, f)
	}
	if err := s.Append(t.Context(), run1, want[1:]...); err != nil {
		t.Fatalf("Append: %v", err)
	}
	got := factsOf(t, s, run1)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Facts differ from what was appended (-appended +read):\n%s", d)
	}
}

func TestFactsKeepTheirOrderAndTheirRun(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	openRun(t, s, run2)
	for i := range 20 {
		run := []seedtest.RunID{run1, run2}[i%2]
		// The clock runs backwards: facts stay in the order in which they were stored.
		f := at(-time.Duration(i)*time.Minute, seedtest.Attempt{Number: i})
		f.Body = seedtest.Listing{Seed: "own", LoginTime: time.Duration(i)}
		if err := s.Append(t.Context(), run, f); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
	for n, run := range []seedtest.RunID{run1, run2} {
		for i, f := range factsOf(t, s, run)[1:] {
			want := time.Duration(2*i + n)
			if l := f.Body.(seedtest.Listing); l.LoginTime != want {
				t.Errorf("run %s, fact %d: got number %d, want %d", run.Short(), i, l.LoginTime, want)
			}
		}
	}
}

func TestHeadersAreStoredOnce(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	openRun(t, s, run2)
	raw := append([]byte("Subject: \xff\x00 raw\r\nReceived: "), bytes.Repeat([]byte("x"), 1<<20)...)
	sighting := seedtest.Sighting{Seed: "own", Mailbox: "INBOX", Header: raw}
	add(t, s, run1, sighting, sighting)
	add(t, s, run2, sighting, seedtest.Sighting{Seed: "own", Mailbox: "Junk"})
	if n := count(t, s, "SELECT count(*) FROM header"); n != 1 {
		t.Errorf("%d headers are stored, want 1", n)
	}
	got := factsOf(t, s, run2)[1].Body.(seedtest.Sighting)
	if got.Header != nil {
		t.Errorf("Facts gave %d header bytes, want none", len(got.Header))
	}
	back, err := s.Header(t.Context(), got.HeaderSum)
	if err != nil || !bytes.Equal(back, raw) {
		t.Errorf("Header(%s): got %d bytes, error %v, want the %d stored ones",
			got.HeaderSum, len(back), err, len(raw))
	}
	if bare := factsOf(t, s, run2)[2].Body.(seedtest.Sighting); bare.HeaderSum != "" {
		t.Errorf("a sighting without a header got the sum %s", bare.HeaderSum)
	}
}

func TestHeaderErrors(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	if b, err := s.Header(t.Context(), "no such sum"); err == nil {
		t.Errorf("Header of an unknown sum: got %d bytes and no error", len(b))
	}
	wrong := seedtest.Sighting{Seed: "own", Header: []byte("a: b"), HeaderSum: "0123"}
	if err := s.Append(t.Context(), run1, at(0, wrong)); err == nil {
		t.Error("Append of a header under a wrong sum: got no error")
	}
	_, err := s.conn.ExecContext(t.Context(), "INSERT INTO header VALUES ('0123', 'damaged')")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Header(t.Context(), "0123")
	wantErr(t, "Header whose bytes changed", err, ErrCorrupt, "0123", "backup")
}

func TestAppendIsAllOrNothing(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	err := s.Append(t.Context(), run1, at(0, seedtest.Listing{Seed: "own"}),
		at(0, seedtest.Attempt{Dispatch: "never planned", Number: 1}))
	if err == nil || !strings.Contains(err.Error(), "never planned") {
		t.Errorf("Append of an attempt without a plan: got error %v, want one that names it", err)
	}
	if got := factsOf(t, s, run1); len(got) != 1 {
		t.Errorf("after a refused Append the run has %d facts, want 1", len(got))
	}
	if err := s.Append(t.Context(), run1); err != nil {
		t.Errorf("Append of nothing: %v", err)
	}
}

func TestNoRun(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	_, err := s.Facts(ctx, run1)
	wantErr(t, "Facts", err, ErrNoRun, "seedtest show")
	err = s.Append(ctx, run1, at(0, seedtest.Closed{Reason: seedtest.ClosedDone}))
	wantErr(t, "Append", err, ErrNoRun)
	err = s.Append(ctx, run1, at(0, seedtest.Attempt{Dispatch: "d"}))
	wantErr(t, "Append of an attempt", err, ErrNoRun)
	err = s.Append(ctx, run2, at(0, seedtest.Opened{Run: run1}))
	if err == nil || !strings.Contains(err.Error(), string(run1)) {
		t.Errorf("Append of another run's opening: got error %v, want one that names it", err)
	}
	if n := count(t, s, "SELECT count(*) FROM run"); n != 0 {
		t.Errorf("refused facts made %d runs", n)
	}
}

func TestFactsCannotBeChanged(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	add(t, s, run1, seedtest.Sighting{Seed: "own", Header: []byte("a: b\r\n")})
	for _, q := range []string{
		"UPDATE fact SET body = '{}'",
		"UPDATE OR REPLACE fact SET seq = 1 WHERE seq = 2",
		"DELETE FROM fact",
		"REPLACE INTO fact (seq, run, at, kind, body) VALUES (1, 1, 0, 'closed', '{}')",
		"UPDATE header SET bytes = 'x'",
		"DELETE FROM header",
		"DELETE FROM run",
	} {
		if _, err := s.conn.ExecContext(t.Context(), q); err == nil {
			t.Errorf("%s: got no error", q)
		}
	}
	if got := factsOf(t, s, run1); len(got) != 2 {
		t.Errorf("the run has %d facts, want 2", len(got))
	}
}

func TestFactOfANewerKind(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	_, err := s.conn.ExecContext(t.Context(),
		"INSERT INTO fact (run, at, kind, body) VALUES (1, 0, 'teleported', '{}')")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Facts(t.Context(), run1)
	wantErr(t, "Facts", err, ErrCorrupt, "fact 2", "teleported", "newer seedtest")
}

func TestClosedStore(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ctx := context.Background()
	_, facts := s.Facts(ctx, run1)
	_, header := s.Header(ctx, "00")
	_, runs := s.Runs(ctx)
	_, found := s.Find(ctx, "last")
	_, doses := s.Doses(ctx, noon)
	_, held := s.Held(ctx, run1, dose(0, "d", "gmail-a"))
	_, lease := s.Lease(ctx, run1)
	for what, err := range map[string]error{"Facts": facts, "Header": header, "Runs": runs,
		"Find": found, "Doses": doses, "Held": held, "Lease": lease,
		"Append": s.Append(ctx, run1, at(0, seedtest.Closed{}))} {
		wantErr(t, what+" after Close", err, ErrClosed)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// A run's facts name routes and seeds that sign in; what they sign in with is not among them.
func TestNoSecretReachesTheStore(t *testing.T) {
	const password, token = seedtest.Secret("pa55-f0r-the-r3lay"), seedtest.Secret("0auth-t0ken-xyz")
	s := newStore(t)
	seed := seedtest.Seed{Name: "own", Address: "o@example.net",
		Login: seedtest.Login{Username: "anna", Password: password, Token: token}}
	route := seedtest.Route{Name: "old", Login: seedtest.Login{Username: "ops", Password: password}}
	add(t, s, run1,
		seedtest.Opened{Run: run1, Routes: []seedtest.Route{route}, Seeds: []seedtest.Seed{seed}},
		seedtest.Planned{Dispatch: "d", Route: "old",
			Probes: []seedtest.PlannedProbe{{Probe: "p", Seed: "own"}}})
	if _, err := s.AppendAttempt(t.Context(), run1, attempt(0, "d", 1),
		dose(0, "d", "own")); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		var all []byte
		for _, name := range glob(t, s.path+"*") {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
		}
		if !bytes.Contains(all, []byte("anna")) {
			t.Fatalf("%s: the user name is not in the store, so this test looks in the wrong place", when)
		}
		for _, secret := range []seedtest.Secret{password, token} {
			if bytes.Contains(all, []byte(secret.Reveal())) {
				t.Errorf("%s: the store holds %q", when, secret.Reveal())
			}
		}
	}
	look("open, with its log")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	look("closed")
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, error %v", pattern, len(names), err)
	}
	return names
}
