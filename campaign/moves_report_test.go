//go:build campaign

package campaign

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// told is what a report says of one message.
type told struct {
	first, current seedtest.Placement
	settled        *seedtest.Placement
	moves          []seedtest.Move
}

// reported reads what the JSON report of a run says of each message.
func reported(t *testing.T, run seedtest.Run) map[seedtest.ProbeID]told {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, report.Report{Run: run, Judgement: seedtest.Judge(run)},
		report.Style{}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Probes []struct {
			ID        seedtest.ProbeID
			Placement struct {
				First, Current seedtest.Placement
				Settled        *seedtest.Placement
			}
			Moves []struct {
				Kind          seedtest.MoveKind
				From, To      string
				FromRole      seedtest.Role `json:"from_role"`
				ToRole        seedtest.Role `json:"to_role"`
				After, Before time.Time
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	all := map[seedtest.ProbeID]told{}
	for _, p := range doc.Probes {
		x := told{first: p.Placement.First, current: p.Placement.Current, settled: p.Placement.Settled}
		for _, m := range p.Moves {
			x.moves = append(x.moves, seedtest.Move{Kind: m.Kind, From: m.From, FromRole: m.FromRole,
				To: m.To, ToRole: m.ToRole, After: m.After, Before: m.Before})
		}
		all[p.ID] = x
	}
	return all
}
