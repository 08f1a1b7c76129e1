package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"seedtest"
)

// Career is how long back the messages to a seed are counted where its wear is asked for.
const Career = 365 * 24 * time.Hour

// RunsBySeed returns, for every seed that took part in one of the newest runs, in which of them it
// did, the newest first. At most newest runs are looked at, each once.
func (s *Store) RunsBySeed(ctx context.Context, newest int) (map[string][]seedtest.RunID, error) {
	by, err := s.runsBySeed(ctx, newest)
	return by, s.explain("find the runs of seeds", err)
}

// runsBySeed reads the names in the opening fact of each run, which is its first.
func (s *Store) runsBySeed(ctx context.Context, newest int) (map[string][]seedtest.RunID, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT name, (
			SELECT json_group_array(json_extract(value, '$.name')) FROM json_each((
				SELECT body FROM fact WHERE run = run.id ORDER BY seq LIMIT 1), '$.seeds'))
		FROM run ORDER BY started DESC, id DESC LIMIT ?`, newest)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	by := map[string][]seedtest.RunID{}
	for rows.Next() {
		var id seedtest.RunID
		var list []byte
		var names []string
		if err := rows.Scan(&id, &list); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(list, &names); err != nil {
			return nil, fmt.Errorf("seeds of run %s: %w", id.Short(), err)
		}
		for _, name := range names {
			by[name] = append(by[name], id)
		}
	}
	return by, rows.Err()
}

// Careers returns how many messages went to each seed within Career before a time, by address.
func (s *Store) Careers(ctx context.Context, at time.Time) ([]Count, error) {
	list, err := s.counts(ctx, seedCounts, at, Career)
	return list, s.explain("count what the seeds have had", err)
}
