// Command analyze measures readers of message headers; analyze.sh runs it beside others.
//
//	analyze write MBOX N    writes N messages, of several kinds of real mail, as an mbox
//	analyze seedtest MBOX   reads them with this project's analyze.Message
//	analyze gomessage MBOX  reads them with go-message, and results with go-msgauth/authres
//	analyze memory MBOX     reads them with analyze.Messages, one after the other
//	analyze size MBOX       prints how long their headers are on average
//
// Readers have the messages in memory before the clock starts, and print messages a second of one
// core's time, the median of several rounds, and the hops and results that they found in a message.
// memory prints how many messages there are, and how many bytes the heap rises at most.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"seedtest"
	"seedtest/analyze"
	"seedtest/header"
	"seedtest/provider"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "analyze:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	runtime.GOMAXPROCS(1)
	switch {
	case len(args) == 3 && args[0] == "write":
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return write(args[1], n)
	case len(args) == 2 && args[0] == "seedtest":
		return measure(args[1], seedtestReader())
	case len(args) == 2 && args[0] == "gomessage":
		return measure(args[1], goMessage)
	case len(args) == 2 && args[0] == "memory":
		return memory(args[1])
	case len(args) == 2 && args[0] == "size":
		return size(args[1])
	}
	return errors.New("usage: analyze write MBOX N, or seedtest, gomessage, memory or size MBOX")
}

// seedtestReader reads as the provider would be believed whose server wrote the top of the message.
func seedtestReader() func([]byte) (int, error) {
	trust := map[string]seedtest.Trust{}
	for _, id := range []string{"gmail", "outlook", "fastmail"} {
		p, _ := provider.ByID(id)
		trust[id] = p.Trust
	}
	return func(raw []byte) (int, error) {
		var t seedtest.Trust
		switch top := raw[:200]; {
		case bytes.Contains(top, []byte("gmail")):
			t = trust["gmail"]
		case bytes.Contains(top, []byte("outlook")):
			t = trust["outlook"]
		case bytes.Contains(top, []byte("internal")):
			t = trust["fastmail"]
		}
		a := analyze.Message(raw, "bench", t)
		n := len(a.Hops)
		for _, f := range a.Authentication {
			n += len(f.Results)
		}
		return n, nil
	}
}

// measure prints how many messages a reader reads in a second, and how much it understood: hops and
// results, so that nobody is fast by reading nothing.
func measure(path string, read func([]byte) (int, error)) error {
	messages, err := load(path)
	if err != nil {
		return err
	}
	const rounds = 7
	var rates []float64
	understood := 0
	for range rounds {
		understood = 0
		start := cpuTime()
		for _, m := range messages {
			n, err := read(m)
			if err != nil {
				return err
			}
			understood += n
		}
		rates = append(rates, float64(len(messages))/(cpuTime()-start).Seconds())
	}
	slices.Sort(rates)
	fmt.Printf("%.0f %.2f\n", rates[rounds/2], float64(understood)/float64(len(messages)))
	return nil
}

// cpuTime is how long this process has had a core, all its threads together: on a machine that
// others use too, clocks on the wall say little.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // no kernel refuses it
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// load reads all messages into memory.
func load(path string) ([][]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var list [][]byte
	for m, err := range analyze.Messages(f) {
		if err != nil {
			return nil, err
		}
		list = append(list, bytes.Clone(m))
	}
	return list, nil
}

// memory prints how many bytes the heap rises at most while an mbox is read.
func memory(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, n := stats.HeapAlloc, 0
	peak := before
	for m, err := range analyze.Messages(f) {
		if err != nil {
			return err
		}
		a := analyze.Message(m, "bench", seedtest.Trust{})
		runtime.ReadMemStats(&stats)
		peak = max(peak, stats.HeapAlloc)
		if n++; len(a.Hops) == 0 {
			return fmt.Errorf("message %d has no hops", n)
		}
	}
	fmt.Println(n, peak-before)
	return nil
}

// size prints the average length of the headers.
func size(path string) error {
	messages, err := load(path)
	if err != nil {
		return err
	}
	total := 0
	for _, m := range messages {
		total += header.Parse(m).Body
	}
	fmt.Println(total / len(messages))
	return nil
}
