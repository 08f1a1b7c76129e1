package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// arrival is a message at an MX or relay: who brought it, what it is, and what is made of it.
type arrival struct {
	evaluation
	verdict
	conn    *smtp.Conn
	to      string
	by      string // name of the server that takes it
	domain  string // of the provider
	queueID string
	at      time.Time
	header  []field
	size    int
	seed    *seed
}

// verdict is what a provider does with a message.
type verdict struct {
	refuse *smtp.SMTPError
	drop   bool
	junk   bool
	class  string
	score  float64
	tests  []test
}

// test is one rule of a filter that counts points.
type test struct {
	name   string
	points float64
}

// policy is how a provider decides. It judges by what was evaluated, and by the content.
type policy func(a arrival) verdict

// gmailPolicy refuses what neither SPF nor DKIM knows, as Gmail does since 2024
// (support.google.com/a/answer/81126), and sorts the inbox.
func gmailPolicy(a arrival) verdict {
	if !a.authenticated() {
		return verdict{refuse: reply(550, smtp.EnhancedCode{5, 7, 26},
			"Your email has been blocked because the sender is unauthenticated.",
			"Gmail-like requires all senders to authenticate with either SPF or DKIM.",
			"",
			" Authentication results:",
			" DKIM = did not pass",
			fmt.Sprintf(" SPF [%s] with ip: [%s] = did not pass", a.spfDomain, a.ip),
			"",
			fmt.Sprintf(" For instructions on setting up authentication, see the help. %s - gsmtp",
				a.queueID))}
	}
	return verdict{junk: a.dmarc == "fail" && a.policy != "none", class: a.seed.class(a.header)}
}

// outlookPolicy junks what is doubtful.
func outlookPolicy(a arrival) verdict {
	v := verdict{score: 1}
	if a.dmarc == "fail" || !a.authenticated() {
		v.junk, v.score = true, 5
	}
	return v
}

// strictPolicy junks whatever DMARC does not let pass.
func strictPolicy(a arrival) verdict {
	v := scored(a, []test{
		{"DMARC_POLICY_QUARANTINE", points(a.dmarc == "fail", 6)},
		{"R_SPF_FAIL", points(a.spf == "fail", 4)},
		{"R_SPF_NA", points(a.spf == "none", 1.5)},
		{"R_DKIM_NA", points(a.dkimResult() == "none", 1)},
		{"RDNS_NONE", points(a.reverse == "", 2)},
		{"R_SPF_ALLOW", points(a.spf == "pass", -0.2)},
		{"R_DKIM_ALLOW", points(a.dkimResult() == "pass", -0.2)},
		{"DMARC_POLICY_ALLOW", points(a.dmarc == "pass", -0.5)},
	})
	v.junk = a.dmarc != "pass"
	return v
}

// junkScore is the score from which a filter that counts points calls mail spam.
const junkScore = 5.0

// scorePolicy junks by points alone.
func scorePolicy(a arrival) verdict {
	v := scored(a, []test{
		{"SPF_FAIL", points(a.spf == "fail", 3.1)},
		{"SPF_PASS", points(a.spf == "pass", -0.1)},
		{"DKIM_VALID", points(a.dkimResult() == "pass", -0.1)},
		{"DKIM_INVALID", points(a.dkimResult() == "fail", 1.1)},
		{"DMARC_QUAR", points(a.dmarc == "fail" && a.policy == "quarantine", 1.7)},
		{"RDNS_NONE", points(a.reverse == "", 1.3)},
	})
	v.junk = v.score >= junkScore
	return v
}

// silentPolicy throws away what does not authenticate, and says nothing.
func silentPolicy(a arrival) verdict { return verdict{drop: a.dmarc != "pass"} }

// lenientPolicy files everything in the inbox.
func lenientPolicy(arrival) verdict { return verdict{} }

func points(holds bool, n float64) float64 {
	if holds {
		return n
	}
	return 0
}

// scored adds up the tests that hit.
func scored(_ arrival, tests []test) verdict {
	v := verdict{tests: slices.DeleteFunc(tests, func(t test) bool { return t.points == 0 })}
	for _, t := range v.tests {
		v.score += t.points
	}
	return v
}

// defaultClass is where an inbox with classes puts what no rule of the owner's sorts.
const defaultClass = "primary"

// class sorts a message by the owner's rules.
func (s *seed) class(header []field) string {
	subject := strings.ToLower(first(header, "Subject"))
	for word, class := range s.sorts {
		if strings.Contains(subject, word) {
			return class
		}
	}
	return defaultClass
}
