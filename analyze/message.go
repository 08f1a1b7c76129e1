package analyze

import (
	"slices"
	"strings"

	"seedtest"
	"seedtest/header"
)

// Message reads a message, or only its header, and says what stands there: source names it in the
// result, trust says which fields the receiving provider wrote itself. Nothing in the input stops
// the reading of the rest, and equal input gives an equal result.
func Message(raw []byte, source string, trust seedtest.Trust) seedtest.Analysis {
	h := header.Parse(raw)
	a := seedtest.Analysis{Source: source}
	for i, f := range h.Fields {
		readField(&a, i, f)
	}
	transit(a.Hops)
	return a
}

// readField reads one field into the analysis.
func readField(a *seedtest.Analysis, position int, f header.Field) {
	switch strings.ToLower(f.Name) {
	case "received":
		hop := readHop(f.Value)
		hop.Header = len(a.Hops)
		a.Hops = append(a.Hops, hop)
	case "message-id":
		setOnce(&a.MessageID, f.Value)
	case "subject":
		setOnce(&a.Subject, f.Value)
	case "from":
		setOnce(&a.From, f.Value)
	case "date":
		if a.Date.IsZero() {
			a.Date, _, _ = readDate(f.Value)
		}
	}
}

func setOnce(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// transit puts hops into the order in which the message passed them, and counts the time between.
func transit(hops []seedtest.Hop) {
	slices.Reverse(hops)
	for i := 1; i < len(hops); i++ {
		if hops[i].Time.IsZero() || hops[i-1].Time.IsZero() {
			continue
		}
		delay := hops[i].Time.Sub(hops[i-1].Time)
		hops[i].Delay, hops[i].Skewed = &delay, delay < 0
	}
}
