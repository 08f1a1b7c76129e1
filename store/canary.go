package store

import (
	"context"
	"encoding/json"

	"seedtest"
)

// besides is how many of the newest runs are taken to work beside one.
const besides = 100

// Canaries returns the canaries that the newest runs but one have appended at a seed, as each was
// recorded last (rule 12).
func (s *Store) Canaries(ctx context.Context, but seedtest.RunID, seed string) ([]seedtest.Canary,
	error) {
	list, err := s.canaries(ctx, but, seed)
	return list, s.explain("find the canaries of seed "+seed, err)
}

func (s *Store) canaries(ctx context.Context, but seedtest.RunID, seed string) ([]seedtest.Canary,
	error) {
	rows, err := s.db.QueryContext(ctx, `SELECT body FROM fact
		WHERE run IN (SELECT id FROM run WHERE name <> ? ORDER BY started DESC, id DESC LIMIT ?)
		AND kind = ? AND json_extract(body, '$.seed') = ? ORDER BY seq`,
		string(but), besides, string(seedtest.KindCanary), seed)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []seedtest.Canary
	at := map[seedtest.Token]int{}
	for rows.Next() {
		var body []byte
		var c seedtest.Canary
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &c); err != nil {
			return nil, err
		}
		if i, known := at[c.Token]; known {
			list[i] = c
			continue
		}
		at[c.Token], list = len(list), append(list, c)
	}
	return list, rows.Err()
}
