package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// Facts returns the facts of a run in the order in which they were stored. Sightings come without
// header bytes; Header has them. A run that does not exist is ErrNoRun. A fact that this version
// cannot read is an error, because the rest would be judged in ignorance of it.
func (s *Store) Facts(ctx context.Context, run seedtest.RunID) ([]seedtest.Fact, error) {
	facts, err := s.facts(ctx, run)
	if err == nil && len(facts) == 0 {
		err = s.noRun(string(run), "it has no facts")
	}
	return facts, s.explain("read run "+run.Short(), err)
}

func (s *Store) facts(ctx context.Context, run seedtest.RunID) ([]seedtest.Fact, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT fact.seq, fact.kind, fact.at, fact.body
		FROM run JOIN fact ON fact.run = run.id WHERE run.name = ? ORDER BY fact.seq`, string(run))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var facts []seedtest.Fact
	for rows.Next() {
		var seq, ns int64
		var kind string
		var body sql.RawBytes
		if err := rows.Scan(&seq, &kind, &ns, &body); err != nil {
			return nil, err
		}
		f, err := seedtest.DecodeFact(seedtest.FactKind(kind), fromNano(ns), body)
		if err != nil {
			return nil, &Error{Path: s.path, Doing: fmt.Sprintf("read fact %d", seq), Cause: err,
				Kind: ErrCorrupt, Hint: "if a newer seedtest wrote to this store, use it"}
		}
		facts = append(facts, f)
	}
	return facts, rows.Err()
}

// Header returns the header bytes that were stored under a SHA-256 in lower-case hexadecimal. An
// unknown sum is an error, and so are bytes that no longer match it (ErrCorrupt).
func (s *Store) Header(ctx context.Context, sum string) ([]byte, error) {
	var data []byte
	err := s.db.QueryRowContext(ctx, `SELECT bytes FROM header WHERE sum = ?`, sum).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		err = errors.New("no header has this sum")
	}
	if has := sha256.Sum256(data); err == nil && hex.EncodeToString(has[:]) != sum {
		err = &Error{Path: s.path, Doing: "read header " + sum, Kind: ErrCorrupt,
			Cause: errors.New("its bytes have another sum"), Hint: "restore a backup of the store"}
	}
	return data, s.explain("read header "+sum, err)
}

// Row is one run in the list of runs.
type Row struct {
	Run     seedtest.RunID
	Suite   string
	Started time.Time             // of its first fact
	Last    time.Time             // of its last fact
	Closed  *seedtest.CloseReason // nil: a process works it, or was broken off
}

// Runs returns every run, the newest first.
func (s *Store) Runs(ctx context.Context) ([]Row, error) {
	list, err := s.runs(ctx)
	return list, s.explain("list runs", err)
}

func (s *Store) runs(ctx context.Context) ([]Row, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, suite, started,
		(SELECT at FROM fact WHERE run = run.id ORDER BY seq DESC LIMIT 1),
		(SELECT CASE kind WHEN 'closed' THEN json_extract(body, '$.reason') END FROM fact
			WHERE run = run.id AND kind IN ('closed', 'resumed') ORDER BY seq DESC LIMIT 1)
		FROM run ORDER BY started DESC, id DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Row
	for rows.Next() {
		var r Row
		var started, last int64
		var closed sql.Null[string]
		if err := rows.Scan(&r.Run, &r.Suite, &started, &last, &closed); err != nil {
			return nil, err
		}
		r.Started, r.Last = fromNano(started), fromNano(last)
		if closed.Valid {
			reason := seedtest.CloseReason(closed.V)
			r.Closed = &reason
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Find returns the run that a person means: "last" for the newest, a whole id, or any beginning or
// end of one that no other run shares, in capitals or not. What names none or several is ErrNoRun
// and says which there are.
func (s *Store) Find(ctx context.Context, ref string) (seedtest.RunID, error) {
	list, err := s.Runs(ctx)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", &Error{Path: s.path, Doing: "find run " + ref, Kind: ErrNoRun,
			Cause: errors.New("the store has no runs yet"), Hint: "begin one with `seedtest run`"}
	}
	ref = strings.ToLower(strings.TrimSpace(ref))
	if ref == "last" {
		return list[0].Run, nil
	}
	var found []Row
	for _, r := range list {
		id := string(r.Run)
		if id == ref {
			return r.Run, nil
		}
		if ref != "" && (strings.HasSuffix(id, ref) || strings.HasPrefix(id, ref)) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return "", s.noRun(ref, "there are "+names(list))
	case 1:
		return found[0].Run, nil
	}
	return "", s.noRun(ref, "it could mean "+names(found))
}

// names lists at most five runs by their short names and times.
func names(list []Row) string {
	var words []string
	for i, r := range list {
		if i == 5 {
			words = append(words, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		words = append(words, fmt.Sprintf("%s (%s, %s)", r.Run.Short(), r.Suite,
			r.Started.Format("2006-01-02 15:04 UTC")))
	}
	return strings.Join(words, ", ")
}
