package analyze

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"seedtest"
)

// FuzzJoinReport holds what a report can do to a run, whatever it is: its facts are about the message
// that it names and no other, few, short, fit to be stored, and the same when it is read again.
func FuzzJoinReport(f *testing.F) {
	m, data := probeMessage(f, 1, []string{joinAddress, "bert@example.net"})
	other, _ := probeMessage(f, 2, []string{joinAddress})
	for _, x := range joinFixtures(f, "joins", m, data) {
		f.Add(x.message)
	}
	fill := joinFiller(m, data)
	for _, message := range automatic {
		f.Add([]byte(fill.Replace(message)))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		facts := joinOf(message, other, m)
		if len(facts) > 16 {
			t.Errorf("%d facts of one report about a message to two", len(facts))
		}
		again := joinOf(message, other, m)
		for i, x := range facts {
			checkFact(t, x)
			if !namesIt(readReportOf(message), x, other, m) {
				t.Errorf("joined to a message that it does not name: %+v", x)
			}
			if !seedtest.SameReport(x, again[i]) {
				t.Errorf("read twice: %+v, then %+v", x, again[i])
			}
		}
	})
}

// namesIt reports whether what was read of a report has the reference of the message that a fact is
// about, with which every tag ends. An ENVID in xtext may hide it.
func namesIt(r *seedtest.DeliveryReport, x seedtest.FactBody, sent ...seedtest.Reportable) bool {
	text := strings.ToLower(fmt.Sprintf("%+v", *r))
	for _, m := range sent {
		b, _ := x.(seedtest.Bounce)
		y, _ := x.(seedtest.Relayed)
		if b.Dispatch == m.Dispatch || y.Dispatch == m.Dispatch {
			return strings.Contains(text, m.Token.Ref()) || strings.Contains(r.EnvelopeID, "+")
		}
	}
	return false
}

// checkFact demands that a fact of a report can be stored, and comes back as the same.
func checkFact(t *testing.T, x seedtest.FactBody) {
	t.Helper()
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatalf("%+v cannot be stored: %v", x, err)
	}
	if len(data) > 64<<10 || !utf8.Valid(data) {
		t.Errorf("a fact of %d bytes: %.200s", len(data), data)
	}
	var back seedtest.FactBody
	switch x.(type) {
	case seedtest.Bounce:
		back, err = stored[seedtest.Bounce](data)
	case seedtest.Relayed:
		back, err = stored[seedtest.Relayed](data)
	}
	if err != nil || !seedtest.SameReport(x, back) {
		t.Errorf("stored %+v, and it came back as %+v (%v)", x, back, err)
	}
}

func stored[T seedtest.FactBody](data []byte) (seedtest.FactBody, error) {
	var x T
	err := json.Unmarshal(data, &x)
	return x, err
}
