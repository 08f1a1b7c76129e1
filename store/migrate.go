package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID is what the header of every store says of itself: "sdts".
const applicationID = 0x73647473

// migrations returns the steps from an empty file to this version; step i leads to version i+1.
func migrations() []string {
	var steps []string
	for {
		name := fmt.Sprintf("migrations/%d.sql", len(steps)+1)
		data, err := migrationFiles.ReadFile(name)
		if err != nil {
			return steps
		}
		steps = append(steps, string(data))
	}
}

// migrate brings the store to the version that steps lead to. Each step is one transaction, so
// that a crash leaves a whole version behind, and two processes do not take the same step.
func migrate(ctx context.Context, conn *sql.Conn, path string, steps []string) error {
	version, err := versionOf(ctx, conn, path)
	if err != nil {
		return err
	}
	if version <= len(steps) {
		if err := useWAL(ctx, conn); err != nil {
			return err
		}
	}
	for version < len(steps) {
		next, err := step(ctx, conn, path, steps)
		if err != nil {
			return fmt.Errorf("bring it from version %d to %d: %w", version, version+1, err)
		}
		version = next
	}
	if version > len(steps) {
		return &Error{Path: path, Doing: "open", Kind: ErrNewer,
			Cause: fmt.Errorf("its version is %d, this program knows %d", version, len(steps)),
			Hint:  "use the newer seedtest, or another path under [store]; nothing was changed"}
	}
	return nil
}

// useWAL sets the journal mode, and waits a few seconds at most for another process that sets it in
// the same moment: SQLite's own wait does not cover this.
func useWAL(ctx context.Context, conn *sql.Conn) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := setWAL(ctx, conn)
		var lite *sqlite.Error
		busy := errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
		if !busy || wait > 2*time.Second {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// setWAL sets the journal mode. The file keeps it, but a store that was restored with VACUUM INTO
// has lost it. Where SQLite cannot set it, it tells the old mode and gives no error.
func setWAL(ctx context.Context, conn *sql.Conn) error {
	var mode string
	err := conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
	if err == nil && mode != "wal" {
		err = errors.New("its file system does not let SQLite keep a write-ahead log")
	}
	return err
}

// step takes the next step and returns the version that it leads to.
func step(ctx context.Context, conn *sql.Conn, path string, steps []string) (int, error) {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	version, err := versionOf(ctx, conn, path)
	if err == nil && version < len(steps) {
		_, err = conn.ExecContext(ctx, steps[version]+
			fmt.Sprintf("\nPRAGMA user_version = %d;", version+1))
		version++
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return version, err
	}
	return version, nil
}

// versionOf returns the version of the store, 0 for an empty file, and ErrForeign for a database
// of another program.
func versionOf(ctx context.Context, conn *sql.Conn, path string) (int, error) {
	var version, id, tables int
	err := conn.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&version, &id, &tables)
	if err != nil {
		return 0, err
	}
	if id != applicationID && (id != 0 || version != 0 || tables != 0) {
		return 0, &Error{Path: path, Doing: "open", Kind: ErrForeign,
			Hint: "choose another path under [store]; nothing was changed"}
	}
	return version, nil
}
