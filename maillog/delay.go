package maillog

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxDelay bounds what is believed of a delay: no queue keeps mail for a year.
const maxDelay = 365 * day

const day = 24 * time.Hour

// clockForm is Sendmail's: days+hours:minutes:seconds.
var clockForm = regexp.MustCompile(`^(?:(\d{1,3})\+)?(\d\d):(\d\d):(\d\d)$`)

// duration reads a delay: a number of seconds, or "1d2h3m4.5s", or Sendmail's form. It is 0 if it is
// none of these or beyond belief.
func duration(s string) time.Duration {
	if m := clockForm.FindStringSubmatch(s); m != nil {
		return believed(count(m[1])*day + count(m[2])*time.Hour + count(m[3])*time.Minute +
			count(m[4])*time.Second)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if !(f >= 0 && f <= maxDelay.Seconds()) {
			return 0
		}
		return time.Duration(f * float64(time.Second))
	}
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "", s
	}
	d, err := time.ParseDuration(rest)
	if err != nil && rest != "" || len(days) > 3 {
		return 0
	}
	return believed(count(days)*day + believed(d))
}

func count(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n)
}

func believed(d time.Duration) time.Duration {
	if d < 0 || d > maxDelay {
		return 0
	}
	return d
}
