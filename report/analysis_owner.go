package report

import "seedtest"

// someProvider stands for the provider where the header does not name it.
const someProvider = "the provider"

// whose names the writer of what is believed: as it calls itself in its results, or as its edge
// does.
func whose(a seedtest.Analysis) string {
	for _, f := range a.Authentication {
		if f.Trusted && f.Instance == 0 && f.AuthservID != "" {
			return f.AuthservID
		}
	}
	for _, f := range a.ReceivedSPF {
		if by := receiverOf(f); f.Trusted && by != "" {
			return by
		}
	}
	if i := edgeOf(a.Hops); i >= 0 && a.Hops[i].By.Name != "" {
		return a.Hops[i].By.Name
	}
	return someProvider
}

// serversOf says to whom the writer of a hop belongs.
func serversOf(a seedtest.Analysis, h seedtest.Hop) string {
	name := whose(a)
	switch {
	case !h.Trusted:
		return "others"
	case name == someProvider:
		return someProvider + "'s own servers"
	}
	return organization(name) + "'s own servers"
}

// badge is one of the few words that stand above all others.
type badge struct {
	Label string
	Word  string
	Claim bool // nobody who is believed says so
}

// badges are what became of the message that a report reports on, what is said of the sender, where
// a check comes to another end, and what the filters thought.
func (n names) badges(a seedtest.Analysis) []badge {
	var list []badge
	if d := a.Report; d != nil && len(d.Recipients) > 0 {
		x := d.Recipients[0]
		word := joined(" ", actionWord(x.Action), statusOf(x))
		list = append(list, badge{"reports", n.say(word), false})
	}
	for _, m := range judges {
		word, claim := believedResult(a, m), false
		if word == "" {
			word, claim = claimedResult(a, m), true
		}
		if word != "" {
			list = append(list, badge{m, n.say(resultWord(word)), claim})
		}
	}
	for _, c := range n.checked(a) {
		if c.Differs {
			list = append(list, badge{"checked now: " + c.Method, c.Result, false})
		}
	}
	for _, s := range opinions(a.Stamps) {
		list = append(list, badge{n.say(s.Family),
			n.say(verdictWord(s.Verdict) + inBrackets(scoreWords(s))), !s.Trusted})
	}
	return list
}
