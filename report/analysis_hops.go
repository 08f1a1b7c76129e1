package report

import (
	"slices"
	"time"

	"seedtest"
)

// hopsReading is the way a message took.
type hopsReading struct {
	Title  string
	Legend string // what a star beside a hop means, for those who write one
	Rows   []hopReading
}

// hopReading is one hop.
type hopReading struct {
	Number   int
	Trusted  bool
	Boundary string // where the provider's hops begin, and end: whose the servers are from here on
	Date     string // of the day, where it is another than the hop before
	Time     string
	Delay    string
	Share    float64  // of the slowest hop's delay, 0 to 1
	Span     *stretch // where the delay lies on the whole way, nil if that is not known
	Remark   string
	hopWords
	Problems []string
	Raw      string
}

// stretch is a part of the whole way, each end from 0 to 1.
type stretch struct {
	From, To float64
	Text     string
	Slowest  bool
	Skewed   bool
}

// way puts the hops into words, oldest first.
func (n names) way(a seedtest.Analysis) hopsReading {
	hops := a.Hops
	if len(hops) == 0 {
		return hopsReading{Title: "no Received field"}
	}
	day := firstDay(hops)
	r := hopsReading{Title: joined(", ", day, plural(len(hops), "hop", "hops"), "oldest first") +
		wholeWay(hops), Legend: legend(hops)}
	slowest := slowestHop(hops)
	first, last := bounds(hops)
	told := ""
	from, to := leftOut(len(hops))
	for i, h := range hops {
		if i >= from && i < to {
			continue
		}
		row := n.hop(h)
		row.Number = i + 1
		row.Span = spanOf(h, first, last)
		row.weigh(hops, i, slowest)
		if !h.Time.IsZero() && dayOf(h.Time) != day {
			day = dayOf(h.Time)
			row.Date = day
		}
		if i > 0 && h.Trusted != hops[i-1].Trusted {
			row.Boundary = n.say("from here on by " + serversOf(a, h))
		}
		if i == to && from < to {
			row.Boundary = joined("; ", plural(to-from, "hop is", "hops are")+
				" left out here, --format json has them all", row.Boundary)
		}
		row.Origin = a.Origin != nil && a.Origin.IP.IsValid() && a.Origin.Hop == i
		if row.For == told {
			row.For = "" // once is enough
		} else if row.For != "" {
			told = row.For
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// The hops that people are shown: servers refuse mail that has passed a hundred (RFC 5321 section
// 6.3), and a header with more was made to be tiresome.
const (
	oldestShown = 20
	newestShown = 180
)

// leftOut says from which hop on, and up to which, hops are not shown.
func leftOut(hops int) (from, to int) {
	if hops <= oldestShown+newestShown {
		return hops, hops
	}
	return oldestShown, hops - newestShown
}

// weigh holds the delay of a hop against the longest.
func (row *hopReading) weigh(hops []seedtest.Hop, i, slowest int) {
	delay := hops[i].Delay
	if slowest < 0 || delay == nil || *delay <= 0 {
		return
	}
	row.Share = float64(*delay) / float64(*hops[slowest].Delay)
	if i != slowest || !outstanding(hops, i) {
		return
	}
	row.Remark = "slowest"
	if row.Span != nil {
		row.Span.Slowest = true
	}
}

func (n names) hop(h seedtest.Hop) hopReading {
	r := hopReading{Trusted: h.Trusted, Time: "no time", Delay: delayed(h), hopWords: n.hopWords(h),
		Problems: n.each(h.Problems), Raw: n.say(h.Raw)}
	if !h.Time.IsZero() {
		r.Time = clock(h.Time)
	}
	if h.Skewed {
		r.Remark = "clocks disagree"
	}
	return r
}

// edgeOf is the place of the first hop that the provider wrote, or -1.
func edgeOf(hops []seedtest.Hop) int {
	return slices.IndexFunc(hops, func(h seedtest.Hop) bool { return h.Trusted })
}

func legend(hops []seedtest.Hop) string {
	if edgeOf(hops) >= 0 {
		return "* by the provider itself"
	}
	return "none is known to be the provider's"
}

func dayOf(t time.Time) string { return t.UTC().Format("2006-01-02") }

// firstDay is the day of the first hop that has a time.
func firstDay(hops []seedtest.Hop) string {
	for _, h := range hops {
		if !h.Time.IsZero() {
			return dayOf(h.Time)
		}
	}
	return ""
}

// wholeWay says how long the message travelled by the clocks of its hops.
func wholeWay(hops []seedtest.Hop) string {
	d, ok := travelled(hops)
	if !ok {
		return ""
	}
	return ", " + short(d) + " in all"
}

// travelled is the time between the first and the last hop that have one.
func travelled(hops []seedtest.Hop) (time.Duration, bool) {
	first, last := time.Time{}, time.Time{}
	for _, h := range hops {
		if h.Time.IsZero() {
			continue
		}
		if first.IsZero() {
			first = h.Time
		}
		last = h.Time
	}
	return last.Sub(first), !first.IsZero() && !first.Equal(last)
}

// slowestHop is the place of the hop with the longest delay, or -1 where nothing took any time.
func slowestHop(hops []seedtest.Hop) int {
	at, most := -1, time.Duration(0)
	for i, h := range hops {
		if h.Delay != nil && *h.Delay > most {
			at, most = i, *h.Delay
		}
	}
	return at
}

// outstanding says whether no other hop took as long; of a single delay there is no slowest.
func outstanding(hops []seedtest.Hop, slowest int) bool {
	as := 0
	for _, h := range hops {
		if h.Delay != nil && *h.Delay == *hops[slowest].Delay {
			as++
		}
	}
	return as == 1 && len(hops) > 2
}

// bounds are the earliest and the latest time of any hop.
func bounds(hops []seedtest.Hop) (first, last time.Time) {
	for _, h := range hops {
		if h.Time.IsZero() {
			continue
		}
		if first.IsZero() || h.Time.Before(first) {
			first = h.Time
		}
		if h.Time.After(last) {
			last = h.Time
		}
	}
	return first, last
}

// spanOf places a delay between the first and the last time of all.
func spanOf(h seedtest.Hop, first, last time.Time) *stretch {
	all := last.Sub(first)
	if h.Time.IsZero() || h.Delay == nil || all <= 0 {
		return nil
	}
	to := h.Time.Sub(first)
	from := to - *h.Delay
	if h.Skewed {
		return &stretch{From: part(to, all), To: part(from, all), Skewed: true,
			Text: "back from " + short(from) + " to " + short(to) + " of " + short(all)}
	}
	return &stretch{From: part(from, all), To: part(to, all),
		Text: "from " + short(from) + " to " + short(to) + " of " + short(all)}
}

// part is d of all, 0 to 1 whatever the clocks said.
func part(d, all time.Duration) float64 { return min(max(float64(d)/float64(all), 0), 1) }

// delayed is the delay from the hop before; a negative one means that two clocks disagree.
func delayed(h seedtest.Hop) string {
	switch {
	case h.Delay == nil:
		return ""
	case h.Skewed:
		return short(*h.Delay) + "?"
	}
	return "+" + short(*h.Delay)
}
