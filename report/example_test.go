package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"seedtest"
	"seedtest/report"
)

// facts are what a small run stored: one message by one route, found in the junk mailbox.
func facts() []seedtest.Fact {
	begun := time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)
	after := func(d time.Duration, body seedtest.FactBody) seedtest.Fact {
		return seedtest.Fact{At: begun.Add(d), Body: body}
	}
	opened := seedtest.Opened{
		Run:   "06abcdefghijklmnopqr7k2q9a",
		Suite: seedtest.Suite{Name: "regular", Routes: []string{"main"}, Deadline: 15 * time.Minute},
		Routes: []seedtest.Route{{Name: "main", Type: seedtest.RouteSMTP,
			Server: seedtest.Endpoint{Host: "mail1.example.org", Port: 587}}},
		Seeds: []seedtest.Seed{{Name: "gmx-a", Address: "a@gmx.example",
			Provider: seedtest.Provider{ID: "gmx"}}},
	}
	planned := seedtest.Planned{Dispatch: "d1", Token: "t1", Route: "main", Message: "notice",
		Probes: []seedtest.PlannedProbe{{Probe: "p1", Seed: "gmx-a"}}}
	submission := seedtest.Submission{Dispatch: "d1", Number: 1, Outcome: seedtest.OutcomeAccepted,
		Stage: seedtest.StageFinal, Begun: begun, Reply: &seedtest.Reply{Code: 250, Text: "OK"}}
	sighting := seedtest.Sighting{Seed: "gmx-a", Token: "t1", Mailbox: "Spamverdacht",
		Role:        seedtest.RoleJunk,
		UIDValidity: 7, UID: 41, Carriers: []seedtest.Carrier{seedtest.CarrierMessageID}}
	return []seedtest.Fact{
		after(0, opened), after(0, planned),
		after(200*time.Millisecond, seedtest.Attempt{Dispatch: "d1", Number: 1}),
		after(300*time.Millisecond, submission), after(4*time.Second, sighting),
		after(4*time.Second, seedtest.Closed{Reason: seedtest.ClosedDone}),
	}
}

func ExampleText() {
	run := seedtest.Fold(facts(), seedtest.AsOf(facts()))
	r := report.Report{Run: run, Judgement: seedtest.Judge(run), Usage: report.UsageOf(run)}
	if err := report.Text(os.Stdout, r, report.Style{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// FAIL  regular  run 7K2Q9A  2026-11-21 14:02-14:02 UTC  1 of 1 judged
	//       0 of 1 settled
	// MAIN: 0 of 1 arrived; trouble at gmx (junk).
	// seeds        MAIN mail1
	// gmx-a        JUNK 4s
	// EXPECT placement not met: wanted inbox or category, got 0 of 1
	// LIMITS 0 of 1 by MAIN fits any rate from 0 to 79 % (95 % interval)
	// USED   1 mail
	// NEXT   seedtest show 7K2Q9A gmx-a/main
}

func ExampleJSON() {
	run := seedtest.Fold(facts(), seedtest.AsOf(facts()))
	var out bytes.Buffer
	if err := report.JSON(&out, report.Report{Run: run, Judgement: seedtest.Judge(run)},
		report.Style{}); err != nil {
		fmt.Println(err)
	}
	var read struct {
		Schema, Verdict string
		Probes          []struct {
			Seed      string
			Placement struct{ Current, Why string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		fmt.Println(err)
	}
	fmt.Println(read.Schema, read.Verdict)
	fmt.Println(read.Probes[0].Seed, read.Probes[0].Placement.Current)
	fmt.Println(read.Probes[0].Placement.Why)
	// Output:
	// seedtest.run/v1 fail
	// gmx-a junk
	// seen in Spamverdacht, UID 41, by message-id
}

func ExampleNagios() {
	run := seedtest.Fold(facts(), seedtest.AsOf(facts()))
	var out bytes.Buffer
	if err := report.Nagios(&out, report.Report{Run: run,
		Judgement: seedtest.Judge(run)}); err != nil {
		fmt.Println(err)
	}
	says, _, _ := bytes.Cut(out.Bytes(), []byte(" | "))
	fmt.Printf("%s\n", says)
	// Output:
	// SEEDTEST CRITICAL - regular run 7K2Q9A: 0 of 1 arrived; gmx-a by main JUNK 4s
}
