package store

import (
	"context"
	"database/sql"
	"errors"
)

// Note puts what change makes of the bytes that are kept under a name, nil if there are none, in
// their place. It is one transaction: other processes and callers come before or after it. change
// may be called more than once, and must not take long: all who write wait for it.
func (s *Store) Note(ctx context.Context, name string, change func([]byte) []byte) error {
	return s.write(ctx, "note "+name, func(ctx context.Context) error {
		var old []byte
		err := s.conn.QueryRowContext(ctx, "SELECT body FROM note WHERE name = ?", name).Scan(&old)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return s.exec(ctx, `INSERT INTO note (name, body) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET body = excluded.body`, name, change(old))
	})
}
