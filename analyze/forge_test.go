package analyze

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"seedtest"
	"seedtest/header"
)

// honest is what a sender writes who does not lie, among it hops of its own.
const honest = "Received: from desk.example.org (desk.example.org [198.51.100.7])\n" +
	"\tby mail.example.org (Postfix) with ESMTPSA id 4Z; " + date + "\n" +
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from:to; bh=aa; b=bb\n" +
	"From: A <a@example.org>\nTo: anna@example.net\nSubject: hello\nDate: " + date + "\n" +
	"Message-ID: <1@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain\n"

// forgery is what a forger puts into a message: first among the fields handed over, among the
// sender's, and last. The client may choose its greeting, and its name in the DNS.
type forgery struct {
	first, middle, last string
	helo, name          string
}

// message is a delivered one of which it is known who wrote which bytes.
type message struct {
	shape    *shape
	truth    delivery
	raw      string
	from, to int // the sender's part
}

func compose(s *shape, d delivery, f forgery) message {
	if f.name != "" {
		d.helo, d.rdns = f.name, f.name
	}
	if f.helo != "" {
		d.helo = f.helo
	}
	top := d.fill(s.top)
	half := strings.Index(honest, "Subject:")
	sent := f.first + honest[:half] + f.middle + honest[half:] + f.last
	return message{shape: s, truth: d, raw: top + sent + d.fill(s.tail) + "\nbody\n",
		from: len(top), to: len(top) + len(sent)}
}

func (m message) analyze() seedtest.Analysis { return Message([]byte(m.raw), "", m.shape.trust) }

// statement is one thing that an analysis took from a field.
type statement struct {
	what    string
	trusted bool
	genuine bool
}

// statements lists all that stands in fields which the provider writes, whoever wrote them.
func (m message) statements(a seedtest.Analysis) []statement {
	h := header.Parse([]byte(m.raw))
	var list []statement
	add := func(what string, position int, trusted bool) {
		start := h.Fields[position].Start
		list = append(list, statement{fmt.Sprintf("%s: %.120s", what, h.Fields[position].Value), trusted,
			start < m.from || start >= m.to})
	}
	for _, f := range a.Authentication {
		plain := strings.TrimPrefix(strings.ToLower(f.Field), "arc-")
		if f.Trusted || plain == results {
			add(f.Field, f.Position, f.Trusted)
		}
	}
	for _, f := range a.ReceivedSPF {
		add("Received-SPF", f.Position, f.Trusted)
	}
	for _, s := range a.Stamps {
		add(s.Field, s.Position, s.Trusted)
	}
	hops := len(a.Hops)
	for i, f := range h.Fields {
		if f.Key == "received" {
			hops--
			add("Received", i, a.Hops[hops].Trusted)
		}
	}
	return list
}

// believed lists what the analysis believes though the sender wrote it.
func (m message) believed(a seedtest.Analysis) []string {
	var list []string
	for _, s := range m.statements(a) {
		if s.trusted && !s.genuine {
			list = append(list, s.what)
		}
	}
	return list
}

// lost lists what the analysis does not take from the provider though it wrote it.
func (m message) lost(a seedtest.Analysis) []string {
	var list []string
	genuine := 0
	for _, s := range m.statements(a) {
		if s.genuine {
			genuine++
			if !s.trusted {
				list = append(list, s.what)
			}
		}
	}
	if genuine == 0 {
		list = append(list, "everything: nothing of the provider's was read")
	}
	if a.Origin == nil || a.Origin.IP != m.truth.ip {
		list = append(list, fmt.Sprintf("origin %+v, want %s", a.Origin, m.truth.ip))
	}
	want := m.truth.results(m.shape)
	for _, method := range []string{"spf", "dkim", "dmarc", "arc-seal", "x-forged"} {
		if got, _ := a.Result(method); got.Result != want[method] {
			list = append(list, fmt.Sprintf("%s=%q, want %q", method, got.Result, want[method]))
		}
	}
	return list
}

// forgeries calls each for every operator alone with every shape, and for some combinations.
func forgeries(t *testing.T, each func(operator string, m message)) {
	t.Helper()
	r := rand.New(rand.NewPCG(20260921, 3))
	for _, s := range shapes(t) {
		for _, o := range operators {
			d := arrived(r)
			each(o.name, compose(s, d, o.forge(&forger{r, s, d, d.lie()})))
		}
		for range 12 {
			d := arrived(r)
			f := forgery{}
			for range 2 + r.IntN(4) {
				more := operators[r.IntN(len(operators))].forge(&forger{r, s, d, d.lie()})
				f.first, f.middle = f.first+more.first, f.middle+more.middle
				f.last = f.last + more.last
				f.name, f.helo = more.name, more.helo
			}
			each("several at once", compose(s, d, f))
		}
	}
}

// TestForgeries makes forged messages for every shape and holds that nothing of a forger's is
// believed and nothing of the provider's lost.
func TestForgeries(t *testing.T) {
	counts, total := map[string]int{}, 0
	forgeries(t, func(operator string, m message) {
		total++
		counts["preset "+m.shape.name]++
		counts["operator "+operator]++
		a := m.analyze()
		for _, s := range m.believed(a) {
			t.Errorf("%s, %s: believed %s", m.shape.name, operator, s)
		}
		for _, s := range m.lost(a) {
			t.Errorf("%s, %s: lost %s", m.shape.name, operator, s)
		}
	})
	if total < 500 {
		t.Errorf("made %d forged messages, want at least 500", total)
	}
	t.Logf("%d forged messages\n%s", total, table(counts))
}

// TestForgeriesFool holds the generator itself: every operator and every shape must fool a reader
// who goes by names alone, wherever they stand.
func TestForgeriesFool(t *testing.T) {
	byOperator, byShape := map[string]int{}, map[string]int{}
	forgeries(t, func(operator string, m message) {
		m.raw = strings.ReplaceAll(m.raw, "\r", "\n") // as one reads who takes each CR for a line's end
		n := -1                                       // but for the hop that the honest sender has
		for _, s := range m.statements(m.analyze()) {
			if !s.genuine {
				n++
			}
		}
		byOperator[operator] += n
		byShape[m.shape.name] += n
	})
	for _, o := range operators {
		if byOperator[o.name] == 0 {
			t.Errorf("operator %s fools nobody", o.name)
		}
	}
	for _, s := range shapes(t) {
		if byShape[s.name] < 50 {
			t.Errorf("%s: %d forged statements, want at least one a message", s.name, byShape[s.name])
		}
	}
	t.Logf("by names alone\n%s", table(byShape))
}

// TestForgeriesNeedThePresets holds that each part of what a preset says is needed: without it
// forgeries are believed or genuine fields are lost.
func TestForgeriesNeedThePresets(t *testing.T) {
	for what, weaken := range map[string]func(*seedtest.Trust){
		"position alone": func(w *seedtest.Trust) {
			*w = seedtest.Trust{AuthservIDs: []string{".*"}, NoAuthservID: true, BoundaryBy: ".*",
				InsideBy: "none"}
		},
		"authserv-ids alone": func(w *seedtest.Trust) {
			*w = seedtest.Trust{AuthservIDs: append(w.AuthservIDs, "none"), NoAuthservID: w.NoAuthservID}
		},
		"no edge": func(w *seedtest.Trust) { w.BoundaryBy = ".*" },
		"any id": func(w *seedtest.Trust) {
			w.AuthservIDs, w.ResultsBelow = []string{".*"}, true
		},
		"nothing inside": func(w *seedtest.Trust) { w.InsideBy = "" },
		"no order below": func(w *seedtest.Trust) { w.Below, w.NothingBelow = nil, false },
		"no tail":        func(w *seedtest.Trust) { w.Tail = nil },
	} {
		believed, lost := 0, 0
		forgeries(t, func(_ string, m message) {
			weak := *m.shape
			weaken(&weak.trust)
			m.shape = &weak
			a := m.analyze()
			believed += len(m.believed(a))
			lost += len(m.lost(a))
		})
		if believed+lost == 0 {
			t.Errorf("%s: nothing believed and nothing lost: the forgeries are too weak", what)
		}
		t.Logf("%s: %d forged statements believed, %d genuine ones lost", what, believed, lost)
	}
}

// TestForgedEnds holds that a sender who ends the head for the reader, though not for the provider,
// gains nothing from what then stands last. The provider's own last fields are out of sight there.
func TestForgedEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for what, end := range map[string]string{
		"a line of CR":            "\r\n",
		"two CRs":                 "\r\r\n",
		"lines that are no field": strings.Repeat("no field\n", 100),
		"too many fields":         strings.Repeat("A:\n", header.MaxFields),
	} {
		for _, s := range shapes(t) {
			if s.tail == "" {
				continue // it appends nothing, and nothing there is believed
			}
			d := arrived(r)
			f := forger{r, s, d, d.lie()}
			m := compose(s, d, forgery{last: f.results() + f.stamps() + f.lie.fill(s.tail) + end})
			for _, b := range m.believed(m.analyze()) {
				t.Errorf("%s, %s: believed %s", s.name, what, b)
			}
		}
	}
}

func table(counts map[string]int) string {
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprintf("%5d  %s", n, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][7:] < lines[j][7:] })
	return strings.Join(lines, "\n")
}
