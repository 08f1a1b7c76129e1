package analyze

import (
	"strings"
	"time"
)

// The years between which a date is believed (RFC 5322 section 3.3 begins with 1900). One beyond is
// the work of a broken program or of one that lies.
const (
	firstYear = 1900
	lastYear  = 2199
)

// readDate reads the date that a text begins with, and returns what follows it. It knows RFC 5322
// and what is found in its place: no weekday or a wrong one, years of two digits, asctime's order,
// names of zones, am and pm, ISO 8601, numbers with strokes. Where no zone stands, or one that
// nobody can know, UTC is assumed.
func readDate(s string) (at time.Time, rest string, ok bool) {
	at, rest, _, ok = readZonedDate(s)
	return at, rest, ok
}

// readZonedDate is readDate that says whether the zone is known.
func readZonedDate(s string) (at time.Time, rest string, zoned, ok bool) {
	if at, ok := ordinaryDate(s); ok {
		return at, "", true, true
	}
	return readAnyDate(s)
}

// readAnyDate is readZonedDate for dates of all shapes.
func readAnyDate(s string) (at time.Time, rest string, zoned, ok bool) {
	d := dateReader{s: s, day: -1, month: -1, year: -1, hour: -1}
	for d.pos < len(s) && d.part() {
	}
	rest = strings.TrimLeft(s[d.pos:], " \t")
	if d.day < 1 || d.month < 1 || d.month > 12 || d.hour < 0 || d.year < firstYear ||
		d.year > lastYear {
		return time.Time{}, rest, false, false
	}
	if d.day > 28 && d.day > daysIn(d.month, d.year) {
		return time.Time{}, rest, false, false
	}
	at = time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, d.nanos, time.UTC)
	return at.Add(-d.offset), rest, d.zoned, true
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

type dateReader struct {
	s                           string
	pos                         int
	day, month, year            int
	hour, minute, second, nanos int
	offset                      time.Duration
	zoned                       bool
}

// part reads the next part of the date, and reports false where it ends.
func (d *dateReader) part() bool {
	switch c := d.s[d.pos]; {
	case c == ' ' || c == '\t' || c == ',':
		d.pos++
		return true
	case c == '(':
		return d.comment()
	case isDigit(c):
		return d.number()
	case (c == '+' || c == '-') && d.hour >= 0 && !d.zoned:
		return d.offsetZone()
	case isLetter(c):
		return d.word()
	}
	return false
}

// comment passes over "(PDT)" and the like, which ends a date, and over any comment within one.
func (d *dateReader) comment() bool {
	if d.day < 0 {
		return false
	}
	end := strings.IndexByte(d.s[d.pos:min(d.pos+41, len(d.s))], ')')
	if end < 0 {
		return false
	}
	name := strings.TrimSpace(d.s[d.pos+1 : d.pos+end])
	if d.hour >= 0 && d.year >= 0 {
		if !isZoneName(name) {
			return false
		}
		if !d.zoned {
			d.zone(name)
		}
	}
	d.pos += end + 1
	return true
}

// isZoneName reports whether a comment after a date can only be about its zone.
func isZoneName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte(" +-:.,/_", c) < 0 && c < 0x80 {
			return false
		}
	}
	return !strings.HasPrefix(s, "envelope") && !strings.Contains(s, "sender")
}

func (d *dateReader) number() bool {
	n, width := d.digits()
	next := byte(0)
	if d.pos < len(d.s) {
		next = d.s[d.pos]
	}
	switch {
	case next == ':' && d.hour < 0:
		return d.clock(n)
	case (next == '-' || next == '/') && width == 4 && d.year < 0:
		return d.iso(n, next)
	case (next == '/' || next == '.' && d.digitAt(1)) && d.day < 0:
		return d.strokes(n, next)
	case d.day < 0 && width <= 2:
		d.day = n
		if next == '-' || next == '.' { // 24-Jun-2002, 24. Jun 2002
			d.pos++
		}
	case d.year < 0 && (width == 2 || width == 4):
		d.year = fullYear(n, width)
	case d.year < 0 && width == 3: // a year since 1900 (RFC 5322 section 4.3)
		d.year = 1900 + n
	default:
		d.pos -= width
		return false
	}
	return true
}

// digitAt reports whether there is a digit so many bytes ahead.
func (d *dateReader) digitAt(ahead int) bool {
	return d.pos+ahead < len(d.s) && isDigit(d.s[d.pos+ahead])
}

// digits reads a number. One that is too long to be any part of a date comes back as too large.
func (d *dateReader) digits() (n, width int) {
	for d.pos < len(d.s) && isDigit(d.s[d.pos]) {
		if n < 1e8 {
			n = n*10 + int(d.s[d.pos]-'0')
		}
		d.pos++
		width++
	}
	return n, width
}

func fullYear(n, width int) int {
	switch {
	case width > 2:
		return n
	case n < 50:
		return 2000 + n
	}
	return 1900 + n
}

// clock reads the rest of a time of day: ":10", ":10:59" or ":10:59.25".
func (d *dateReader) clock(hour int) bool {
	d.pos++
	minute, width := d.digits()
	if width == 0 || hour > 24 || minute > 59 {
		return false
	}
	d.hour, d.minute = hour, minute
	if d.pos < len(d.s) && (d.s[d.pos] == ':' || d.s[d.pos] == '.') {
		d.pos++
		if second, width := d.digits(); width > 0 {
			d.second = min(second, 60)
		}
		d.fraction()
	}
	return true
}

func (d *dateReader) fraction() {
	if d.pos >= len(d.s) || d.s[d.pos] != '.' && d.s[d.pos] != ',' || !d.digitAt(1) {
		return
	}
	d.pos++
	for scale := 100_000_000; d.pos < len(d.s) && isDigit(d.s[d.pos]); d.pos++ {
		d.nanos += int(d.s[d.pos]-'0') * scale
		scale /= 10
	}
}

// iso reads the rest of 2026-09-21, which a T may follow, or of 2026/09/21.
func (d *dateReader) iso(year int, separator byte) bool {
	d.pos++
	month, width := d.digits()
	if width == 0 || d.pos >= len(d.s) || d.s[d.pos] != separator {
		return false
	}
	d.pos++
	day, _ := d.digits()
	d.year, d.month, d.day = year, month, day
	if d.pos < len(d.s) && (d.s[d.pos] == 'T' || d.s[d.pos] == 't') {
		d.pos++
	}
	return true
}

// strokes reads the rest of 17/08/2002, 17.08.2002 or, where it can be nothing else, 08/17/2002.
func (d *dateReader) strokes(first int, separator byte) bool {
	d.pos++
	second, width := d.digits()
	if width == 0 || d.pos >= len(d.s) || d.s[d.pos] != separator {
		return false
	}
	d.pos++
	year, width := d.digits()
	if second > 12 {
		first, second = second, first
	}
	d.day, d.month, d.year = first, second, fullYear(year, width)
	return true
}

// offsetZone reads +0100, -500, +01:00 or +01.
func (d *dateReader) offsetZone() bool {
	sign := time.Duration(1)
	if d.s[d.pos] == '-' {
		sign = -1
	}
	d.pos++
	n, width := d.digits()
	if width == 0 || width > 4 {
		return false
	}
	hours, minutes := n/100, n%100
	if width <= 2 {
		hours, minutes = n, 0
		if d.pos+2 < len(d.s) && d.s[d.pos] == ':' && isDigit(d.s[d.pos+1]) {
			d.pos++
			minutes, _ = d.digits()
		}
	}
	d.offset = sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	d.zoned = true
	return true
}

func (d *dateReader) word() bool {
	begin := d.pos
	for d.pos < len(d.s) && (isLetter(d.s[d.pos]) || d.s[d.pos] == '.') {
		d.pos++
	}
	word := d.s[begin:d.pos]
	if m := monthOf(word); m > 0 && d.month < 0 {
		d.month = m
		if d.pos < len(d.s) && d.s[d.pos] == '-' {
			d.pos++
		}
		return true
	}
	if d.hour < 0 {
		return isWeekday(word) || d.back(begin)
	}
	if half := strings.ReplaceAll(word, ".", ""); len(half) == 2 && half[1]|0x20 == 'm' {
		switch half[0] | 0x20 {
		case 'a':
			d.hour %= 12
			return true
		case 'p':
			d.hour = d.hour%12 + 12
			return true
		}
	}
	return d.zoneName(begin)
}

// zoneName reads the name of a zone. Names that RFC 5322 does not define count as -0000 (section
// 4.3): most of them mean several places, and readers disagree.
func (d *dateReader) zoneName(begin int) bool {
	name := d.s[begin:d.pos]
	if d.zoned {
		return name == "UTC" && d.goClock() || d.back(begin)
	}
	d.zone(name)
	if d.offset == 0 && d.pos < len(d.s) && (d.s[d.pos] == '+' || d.s[d.pos] == '-') {
		d.zoned = false // GMT+02:00
		return true
	}
	return d.zoned || len(name) <= 5 && strings.ToUpper(name) == name || d.windowsZone(begin)
}

// goClock passes over what Go writes behind a time: "+0000 UTC m=+12.5".
func (d *dateReader) goClock() bool {
	const mark = " m="
	if strings.HasPrefix(d.s[d.pos:], mark) {
		d.pos += len(mark)
		for d.pos < len(d.s) && (isDigit(d.s[d.pos]) || strings.IndexByte("+-.", d.s[d.pos]) >= 0) {
			d.pos++
		}
	}
	return true
}

// windowsZone passes over "Pacific Standard Time" and the like.
func (d *dateReader) windowsZone(begin int) bool {
	const end = " Time"
	if i := strings.Index(d.s[begin:], end); i > 0 && i < 40 {
		d.pos = begin + i + len(end)
		return true
	}
	return d.back(begin)
}

func (d *dateReader) back(begin int) bool {
	d.pos = begin
	return false
}

// zones gives the hours east of UTC of the names that RFC 5322 section 4.3 defines, and of UTC.
var zones = [...]struct {
	name  string
	hours int
}{
	{"GMT", 0}, {"UTC", 0}, {"UT", 0}, {"Z", 0}, {"PDT", -7}, {"PST", -8}, {"EDT", -4}, {"EST", -5},
	{"CDT", -5}, {"CST", -6}, {"MDT", -6}, {"MST", -7},
}

// zone takes the offset of a zone's name, if it has one.
func (d *dateReader) zone(name string) {
	for _, z := range zones {
		if len(z.name) == len(name) && strings.EqualFold(z.name, name) {
			d.offset, d.zoned = time.Duration(z.hours)*time.Hour, true
		}
	}
}

// letters packs the first three letters of a word, in lower case.
func letters(word string) uint32 {
	if len(word) < 3 {
		return 0
	}
	return uint32(word[0]|0x20)<<16 | uint32(word[1]|0x20)<<8 | uint32(word[2]|0x20)
}

const weekdays = "montuewedthufrisatsun"

// monthOf returns 1 to 12, or -1 if a word does not begin like a month's name.
func monthOf(word string) int {
	switch letters(word) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return -1
}

// isWeekday knows the names of the days by their first two letters.
func isWeekday(word string) bool {
	for i := 0; len(word) > 1 && i < len(weekdays); i += 3 {
		if word[0]|0x20 == weekdays[i] && word[1]|0x20 == weekdays[i+1] {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
