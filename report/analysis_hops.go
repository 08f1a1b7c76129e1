package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

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

func legend(hops []seedtest.Hop) string {
	if slices.ContainsFunc(hops, func(h seedtest.Hop) bool { return h.Trusted }) {
		return "* by the provider itself"
	}
	return "none is known to be the provider's"
}

// short says a delay between two hops; tenths matter only where there are any.
func short(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	if d > 0 && d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return took(d)
}

// clientOf names the client of a hop: the name it gave, the name that was found, its address.
func clientOf(h seedtest.Hop) string {
	f := h.From
	said := []string{f.HELO}
	switch {
	case f.RDNS == "" || strings.EqualFold(f.RDNS, f.HELO):
	case strings.EqualFold(f.RDNS, "unknown"):
		said = append(said, "(unknown)")
	case f.HELO == "":
		said[0] = f.RDNS
	default:
		said = append(said, "(PTR "+f.RDNS+")")
	}
	if ip := address(f.IP); ip != "" && strings.Trim(f.HELO, "[]") != ip {
		said = append(said, "["+ip+"]")
	}
	if f.User != "" {
		said = append(said, "user "+f.User)
	}
	if text := joined(" ", said...); text != "" {
		return text
	}
	return "(not told)"
}

// serverOf names the receiver of a hop, its id for the message and the recipients it names.
func serverOf(h seedtest.Hop) string {
	name := h.By.Name
	if ip := address(h.By.IP); ip != "" && ip != name {
		name = joined(" ", name, "["+ip+"]")
	}
	if name == "" {
		name = "(not told)"
	}
	said := []string{name}
	if h.ID != "" {
		said = append(said, "id "+h.ID)
	}
	if len(h.For) > 0 {
		said = append(said, "for "+strings.Join(h.For, ", "))
	}
	return strings.Join(said, ", ")
}
