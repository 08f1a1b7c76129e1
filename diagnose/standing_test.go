package diagnose

import (
	"testing"
	"time"

	"seedtest"
)

func TestStanding(t *testing.T) {
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	yes, no := true, false
	type account = seedtest.Account
	signedIn := func(days int) seedtest.Seed {
		return seedtest.Seed{LastSignIn: now.AddDate(0, 0,
			-days)}
	}
	lately := now.AddDate(0, 0, -1)
	for name, c := range map[string]struct {
		account account
		tenure  Tenure
		want    seedtest.Condition
	}{
		"nothing known":    {account{InactiveDays: 365}, Tenure{}, ""},
		"signed in lately": {account{InactiveDays: 365}, Tenure{Seed: signedIn(300)}, ""},
		"due soon": {account{InactiveDays: 365}, Tenure{Seed: signedIn(340)},
			seedtest.SeedDormant},
		"overdue": {account{InactiveDays: 365}, Tenure{Seed: signedIn(900)},
			seedtest.SeedDormant},
		"IMAP counts": {account{InactiveDays: 365, IMAPCounts: &yes}, Tenure{LastUse: lately,
			Seed: signedIn(900)}, ""},
		"IMAP does not count": {account{InactiveDays: 365, IMAPCounts: &no}, Tenure{LastUse: lately,
			Seed: signedIn(900)}, seedtest.SeedDormant},
		"it is not known": {account{InactiveDays: 365}, Tenure{LastUse: lately,
			Seed: signedIn(900)}, seedtest.SeedDormant},
		"no rule is known": {account{}, Tenure{Seed: signedIn(9000)}, ""},
		"much used":        {account{}, Tenure{Sent: wornAt}, seedtest.SeedWorn},
		"worse than its sister": {account{}, Tenure{Drifts: []seedtest.Drift{{Sister: "b", Pairs: 20,
			Worse: 6}}}, seedtest.SeedWorn},
		"worse than one of two": {account{}, Tenure{Drifts: []seedtest.Drift{{Sister: "b", Pairs: 20,
			Worse: 6}, {Sister: "c", Pairs: 20}}}, ""},
		"ours, and much used": {account{}, Tenure{Sent: wornAt, Seed: seedtest.Seed{Own: true}}, ""},
	} {
		c.tenure.Seed.Name, c.tenure.Seed.Provider.Account = "s", c.account
		l := Standing(c.tenure, now)
		h := seedtest.Health{State: seedtest.SeedOK}.With(l)
		if c.want == "" {
			c.want = seedtest.SeedOK
		}
		if h.State != c.want || h.Sick || (len(h.Advice) > 0) != (h.State != seedtest.SeedOK) {
			t.Errorf("%s: %+v, want %s with advice", name, h, c.want)
		}
	}
}
