package report

import "io"

const runsSchema = "seedtest.runs/v1"

type jsonRuns struct {
	Schema string       `json:"schema"`
	Runs   []jsonRunRow `json:"runs"`
}

type jsonRunRow struct {
	ID         string         `json:"id"`
	Suite      string         `json:"suite"`
	Started    *jsonTime      `json:"started"`
	Ended      *jsonTime      `json:"ended"`
	Verdict    string         `json:"verdict"`
	State      string         `json:"state"`
	Probes     int            `json:"probes"`
	Placements map[string]int `json:"placements"` // only those that occur
}

// RunsJSON writes the list of runs in the schema seedtest.runs/v1.
func RunsJSON(w io.Writer, rows []RunRow) error {
	out := jsonRuns{Schema: runsSchema, Runs: []jsonRunRow{}}
	for _, r := range rows {
		j := jsonRunRow{string(r.ID), r.Suite, jsonTimeOf(&r.Started), jsonTimeOf(r.Ended),
			string(r.Verdict), r.State, r.Probes, map[string]int{}}
		for place, n := range r.By {
			if n > 0 && place != "" {
				j.Placements[string(place)] = n
			}
		}
		out.Runs = append(out.Runs, j)
	}
	return writeJSON(w, out, false)
}
