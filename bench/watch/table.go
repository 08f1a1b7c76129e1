package main

import (
	"fmt"
	"math"
	"time"
)

// quantile is the value that a part q of all is not above.
func quantile(rising []time.Duration, q float64) float64 {
	if len(rising) == 0 {
		return math.NaN()
	}
	i := int(math.Ceil(q*float64(len(rising)))) - 1
	return float64(rising[max(i, 0)].Microseconds()) / 1000
}

var headed bool

// print prints one line of the table.
func (o *outcome) print() {
	if !headed {
		headed = true
		fmt.Printf("%-24s %6s %9s %9s %9s %7s %11s %8s %7s\n", "watcher", "users", "p50 ms",
			"p99 ms", "max ms", "missed", "KiB a user", "open s", "CPU %")
	}
	fmt.Printf("%-24s %6d %9.1f %9.1f %9.1f %7d %11.1f %8.1f %7.1f\n", o.label, o.users,
		quantile(o.late, 0.5), quantile(o.late, 0.99), quantile(o.late, 1), o.missed, o.memory,
		o.opening.Seconds(), o.cpu.Seconds()*100)
}

// judge prints what was wanted beside what there is, and the ratios.
func judge(all []outcome) error {
	find := func(label string, users int) outcome {
		for _, o := range all {
			if o.label == label && o.users == users {
				return o
			}
		}
		return outcome{}
	}
	many := all[3].users
	ours, ours2 := find("seedtest", 100), find("seedtest", many)
	fmt.Println()
	line := func(what string, got, wanted float64, unit string) {
		word := "reached"
		switch {
		case math.IsNaN(got) || math.IsNaN(wanted) || got == 0:
			word = "not measured"
		case got > wanted:
			word = "MISSED"
		}
		fmt.Printf("%-52s %9.1f %-4s wanted %7.1f  %s\n", what, got, unit, wanted, word)
	}
	line("100 expecting, p50", quantile(ours.late, 0.5), 60, "ms")
	line("100 expecting, p99", quantile(ours.late, 0.99), 120, "ms")
	line(fmt.Sprint(many, " expecting, p50"), quantile(ours2.late, 0.5), 200, "ms")
	line(fmt.Sprint(many, " expecting, p99"), quantile(ours2.late, 0.99), 400, "ms")
	mute := find("seedtest, mute IDLE", 100)
	line("IDLE that does not push, p50", quantile(mute.late, 0.5), 100, "ms")
	idle := find("seedtest, IDLE alone", 100)
	others := min(quantile(find("goimap", 100).late, 0.5), quantile(find("imapflow", 100).late, 0.5))
	line("IDLE alone, p50, beside the better of the others", quantile(idle.late, 0.5), others, "ms")
	line(fmt.Sprint("memory a seed of ", many), ours2.memory, 45, "KiB")
	for _, other := range []string{"goimap", "imapflow"} {
		o := find(other, many)
		if len(o.late) == 0 || len(ours2.late) == 0 {
			continue
		}
		fmt.Printf("%s is %.1f times as late (p50) and takes %.1f times the memory\n", other,
			quantile(o.late, 0.5)/quantile(ours2.late, 0.5), o.memory/ours2.memory)
	}
	return nil
}
