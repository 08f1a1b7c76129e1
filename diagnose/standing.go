package diagnose

import (
	"fmt"
	"time"

	"seedtest"
)

// Tenure is what is known of a seed beside what its runs showed.
type Tenure struct {
	Seed    seedtest.Seed
	LastUse time.Time        // that we read it by IMAP; zero: never
	Sent    int              // probes in the last year
	Drifts  []seedtest.Drift // from its sisters at the same provider
}

// dormantEarly is how long before the day the owner is told.
const dormantEarly = 30

// wornAt is from how many probes in a year on a seed of others counts as worn: half of what the
// dose limit allows. It is a rule of thumb; a fresh account beside it tells for certain.
const wornAt = 750

// Active returns when the account was last used as its provider counts it; zero: nobody knows.
func (t Tenure) Active() time.Time {
	counts := t.Seed.Provider.Account.IMAPCounts
	if counts != nil && *counts && t.LastUse.After(t.Seed.LastSignIn) {
		return t.LastUse
	}
	return t.Seed.LastSignIn
}

// Standing says what age and use tell of a seed: whether its provider may soon close it, and
// whether it has had so many probes that they shape its filter.
func Standing(t Tenure, now time.Time) seedtest.SeedLook {
	l := seedtest.SeedLook{At: now}
	if t.Seed.Own {
		return l
	}
	limit := t.Seed.Provider.Account.InactiveDays
	if last := t.Active(); limit > 0 && !last.IsZero() {
		days := int(now.Sub(last).Hours() / 24)
		if days >= limit-dormantEarly {
			l.Signs = append(l.Signs, seedtest.Sign{State: seedtest.SeedDormant,
				Evidence: fmt.Sprintf("last used on %s, %d days ago; after %d days %s may close the account",
					last.UTC().Format(time.DateOnly), days, limit, t.Seed.Provider.Name),
				Advice: Advice(t.Seed, seedtest.SeedDormant)})
		}
	}
	for _, why := range t.wear() {
		l.Signs = append(l.Signs, seedtest.Sign{State: seedtest.SeedWorn, Evidence: why,
			Advice: Advice(t.Seed, seedtest.SeedWorn)})
	}
	return l
}

// wear says what shows that a seed is worn: its dose, and mail that fares worse than at every
// sister.
func (t Tenure) wear() []string {
	var why []string
	if t.Sent >= wornAt {
		why = append(why, fmt.Sprintf("%d probes in a year, and nobody opens them", t.Sent))
	}
	for _, d := range t.Drifts {
		if !d.Certain() {
			return why
		}
	}
	for _, d := range t.Drifts {
		why = append(why, fmt.Sprintf("mail that arrives at %s does not arrive here: %d of %d pairs, "+
			"never the other way", d.Sister, d.Worse, d.Pairs))
	}
	return why
}
