package maillog

import (
	"regexp"
	"strings"
	"time"
)

// head is a line without what syslog or journald put before it.
type head struct {
	when    time.Time
	program string // "postfix/smtp", "exim"; empty: the line begins with its server's own stamp
	pid     string
	text    string
}

// Stamps of syslog (RFC 3164 and RFC 5424), of journalctl's forms short, short-precise, short-iso,
// short-iso-precise, short-full and short-unix, and of servers that write their files themselves.
var (
	priority = regexp.MustCompile(`^<\d{1,3}>(1 )?`)
	isoStamp = regexp.MustCompile(`^(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)` +
		`([.,]\d{1,9})? ?(Z|[+-]\d\d:?\d\d|[A-Z]{3,4})?(?: |$)`)
	oldStamp  = regexp.MustCompile(`^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(\.\d{1,9})? `)
	unixStamp = regexp.MustCompile(`^(\d{9,11})\.\d{1,9} `)
	tagged    = regexp.MustCompile(`^(?:\S+ )?([A-Za-z][\w./-]*?)(?:\[(\d+)\])?: `)
	tagged5   = regexp.MustCompile(`^\S+ (\S+) (\S+) \S+ (?:-|(?:\[[^\]]*\])+) (?:\x{FEFF})?`)
)

// head takes the stamp, the host and the program off a line.
func (p *Parser) head(line string) head {
	rest, modern := line, false
	if m := priority.FindStringSubmatch(rest); m != nil {
		rest, modern = rest[len(m[0]):], m[1] != ""
	}
	var h head
	h.when, rest = p.stamp(rest)
	if m := tagged5.FindStringSubmatch(rest); modern && m != nil {
		h.program, h.pid, h.text = m[1], m[2], rest[len(m[0]):]
		return h
	}
	if m := tagged.FindStringSubmatch(rest); m != nil {
		h.program, h.pid, rest = m[1], m[2], rest[len(m[0]):]
	}
	h.text = rest
	return h
}

// stamp reads the time at which a line begins, and returns what follows it.
func (p *Parser) stamp(s string) (time.Time, string) {
	if m := isoStamp.FindStringSubmatch(s); m != nil {
		return p.isoTime(m), s[len(m[0]):]
	}
	if m := oldStamp.FindStringSubmatch(s); m != nil {
		return p.oldTime(m), s[len(m[0]):]
	}
	if m := unixStamp.FindStringSubmatch(s); m != nil {
		if d, err := time.ParseDuration(m[1] + "s"); err == nil {
			return time.Unix(int64(d/time.Second), 0).UTC(), s[len(m[0]):]
		}
	}
	return time.Time{}, s
}

func (p *Parser) isoTime(m []string) time.Time {
	zone, text := p.zone, m[1]+" "+m[2]+strings.Replace(m[3], ",", ".", 1)
	layout := "2006-01-02 15:04:05"
	switch z := m[4]; {
	case z == "Z" || z == "UTC" || z == "GMT":
		zone = time.UTC
	case strings.HasPrefix(z, "+") || strings.HasPrefix(z, "-"):
		layout, text = layout+"-0700", text+strings.Replace(z, ":", "", 1)
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// oldTime reads a stamp that has no year: the one that makes it the latest time that is not to come.
func (p *Parser) oldTime(m []string) time.Time {
	year := m[3]
	now := p.now().In(p.zone)
	if year == "" {
		year = now.Format("2006")
	}
	read := func(year string) time.Time {
		t, err := time.ParseInLocation("2006 Jan 2 15:04:05",
			year+" "+m[1]+" "+m[2]+" "+m[4]+m[5], p.zone)
		if err != nil {
			return time.Time{}
		}
		return t.UTC()
	}
	t := read(year)
	if m[3] == "" && t.After(now.Add(24*time.Hour)) || t.IsZero() {
		t = read(now.AddDate(-1, 0, 0).Format("2006"))
	}
	return t
}
