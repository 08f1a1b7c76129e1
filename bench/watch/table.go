package main

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// quantile is the value that a part q of all is not above, in milliseconds.
func quantile(rising []time.Duration, q float64) float64 {
	if len(rising) == 0 {
		return math.NaN()
	}
	i := int(math.Ceil(q*float64(len(rising)))) - 1
	return float64(rising[max(i, 0)].Microseconds()) / 1000
}

// print prints one line of the table, the first one below its head.
func (o *outcome) print(first bool) {
	if first {
		fmt.Printf("%-22s %5s %7s %7s %7s %6s %6s %6s %6s %6s %6s\n", "watcher", "users", "p50 ms",
			"p99 ms", "max ms", "missed", "KiB", "busy", "open s", "rest %", "CPU %")
	}
	fmt.Printf("%-22s %5d %7.1f %7.1f %7.1f %6d %6.1f %6.1f %6.1f %6.1f %6.1f\n", o.label, o.users,
		quantile(o.late, 0.5), quantile(o.late, 0.99), quantile(o.late, 1), o.missed, o.memory, o.busy,
		o.opening.Seconds(), o.rest.Seconds()*100, o.cpu.Seconds()*100)
}

// errMissed says that a figure is not what was wanted.
var errMissed = errors.New("a figure was missed")

// tolerance is what one run differs from the next where the server's own timer decides.
const tolerance = 1.05

// figure is one that is held against what is wanted: at most so much. NaN: not measured.
type figure struct {
	what        string
	got, wanted float64
	unit        string
}

func (f figure) missed() bool { return f.got > f.wanted }

func (f figure) print() {
	word := "ok"
	switch {
	case math.IsNaN(f.got) || math.IsNaN(f.wanted):
		word = "not measured"
	case f.missed():
		word = "MISSED"
	}
	fmt.Printf("%-44s %8.1f %-5s wanted %7.1f  %s\n", f.what, f.got, f.unit, f.wanted, word)
}

// judge prints what was wanted beside what there is, and the ratios.
func judge(s settings, all []outcome) error {
	find := func(label string) outcome {
		for _, o := range all {
			if fmt.Sprint(o.label, " ", o.users) == label {
				return o
			}
		}
		return outcome{trial: trial{relay: &relay{}}, memory: math.NaN()}
	}
	var err error
	fmt.Println()
	for _, f := range figures(s, all, find) {
		f.print()
		if f.missed() {
			err = errMissed
		}
	}
	fmt.Println()
	for _, size := range []int{few, many} {
		for _, name := range []string{"goimap", "imapflow"} {
			ours, other := find(fmt.Sprint("seedtest ", size)), find(fmt.Sprint(name, " ", size))
			fmt.Printf("%d seeds: %s is %.1f times as late (p50), and takes %.1f times the memory\n",
				size, name, quantile(other.late, 0.5)/quantile(ours.late, 0.5),
				other.memory/ours.memory)
		}
	}
	return err
}

// figures are those that somebody wants.
func figures(s settings, all []outcome, find func(string) outcome) []figure {
	hundred, thousand := find("seedtest 100"), find("seedtest 1000")
	mute, idle := find("seedtest, mute IDLE 100"), find("seedtest, IDLE alone 100")
	list := []figure{
		{"100 expecting, p50", quantile(hundred.late, 0.5), 60, "ms"},
		{"100 expecting, p99", quantile(hundred.late, 0.99), 120, "ms"},
		{"1,000 expecting, p50", quantile(thousand.late, 0.5), 200, "ms"},
		{"1,000 expecting, p99", quantile(thousand.late, 0.99), 400, "ms"},
		{"IDLE that does not push, max", quantile(mute.late, 1), 100, "ms"},
	}
	for _, q := range []float64{0.5, 0.99} {
		for _, other := range []string{"goimap", "imapflow"} {
			list = append(list, figure{fmt.Sprintf("IDLE alone, p%.0f, beside %s's and %.0f %%", q*100,
				other, tolerance*100-100), quantile(idle.late, q),
				quantile(find(other+" 100").late, q) * tolerance, "ms"})
		}
	}
	trips, bytes := find("seedtest, on the wire 20").relay.most()
	list = append(list,
		figure{"round trips to fetch a found message, max", trips, 1, ""},
		figure{"bytes beyond its header's, both ways, max", bytes, 1024, "bytes"})
	for _, other := range []string{"goimap", "imapflow"} {
		trips, bytes := find(other + ", on the wire 20").relay.most()
		list = append(list,
			figure{"  " + other + "'s round trips", trips, math.Inf(1), ""},
			figure{"  " + other + "'s bytes", bytes, math.Inf(1), "bytes"})
	}
	var slowest time.Duration
	for _, o := range all {
		slowest = max(slowest, o.every)
	}
	list = append(list, figure{"from one delivery to the next, at most",
		float64(slowest.Microseconds()) / 1000, 1000 / float64(s.Rate) * tolerance, "ms"})
	for _, o := range all {
		if o.watcher != "seedtest" {
			continue
		}
		list = append(list, figure{fmt.Sprint(o.label, ", ", o.users, ": messages not seen"),
			float64(o.missed), 0, ""})
		if o.users >= many {
			list = append(list, figure{fmt.Sprint(o.label, ", ", o.users, ": memory a seed"), o.memory,
				45, "KiB"})
		}
	}
	return list
}

// most is the dearest of the messages that were fetched; NaN if none was.
func (r *relay) most() (trips, bytes float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.found) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, c := range r.found {
		trips, bytes = max(trips, float64(c.trips)), max(bytes, float64(c.bytes))
	}
	return trips, bytes
}
