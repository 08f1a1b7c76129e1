package analyze

import (
	"strings"
	"time"
)

// longestDate is how long an ordinary date is at most.
const longestDate = len("Mon, 21 Sep 2026 03:00:08 -0700 (PDTDT)")

// ordinaryDate reads a text that is a date in the shape of nearly all, and nothing else: "Mon, 21
// Sep 2026 03:00:08 -0700", behind which "(PDT)" may stand, or without a weekday, or with GMT for a
// zone. What differs in anything is left to the reader of all dates, which gives the same time for
// these and takes longer.
func ordinaryDate(s string) (at time.Time, ok bool) {
	s = strings.TrimPrefix(s, " ")
	if len(s) > 5 && s[3] == ',' && s[4] == ' ' && isWeekday(s) && isLetter(s[2]) {
		s = s[5:]
	}
	const shortest = "1 Sep 2026 03:00:08 GMT"
	if len(s) < len(shortest) {
		return time.Time{}, false
	}
	day := twoDigits(s)
	if s[1] == ' ' && isDigit(s[0]) {
		day, s = int(s[0]-'0'), s[1:]
	} else {
		s = s[2:]
	}
	if s[0] != ' ' || s[4] != ' ' || s[9] != ' ' || s[12] != ':' || s[15] != ':' || s[18] != ' ' {
		return time.Time{}, false
	}
	month, year := monthOf(s[1:4]), 100*twoDigits(s[5:])+twoDigits(s[7:])
	hour, minute, second := twoDigits(s[10:]), twoDigits(s[13:]), twoDigits(s[16:])
	east, ok := ordinaryZone(s[19:])
	if !ok || month < 1 || year < firstYear || year > lastYear || day < 1 ||
		day > daysIn(month, year) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	seconds := 86_400*daysSince1970(year, month, day) + 60*(60*hour+minute-east) + second
	return time.Unix(int64(seconds), 0).UTC(), true
}

// ordinaryZone reads "-0700", "-0700 (PDT)" or "GMT", in minutes east.
func ordinaryZone(s string) (east int, ok bool) {
	if s == "GMT" {
		return 0, true
	}
	if len(s) < 5 || s[0] != '+' && s[0] != '-' || !isZoneAside(s[5:]) {
		return 0, false
	}
	hours, minutes := twoDigits(s[1:]), twoDigits(s[3:])
	if east = 60*hours + minutes; s[0] == '-' {
		east = -east
	}
	return east, hours <= 99 && minutes <= 99
}

// daysSince1970 counts the days to a date. Years are taken to begin with March, so that the day
// that comes and goes is the last one.
func daysSince1970(year, month, day int) int {
	if month -= 3; month < 0 {
		month, year = month+12, year-1
	}
	const to1970 = 719_468 // from the March of year 0
	return 365*year + year/4 - year/100 + year/400 + (153*month+2)/5 + day - 1 - to1970
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

// twoDigits reads the two digits with which a text begins. Where others stand it returns so much
// that nobody takes it for a number of two digits, or for a year.
func twoDigits(s string) int {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 9 || ones > 9 {
		return 10_000
	}
	return 10*int(tens) + int(ones)
}
