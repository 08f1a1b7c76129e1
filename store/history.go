package store

import (
	"context"
	"time"

	"seedtest"
)

// Career is how long back the messages to a seed are counted where its wear is asked for.
const Career = 365 * 24 * time.Hour

// RunsAt returns the newest runs in which a seed of that name took part, the newest first, and at
// most most of them.
func (s *Store) RunsAt(ctx context.Context, seed string, most int) ([]seedtest.RunID, error) {
	list, err := s.runsAt(ctx, seed, most)
	return list, s.explain("find the runs of seed "+seed, err)
}

// runsAt looks at the opening fact of each run, which is its first.
func (s *Store) runsAt(ctx context.Context, seed string, most int) ([]seedtest.RunID, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name FROM run WHERE EXISTS (
			SELECT 1 FROM json_each((SELECT body FROM fact WHERE run = run.id ORDER BY seq LIMIT 1),
				'$.seeds') WHERE json_extract(value, '$.name') = ?)
		ORDER BY started DESC, id DESC LIMIT ?`, seed, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []seedtest.RunID
	for rows.Next() {
		var id seedtest.RunID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// Careers returns how many messages went to each seed within Career before a time, by address.
func (s *Store) Careers(ctx context.Context, at time.Time) ([]Count, error) {
	list, err := s.counts(ctx, seedCounts, at, Career)
	return list, s.explain("count what the seeds have had", err)
}
