package report

import (
	"time"

	"seedtest"
)

type jsonMove struct {
	Kind     string      `json:"kind"`
	From     *string     `json:"from"` // null: it was in no mailbox
	FromRole string      `json:"from_role,omitempty"`
	To       *string     `json:"to"` // null: it is in no mailbox
	ToRole   string      `json:"to_role,omitempty"`
	After    *jsonTime   `json:"after"`
	Before   *jsonTime   `json:"before"`
	ByUs     bool        `json:"by_us,omitempty"`
	Class    string      `json:"class,omitempty"`
	OldClass string      `json:"old_class,omitempty"`
	Stamps   []jsonStamp `json:"stamps,omitempty"`
}

func movesJSON(p seedtest.Probe) []jsonMove {
	list := []jsonMove{}
	for _, m := range p.Moves() {
		before := m.Before
		if cut := before.Truncate(time.Millisecond); cut.Before(before) {
			before = cut.Add(time.Millisecond) // the interval holds the move, as it is written too
		}
		j := jsonMove{Kind: string(m.Kind), FromRole: string(m.FromRole), ToRole: string(m.ToRole),
			After: jsonTimeOf(&m.After), Before: jsonTimeOf(&before), ByUs: m.ByUs,
			Class: m.Class, OldClass: m.OldClass}
		if m.Kind != seedtest.Returned {
			j.From = &m.From
		}
		if m.Kind != seedtest.Removed {
			j.To = &m.To
		}
		for _, s := range m.Stamps {
			j.Stamps = append(j.Stamps, stampOf(s))
		}
		list = append(list, j)
	}
	return list
}
