package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"seedtest"
)

// count enters an attempt under everybody it reaches, seeds of ours excepted.
func (s *Store) count(ctx context.Context, run seedtest.RunID, d seedtest.Dose) error {
	for _, r := range d.Recipients {
		if r.Own {
			continue
		}
		err := s.exec(ctx, `INSERT INTO dose (run, dispatch, address, seed, provider, at)
			VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, dispatch, address) DO UPDATE SET at = max(at, excluded.at)`,
			string(run), string(d.Dispatch), mailAddress(r), r.Seed, ProviderName(r),
			d.At.UnixNano())
		if err != nil {
			return err
		}
	}
	return nil
}

// openBreakers keeps the submission's route from the providers of its dispatch, if its reply says
// so (rule 22).
func (s *Store) openBreakers(ctx context.Context, run seedtest.RunID, b seedtest.Submission,
	at time.Time) error {
	if b.Breaker == "" {
		return nil
	}
	d, err := s.planned(ctx, run, b.Dispatch, at)
	if err != nil {
		return err
	}
	opened := map[string]bool{}
	for _, r := range d.Recipients {
		if r.Own || opened[ProviderName(r)] {
			continue
		}
		opened[ProviderName(r)] = true
		err := s.exec(ctx, `INSERT INTO breaker (route, provider, until, why) VALUES (?, ?, ?, ?)`,
			d.Route, ProviderName(r), at.Add(BreakerOpen).UnixNano(), b.Breaker)
		if err != nil {
			return err
		}
	}
	return nil
}

// planned reads from the facts of a run which route a dispatch takes and whom it reaches.
func (s *Store) planned(ctx context.Context, run seedtest.RunID, id seedtest.DispatchID,
	at time.Time) (seedtest.Dose, error) {
	d := seedtest.Dose{At: at, Dispatch: id}
	var openedBody, plannedBody sql.Null[string]
	err := s.conn.QueryRowContext(ctx, `SELECT
		(SELECT body FROM fact WHERE run = id AND kind = 'opened' ORDER BY seq LIMIT 1),
		(SELECT body FROM fact WHERE run = id AND kind = 'planned'
			AND json_extract(body, '$.dispatch') = ? ORDER BY seq LIMIT 1)
		FROM run WHERE name = ?`, string(id), string(run)).
		Scan(&openedBody, &plannedBody)
	if errors.Is(err, sql.ErrNoRows) {
		return d, s.noRun(string(run), "its opening fact was never stored")
	}
	if err != nil || !openedBody.Valid || !plannedBody.Valid {
		return d, errors.Join(err, fmt.Errorf("dispatch %s was never planned", id))
	}
	var o seedtest.Opened
	var p seedtest.Planned
	if err := errors.Join(json.Unmarshal([]byte(openedBody.V), &o),
		json.Unmarshal([]byte(plannedBody.V), &p)); err != nil {
		return d, fmt.Errorf("read the plan of dispatch %s: %w", id, err)
	}
	d.Route, d.Recipients = p.Route, recipients(o, p)
	return d, nil
}

func recipients(o seedtest.Opened, p seedtest.Planned) []seedtest.Recipient {
	var list []seedtest.Recipient
	for _, probe := range p.Probes {
		for _, s := range o.Seeds {
			if s.Name == probe.Seed {
				list = append(list, seedtest.Recipient{Seed: s.Name, Address: s.Address,
					Provider: s.Provider.ID, Own: s.Own})
			}
		}
	}
	return list
}

// Usage is what the dose limits have counted at a moment (rule 22).
type Usage struct {
	Seeds     []Count   // in SeedWindow, by address
	Providers []Count   // in ProviderWindow
	Breakers  []Breaker // that are open
}

// Count is how many messages went to one seed or provider.
type Count struct {
	Name     string // of the seed, as it was called last, or of the provider
	Address  string // of the seed, in lower case
	Messages int
	Free     time.Time // when the oldest of them is no longer counted
}

// Breaker keeps a route from a provider after a reply that means trouble (rule 22).
type Breaker struct {
	Route    string
	Provider string
	Why      string
	Until    time.Time
}

// seedCounts counts by address what went to seeds after a time.
const seedCounts = `SELECT (SELECT seed FROM dose WHERE address = d.address
		ORDER BY at DESC LIMIT 1) AS name, address, count(*), min(at)
	FROM dose AS d WHERE at > ? GROUP BY address ORDER BY name, address`

// Doses returns what the limits have counted at a time, ordered by name.
func (s *Store) Doses(ctx context.Context, at time.Time) (Usage, error) {
	var u Usage
	var err, err2, err3 error
	u.Seeds, err = s.counts(ctx, seedCounts, at, SeedWindow)
	u.Providers, err2 = s.counts(ctx, `SELECT provider, '', count(*), min(last) FROM (
		SELECT provider, max(at) AS last FROM dose WHERE at > ? GROUP BY provider, run, dispatch)
		GROUP BY provider ORDER BY provider`, at, ProviderWindow)
	u.Breakers, err3 = s.breakers(ctx, at)
	return u, s.explain("count doses", errors.Join(err, err2, err3))
}

func (s *Store) counts(ctx context.Context, query string, at time.Time, window time.Duration) (
	[]Count, error) {
	rows, err := s.db.QueryContext(ctx, query, at.Add(-window).UnixNano())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Count
	for rows.Next() {
		var c Count
		var oldest int64
		if err := rows.Scan(&c.Name, &c.Address, &c.Messages, &oldest); err != nil {
			return nil, err
		}
		c.Free = fromNano(oldest).Add(window)
		list = append(list, c)
	}
	return list, rows.Err()
}

func (s *Store) breakers(ctx context.Context, at time.Time) ([]Breaker, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT route, provider, why, max(until) FROM breaker
		WHERE until > ? GROUP BY route, provider ORDER BY route, provider`, at.UnixNano())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Breaker
	for rows.Next() {
		var b Breaker
		var until int64
		if err := rows.Scan(&b.Route, &b.Provider, &b.Why, &until); err != nil {
			return nil, err
		}
		b.Until = fromNano(until)
		list = append(list, b)
	}
	return list, rows.Err()
}
