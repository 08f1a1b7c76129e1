package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// The dose limits where the configuration sets none, and the windows that they and the breakers
// look at (rule 22).
const (
	DefaultSeedDay      = 4  // messages to one seed in SeedWindow
	DefaultProviderHour = 10 // messages to the seeds of one provider in ProviderWindow

	SeedWindow     = 24 * time.Hour
	ProviderWindow = time.Hour
	BreakerOpen    = 24 * time.Hour
)

// The names of what holds a message back, as seedtest.Limit has them.
const (
	limitSeed     = "seed_day"
	limitProvider = "provider_hour"
	limitBreaker  = "breaker"
)

// querier is a connection or a pool of them.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// Held says what would hold the dose back at its time, or nil. Nothing is stored; only
// AppendAttempt decides.
func (s *Store) Held(ctx context.Context, run seedtest.RunID, d seedtest.Dose) (
	*seedtest.Limit, error) {
	limit, err := question{s.db, run, d}.held(ctx)
	return limit, s.explain("count the dose of run "+run.Short(), err)
}

// question is whether a dose may leave, asked of stored facts.
type question struct {
	querier
	run seedtest.RunID
	seedtest.Dose
}

// held looks at every limit of every recipient and returns the one that holds longest.
func (q question) held(ctx context.Context) (*seedtest.Limit, error) {
	var longest *seedtest.Limit
	for _, r := range q.Recipients {
		if r.Own {
			continue
		}
		for _, ask := range []func(context.Context, seedtest.Recipient) (*seedtest.Limit, error){
			q.bySeed, q.byProvider, q.byBreaker} {
			limit, err := ask(ctx, r)
			if err != nil {
				return nil, err
			}
			if limit != nil && (longest == nil || limit.Until.After(*longest.Until)) {
				longest = limit
			}
		}
	}
	return longest, nil
}

func (q question) bySeed(ctx context.Context, r seedtest.Recipient) (*seedtest.Limit, error) {
	times, err := q.others(ctx, `address = ?`, mailAddress(r), SeedWindow)
	most := orDefault(q.Limits.SeedDay, DefaultSeedDay)
	if err != nil || len(times) < most {
		return nil, err
	}
	return q.limit(limitSeed, times[most-1].Add(SeedWindow),
		fmt.Sprintf("%d of %d messages to %s in 24 h; next free", len(times), most, r.Seed)), nil
}

func (q question) byProvider(ctx context.Context, r seedtest.Recipient) (*seedtest.Limit, error) {
	name := ProviderName(r)
	times, err := q.others(ctx, `provider = ?`, name, ProviderWindow)
	most := orDefault(q.Limits.ProviderHour, DefaultProviderHour)
	if err != nil || len(times) < most {
		return nil, err
	}
	return q.limit(limitProvider, times[most-1].Add(ProviderWindow),
		fmt.Sprintf("%d of %d messages to %s in 1 h; next free", len(times), most, name)), nil
}

// others returns when other dispatches than this one were last attempted within the window before
// the dose's time, the newest first. Times after it count too: a clock that was set back frees
// nothing.
func (q question) others(ctx context.Context, who, name string, window time.Duration) (
	[]time.Time, error) {
	rows, err := q.QueryContext(ctx, `SELECT max(at) AS last FROM dose WHERE `+who+` AND at > ?
		AND NOT (run = ? AND dispatch = ?) GROUP BY run, dispatch ORDER BY last DESC`,
		name, q.At.Add(-window).UnixNano(), string(q.run), string(q.Dispatch))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var times []time.Time
	for rows.Next() {
		var ns int64
		if err := rows.Scan(&ns); err != nil {
			return nil, err
		}
		times = append(times, fromNano(ns))
	}
	return times, rows.Err()
}

func (q question) byBreaker(ctx context.Context, r seedtest.Recipient) (*seedtest.Limit, error) {
	var until int64
	var why string
	err := q.QueryRowContext(ctx, `SELECT until, why FROM breaker
		WHERE route = ? AND provider = ? AND until > ? ORDER BY until DESC LIMIT 1`,
		q.Route, ProviderName(r), q.At.UnixNano()).Scan(&until, &why)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return q.limit(limitBreaker, fromNano(until), fmt.Sprintf(
		"route %s rests at %s after a reply that means trouble (%s); next free",
		q.Route, ProviderName(r), why)), nil
}

// limit makes the fact that holds a dispatch back until a time.
func (q question) limit(name string, until time.Time, what string) *seedtest.Limit {
	return &seedtest.Limit{Dispatch: q.Dispatch, Limit: name, Until: &until,
		What: what + " " + minute(until, q.At)}
}

// minute says a time to the minute, rounded up, with the date unless it is the day of at.
func minute(t, at time.Time) string {
	t = t.UTC().Add(time.Minute - time.Nanosecond).Truncate(time.Minute)
	if t.Format(time.DateOnly) == at.UTC().Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// mailAddress is by what the messages to a seed are counted: two names of one account share a
// dose.
func mailAddress(r seedtest.Recipient) string { return strings.ToLower(r.Address) }

// ProviderName is by what the messages to a provider are counted. Where no preset names it, the
// domain does.
func ProviderName(r seedtest.Recipient) string {
	if r.Provider != "" && r.Provider != seedtest.GenericProvider {
		return r.Provider
	}
	address := mailAddress(r)
	return address[strings.LastIndexByte(address, '@')+1:]
}
