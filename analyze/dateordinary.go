package analyze

import (
	"strings"
	"time"
)

// ordinaryDate reads a text that is a date in the shape of nearly all, and nothing else: "Mon, 21
// Sep 2026 03:00:08 -0700", behind which "(PDT)" may stand. What differs in anything is left to the
// reader of all dates, which gives the same time for these and takes longer.
func ordinaryDate(s string) (at time.Time, ok bool) {
	s = strings.TrimPrefix(s, " ")
	day, weekday := 0, s[:min(3, len(s))]
	switch {
	case hasShape(s, "aaa, 00 "):
		day, s = twoDigits(s[5:]), s[len("Mon, 21 "):]
	case hasShape(s, "aaa, 0 "):
		day, s = int(s[5]-'0'), s[len("Mon, 1 "):]
	}
	if day == 0 || !isWeekday(weekday) || !hasShape(s, "aaa 0000 00:00:00 +0000") ||
		!isZoneAside(s[23:]) {
		return time.Time{}, false
	}
	month, year := monthOf(s[:3]), 100*twoDigits(s[4:])+twoDigits(s[6:])
	hour, minute, second := twoDigits(s[9:]), twoDigits(s[12:]), twoDigits(s[15:])
	if month < 1 || day > daysIn(month, year) || year < firstYear || year > lastYear || hour > 23 ||
		minute > 59 || second > 59 {
		return time.Time{}, false
	}
	east := 60*twoDigits(s[19:]) + twoDigits(s[21:])
	if s[18] == '-' {
		east = -east
	}
	return time.Date(year, time.Month(month), day, hour, minute-east, second, 0, time.UTC), true
}

// hasShape reports whether a text begins in a shape, in which a stands for a letter, 0 for a digit
// and + for a sign.
func hasShape(s, shape string) bool {
	if len(s) < len(shape) {
		return false
	}
	for i := range len(shape) {
		c, fits := s[i], false
		switch shape[i] {
		case '0':
			fits = isDigit(c)
		case 'a':
			fits = isLetter(c)
		case '+':
			fits = c == '+' || c == '-'
		default:
			fits = c == shape[i]
		}
		if !fits {
			return false
		}
	}
	return true
}

// isZoneAside reports whether a text is nothing, or the name of a zone in parentheses.
func isZoneAside(s string) bool {
	if s == "" {
		return true
	}
	if len(s) < 5 || len(s) > 8 || s[:2] != " (" || s[len(s)-1] != ')' {
		return false
	}
	for i := 2; i < len(s)-1; i++ {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// twoDigits reads two digits that are known to stand there.
func twoDigits(s string) int { return 10*int(s[0]-'0') + int(s[1]-'0') }
