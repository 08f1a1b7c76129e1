package diagnose

import (
	"testing"
	"time"

	"seedtest"
)

func TestStanding(t *testing.T) {
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	for name, c := range map[string]struct {
		tenure Tenure
		want   seedtest.Condition
	}{
		"nothing known":             {Tenure{InactiveDays: 365}, ""},
		"signed in lately":          {Tenure{InactiveDays: 365, Seed: seedtest.Seed{LastSignIn: ago(300)}}, ""},
		"due soon":                  {Tenure{InactiveDays: 365, Seed: seedtest.Seed{LastSignIn: ago(340)}}, seedtest.SeedDormant},
		"overdue":                   {Tenure{InactiveDays: 365, Seed: seedtest.Seed{LastSignIn: ago(900)}}, seedtest.SeedDormant},
		"IMAP counts":               {Tenure{InactiveDays: 365, IMAPCounts: true, LastUse: ago(1), Seed: seedtest.Seed{LastSignIn: ago(900)}}, ""},
		"IMAP does not count":       {Tenure{InactiveDays: 365, LastUse: ago(1), Seed: seedtest.Seed{LastSignIn: ago(900)}}, seedtest.SeedDormant},
		"no rule is known":          {Tenure{Seed: seedtest.Seed{LastSignIn: ago(9000)}}, ""},
		"much used":                 {Tenure{Sent: wornAt}, seedtest.SeedWorn},
		"a server of ours, as much": {Tenure{Sent: wornAt, Seed: seedtest.Seed{Own: true}}, ""},
	} {
		c.tenure.Seed.Name = "s"
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
