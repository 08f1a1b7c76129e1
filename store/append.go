package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"seedtest"
)

// record is a fact in the form in which it is stored.
type record struct {
	seedtest.Fact
	json []byte
	sum  string // of the header bytes that came with a sighting
}

// Append stores facts of a run, all or none. When it returns nil they are durable. The first fact
// of a run is its opening one; facts of a run that was never opened are ErrNoRun. Header bytes of
// a sighting are stored once, under their SHA-256. If this process leased the run and lost it,
// nothing is stored and the error is ErrLeaseLost.
func (s *Store) Append(ctx context.Context, run seedtest.RunID, facts ...seedtest.Fact) error {
	records, err := encode(facts)
	if err != nil || len(facts) == 0 {
		return s.explain("append facts of run "+run.Short(), err)
	}
	return s.write(ctx, "append facts of run "+run.Short(), func(ctx context.Context) error {
		if err := s.checkMine(ctx, run); err != nil {
			return err
		}
		return s.insert(ctx, run, records)
	})
}

// encode turns facts into records, and checks what it can before anything is written.
func encode(facts []seedtest.Fact) ([]record, error) {
	records := make([]record, len(facts))
	for i, f := range facts {
		r := record{Fact: f}
		if b, ok := f.Body.(seedtest.Sighting); ok && len(b.Header) > 0 {
			sum := sha256.Sum256(b.Header)
			r.sum = hex.EncodeToString(sum[:])
			if b.HeaderSum != "" && b.HeaderSum != r.sum {
				return nil, fmt.Errorf("sighting at %s: its header's sum is %s, not %s",
					b.Seed, r.sum, b.HeaderSum)
			}
			b.HeaderSum = r.sum
			r.Body = b
		}
		var err error
		if r.json, err = json.Marshal(r.Body); err != nil {
			return nil, fmt.Errorf("fact %s: %w", f.Body.FactKind(), err)
		}
		records[i] = r
	}
	return records, nil
}

// insert writes records within the transaction, and what is indexed of them.
func (s *Store) insert(ctx context.Context, run seedtest.RunID, records []record) error {
	for _, r := range records {
		if err := s.index(ctx, run, r); err != nil {
			return err
		}
		if err := s.insertOne(ctx, run, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertOne(ctx context.Context, run seedtest.RunID, r record) error {
	insert, err := s.prepared(ctx, `INSERT INTO fact (run, at, kind, body)
		SELECT id, ?, ?, ? FROM run WHERE name = ?`)
	if err != nil {
		return err
	}
	res, err := insert.ExecContext(ctx, r.At.UnixNano(), string(r.Body.FactKind()), string(r.json),
		string(run))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, s.noRun(string(run), "its opening fact was never stored"))
	}
	return nil
}

// index writes what a fact brings with it or makes findable, beside the fact itself.
func (s *Store) index(ctx context.Context, run seedtest.RunID, r record) error {
	switch b := r.Body.(type) {
	case seedtest.Opened:
		if b.Run != run {
			return fmt.Errorf("the opening fact names run %s", b.Run)
		}
		if err := s.bindKey(ctx); err != nil {
			return err
		}
		return s.exec(ctx, `INSERT INTO run (name, suite, started) VALUES (?, ?, ?)
			ON CONFLICT (name) DO NOTHING`, string(run), b.Suite.Name, r.At.UnixNano())
	case seedtest.Sighting:
		if r.sum == "" {
			return nil
		}
		return s.exec(ctx, `INSERT INTO header (sum, bytes) VALUES (?, ?)
			ON CONFLICT (sum) DO NOTHING`, r.sum, b.Header)
	case seedtest.Attempt:
		d, err := s.planned(ctx, run, b.Dispatch, r.At)
		if err != nil {
			return err
		}
		return s.count(ctx, run, d)
	case seedtest.Submission:
		return s.openBreakers(ctx, run, b, r.At)
	}
	return nil
}

func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	statement, err := s.prepared(ctx, query)
	if err == nil {
		_, err = statement.ExecContext(ctx, args...)
	}
	return err
}

// prepared is a statement of the writing connection, which is read once: to read it takes as long
// as to carry it out. The caller has the turn, and query is a constant.
func (s *Store) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement := s.statements[query]; statement != nil {
		return statement, nil
	}
	statement, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.statements[query] = statement
	return statement, nil
}

// AppendAttempt stores an attempt unless a dose limit or an open breaker holds it back; then it
// stores nothing and returns what holds it. Question and answer are one transaction, so two
// processes cannot both take the last place of a dose (rule 22). Seeds of ours have no limit.
func (s *Store) AppendAttempt(ctx context.Context, run seedtest.RunID, f seedtest.Fact,
	d seedtest.Dose) (*seedtest.Limit, error) {
	doing := "append an attempt of run " + run.Short()
	a, ok := f.Body.(seedtest.Attempt)
	if !ok || a.Dispatch != d.Dispatch {
		return nil, s.explain(doing, errors.New("the fact is no attempt of the dose's dispatch"))
	}
	records, err := encode([]seedtest.Fact{f})
	if err != nil {
		return nil, s.explain(doing, err)
	}
	var limit *seedtest.Limit
	err = s.write(ctx, doing, func(ctx context.Context) error {
		if err := s.checkMine(ctx, run); err != nil {
			return err
		}
		if limit, err = (question{s.conn, run, d}).held(ctx); limit != nil || err != nil {
			return err
		}
		if err := s.count(ctx, run, d); err != nil {
			return err
		}
		return s.insertOne(ctx, run, records[0])
	})
	if err != nil {
		return nil, err
	}
	return limit, nil
}

// noRun says that ref names no run, and why.
func (s *Store) noRun(ref, why string) error {
	return &Error{Path: s.path, Doing: "find run " + ref, Kind: ErrNoRun, Cause: errors.New(why),
		Hint: "`seedtest show` lists the runs"}
}

// fromNano turns a stored time into a Time.
func fromNano(ns int64) time.Time { return time.Unix(0, ns).UTC() }
