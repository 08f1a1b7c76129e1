package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// errMissed says that a figure is not what was wanted.
var errMissed = errors.New("a figure was missed")

// tolerance is what time tells of round trips that are the same in number.
const tolerance = 1.05

// way is one way to send.
type way struct {
	name     string
	messages [4]int // a trial at each place takes about a second for so many, but of those that are slow
	command  func(s settings) *exec.Cmd
}

var ways = []way{
	{"sender alone", [4]int{6000, 20000, 1500, 3000}, oneThread},
	{allThreads, [4]int{6000, 20000, 1500, 3000}, func(s settings) *exec.Cmd { return self("alone", s) }},
	{"whole run", [4]int{6000, 6000, 1500, 3000}, func(s settings) *exec.Cmd { return self("whole", s) }},
	{"smtp-source", [4]int{6000, 20000, 1500, 3000}, source},
	{"nodemailer", [4]int{2000, 2000, 500, 1000},
		func(s settings) *exec.Cmd { return exec.Command("node", s.Script, s.text()) }},
	{"swaks", [4]int{10, 10, 10, 10}, swaks},
}

const allThreads = "all threads"

func self(name string, s settings) *exec.Cmd { return exec.Command(os.Args[0], name, s.text()) }

// oneThread is the sender with one thread at a time, which is what smtp-source has, and smtp-sink.
func oneThread(s settings) *exec.Cmd {
	cmd := self("alone", s)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

func (s settings) text() string {
	text, _ := json.Marshal(s)
	return string(text)
}

func (s settings) addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// headerLength is about how many octets of header others write that smtp-source does not: its text is
// longer by so much.
const headerLength = 300

// source is Postfix's own load generator, which keeps its connections (-d).
func source(s settings) *exec.Cmd {
	return exec.Command("smtp-source", "-d", "-s", strconv.Itoa(s.Conns), "-m", strconv.Itoa(s.Messages),
		"-l", strconv.Itoa(s.Length+headerLength), "-M", "mail.example.org", "-f", "ops@example.org",
		"-t", "anna@example.net", s.addr())
}

// swaks sends one message and ends, as it is used by hand: as many at once as connections.
func swaks(s settings) *exec.Cmd {
	one := fmt.Sprintf("swaks --silent 2 --server %s --ehlo mail.example.org --from ops@example.org "+
		"--to anna@example.net --body %s", s.addr(), strings.Repeat("0123456789", s.Length/10))
	return exec.Command("xargs", "-P", strconv.Itoa(s.Conns), "-I", "{}", "sh", "-c", one)
}

// trial runs a way once, and returns how long it took and the KiB that it told.
func (w way) trial(s settings) (time.Duration, float64, error) {
	var out, errs bytes.Buffer
	cmd := w.command(s)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if w.name == "swaks" {
		cmd.Stdin = strings.NewReader(strings.Repeat("x\n", s.Messages))
	}
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", w.name, err, errs.String())
	}
	took := time.Since(begun)
	kib, _ := strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
	return took, kib, nil
}

// place is where the messages go, and by how many connections.
type place struct {
	name  string
	port  int
	conns int
}

// result is the median rate of a way at a place, and the most memory.
type result struct {
	rates []float64
	kib   float64
}

func (r *result) rate() float64 {
	slices.Sort(r.rates)
	return r.rates[len(r.rates)/2]
}

func drive(s settings) error {
	places := []place{{"smtp-sink, 1 connection", s.Sink, 1}, {"smtp-sink, 10 connections", s.Sink, 10},
		{"Postfix, 1 connection", s.Postfix, 1}, {"Postfix, 10 connections", s.Postfix, 10}}
	all := map[string]*result{}
	fmt.Printf("%-28s", "messages/s (median)")
	for _, w := range ways {
		fmt.Printf("%14s", w.name)
	}
	fmt.Println()
	for i, p := range places {
		if err := s.measure(i, p, all); err != nil {
			return err
		}
		fmt.Printf("%-28s", p.name)
		for _, w := range ways {
			fmt.Printf("%14.0f", all[w.name+" "+p.name].rate())
		}
		fmt.Println()
	}
	trips, err := s.trips()
	if err != nil {
		return err
	}
	return judge(places, all, trips)
}

// measure has every way take its turn at a place, a few times.
func (s settings) measure(at int, p place, all map[string]*result) error {
	s.Host, s.Port, s.Conns = "127.0.0.1", p.port, p.conns
	for range s.Rounds {
		for _, w := range ways {
			key := w.name + " " + p.name
			if all[key] == nil {
				all[key] = &result{}
			}
			n := w.messages[at]
			s.Messages = max(int(float64(n)*s.Scale)/perSeed*perSeed, min(n, perSeed))
			took, kib, err := w.trial(s)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			all[key].rates = append(all[key].rates, float64(s.Messages)/took.Seconds())
			all[key].kib = max(all[key].kib, kib)
		}
	}
	return nil
}

// trips counts the round trips of a message on a kept connection, by time behind the relay: what
// 20 messages take longer than 10. It prints, too, how many octets a client says for each.
func (s settings) trips() (map[string]float64, error) {
	var said atomic.Int64
	port, stop, err := relay(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Sink)), &said)
	if err != nil {
		return nil, err
	}
	defer stop()
	s.Host, s.Port, s.Conns = "127.0.0.1", port, 1
	found := map[string]float64{}
	sizes := fmt.Sprintf("%-28s", "octets a message, by client")
	fmt.Printf("\n%-28s", fmt.Sprintf("round trips, %v each way", delay))
	for _, w := range ways {
		if w.name == "swaks" || w.name == "whole run" || w.name == allThreads {
			fmt.Printf("%14s", "")
			sizes += fmt.Sprintf("%14s", "")
			continue
		}
		var took [2]time.Duration
		var octets [2]int64
		for i := range took {
			s.Messages = 10 * (i + 1)
			if took[i], _, err = w.trial(s); err != nil {
				return nil, err
			}
			octets[i] = said.Swap(0)
		}
		found[w.name] = (took[1] - took[0]).Seconds() / 10 / (2 * delay).Seconds()
		fmt.Printf("%14.1f", found[w.name])
		sizes += fmt.Sprintf("%14d", (octets[1]-octets[0])/10)
	}
	fmt.Println("\n" + sizes)
	return found, nil
}

// figure is one that is held against what is wanted: at least so much, or at most.
type figure struct {
	what        string
	got, wanted float64
	most        bool
}

func (f figure) missed() bool { return f.most && f.got > f.wanted || !f.most && f.got < f.wanted }

// judge prints what was wanted beside what there is.
func judge(places []place, all map[string]*result, trips map[string]float64) error {
	rate := func(way string, p place) float64 { return all[way+" "+p.name].rate() }
	var list []figure
	kib, slowest := 0.0, 0.0
	for i, p := range places {
		ours := rate("sender alone", p)
		kib = max(kib, all["sender alone "+p.name].kib, all[allThreads+" "+p.name].kib)
		if i < 2 {
			list = append(list,
				figure{p.name + ": beside smtp-source", ours / rate("smtp-source", p), 1, false},
				figure{p.name + ": beside nodemailer", ours / rate("nodemailer", p), 5, false})
			slowest = rate("whole run", p)
			continue
		}
		fastest := max(rate("smtp-source", p), rate("nodemailer", p), rate("swaks", p), ours)
		list = append(list, figure{p.name + ": beside the fastest", ours / fastest, 0.85, false})
	}
	list = append(list,
		figure{"whole run into smtp-sink, 10 connections, messages/s", slowest, 2000, false},
		figure{"round trips beside smtp-source's", trips["sender alone"] / trips["smtp-source"],
			0.5 * tolerance, true},
		figure{"memory of the sender, MB", kib / 1024, 40, true})
	fmt.Println()
	var err error
	for _, f := range list {
		word, side := "ok", "at least"
		if f.most {
			side = "at most"
		}
		if f.missed() {
			word, err = "MISSED", errMissed
		}
		fmt.Printf("%-56s %8.2f  wanted %s %7.2f  %s\n", f.what, f.got, side, f.wanted, word)
	}
	return err
}
