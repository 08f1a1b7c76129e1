package inbox

import (
	"context"
	"strconv"
	"strings"

	"seedtest"
)

// Quota is how much of one resource of a mailbox's quota is used (RFC 9208).
type Quota struct {
	Root     string // as the server names it, often empty
	Resource string // "STORAGE", in units of 1024 octets, or "MESSAGE"
	Used     int64
	Limit    int64
}

// Share returns which part is used, 0 where there is no limit. It may be above 1.
func (q Quota) Share() float64 {
	if q.Limit <= 0 {
		return 0
	}
	return float64(q.Used) / float64(q.Limit)
}

// mostQuotas bounds what is kept of a server's QUOTA replies.
const mostQuotas = 16

// quotas asks for the quota of INBOX where the server has any. A server that refuses has none that
// it would tell.
func (s *session) quotas(ctx context.Context) ([]Quota, error) {
	if !s.has("QUOTA") {
		return nil, nil
	}
	answers, err := s.do(ctx, func() func() error {
		return dropFirst(s.client.GetQuotaRoot(inboxName).Wait)
	})
	if answers == nil {
		return nil, err
	}
	return answers[0].quotas, nil
}

// addQuota reads `"root" (STORAGE 10 512)`.
func (a *answer) addQuota(vs []value) {
	if len(vs) < 2 {
		return
	}
	items := vs[1].list
	for i := 0; i+2 < len(items) && len(a.quotas) < mostQuotas; i += 3 {
		used, err1 := strconv.ParseInt(items[i+1].String(), 10, 64)
		limit, err2 := strconv.ParseInt(items[i+2].String(), 10, 64)
		if err1 != nil || err2 != nil || used < 0 || limit < 0 {
			continue
		}
		a.quotas = append(a.quotas, Quota{Root: seedtest.OneLine(vs[0].String(), 100),
			Resource: strings.ToUpper(seedtest.OneLine(items[i].String(), 20)), Used: used, Limit: limit})
	}
}
