package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/header"
)

// joinAddress is the recipient of the message that the reports in testdata/joins are about.
const joinAddress = "anna@example.net"

// joinFixtures reads testdata/joins, or another directory: messages in the shape in which a mail
// system reports, with what is to be made of each above a line "---". In a message stand for
// what was sent {token}, {ref}, {id}, {to} and, for its whole header, {header}.
func joinFixtures(t testing.TB, dir string, m seedtest.Reportable, data []byte) []reportFixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	if err != nil || len(files) < 10 {
		t.Fatalf("testdata/%s: %d fixtures, %v", dir, len(files), err)
	}
	fill := joinFiller(m, data)
	var list []reportFixture
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, message, ok := strings.Cut(string(text), "---\n")
		if !ok {
			t.Fatalf("%s: no line \"---\"", file)
		}
		list = append(list, reportFixture{name: strings.TrimSuffix(filepath.Base(file), ".txt"),
			want: strings.Split(strings.TrimSpace(want), "\n"), message: []byte(fill.Replace(message))})
	}
	return list
}

// joinFiller fills into a message what was sent.
func joinFiller(m seedtest.Reportable, data []byte) *strings.Replacer {
	head := strings.ReplaceAll(string(data[:header.Parse(data).Body]), "\r\n", "\n")
	return strings.NewReplacer("{header}", head, "{token}", string(m.Token), "{ref}", m.Token.Ref(),
		"{id}", m.MessageID, "{to}", m.Probes[0].Address)
}

// joinOf reads a message as a report about those that were sent.
func joinOf(message []byte, sent ...seedtest.Reportable) []seedtest.FactBody {
	r := readReportOf(message)
	if r == nil {
		return nil
	}
	return seedtest.JoinReport(*r, sent)
}

// TestReportsJoin: the forms of the field, as they would speak of a message of ours, say of its
// recipient what they say.
func TestReportsJoin(t *testing.T) {
	m, data := probeMessage(t, 1, []string{joinAddress})
	other, _ := probeMessage(t, 2, []string{joinAddress})
	for _, f := range joinFixtures(t, "joins", m, data) {
		for form, message := range map[string]string{"": string(f.message),
			"/crlf": strings.ReplaceAll(string(f.message), "\n", "\r\n")} {
			facts := joinOf([]byte(message), other, m)
			if len(facts) != 1 {
				t.Errorf("%s%s: JoinReport: %d facts, want 1: %+v", f.name, form, len(facts), facts)
				continue
			}
			if got := describeFact(facts[0], f.want); !slices.Equal(got, f.want) {
				t.Errorf("%s%s: got\n\t%s\nwant\n\t%s", f.name, form, strings.Join(got, "\n\t"),
					strings.Join(f.want, "\n\t"))
			}
			if facts := joinOf([]byte(message), other); facts != nil {
				t.Errorf("%s%s: about a message that was not sent: %+v", f.name, form, facts)
			}
		}
	}
}

// describeFact writes a fact as the fixtures do, as far as they ask.
func describeFact(x seedtest.FactBody, want []string) []string {
	var first, by, mta, recipient, until string
	switch b := x.(type) {
	case seedtest.Bounce:
		code := ""
		if b.Code > 0 {
			code = fmt.Sprint(b.Code)
		}
		first = "bounce " + dashes(b.Action, b.Status, code, b.RemoteMTA)
		by, mta, recipient = string(b.JoinedBy), b.ReportingMTA, b.Recipient
		until = b.RetryUntil.Format(time.RFC3339)
		if b.Guessed || b.Probe != "d1-p0" {
			first += fmt.Sprintf(" guessed %v, probe %q", b.Guessed, b.Probe)
		}
	case seedtest.Relayed:
		reply := seedtest.Reply{}
		code := ""
		if b.Reply != nil {
			reply, code = *b.Reply, fmt.Sprint(b.Reply.Code)
		}
		first = "relayed " + dashes(b.Remote, string(b.Via), code, reply.Enhanced)
		by, mta, recipient = string(b.JoinedBy), b.ReportingMTA, b.Recipient
	}
	list := []string{first, "by " + by}
	for _, w := range want[min(2, len(want)):] {
		switch word, _, _ := strings.Cut(w, " "); word {
		case "mta":
			list = append(list, "mta "+dashes(mta))
		case "alias", "recipient":
			list = append(list, word+" "+recipient)
		case "until":
			list = append(list, "until "+until)
		}
	}
	return list
}

// TestEveryFormJoins: whatever a dialect quotes of the message that its report is about suffices.
func TestEveryFormJoins(t *testing.T) {
	const address, second = joinAddress, "bert@example.net"
	m, _ := probeMessage(t, 1, []string{address, second})
	fill := strings.NewReplacer("abc123@example.org", m.MessageID, "ref-abc123", string(m.Token))
	joined := 0
	for _, f := range reportFixtures(t) {
		r := readReportOf(f.message)
		if !strings.Contains(string(f.message), "abc123") || len(addressesOf(r)) == 0 {
			continue
		}
		facts := joinOf([]byte(fill.Replace(string(f.message))), m)
		if len(facts) == 0 {
			t.Errorf("%s: not joined", f.name)
			continue
		}
		joined++
		for _, to := range r.Recipients {
			i := slices.Index([]string{address, second}, strings.ToLower(to.Address))
			if i < 0 {
				continue
			}
			want := reportedFact{m.Dispatch, m.Probes[i].Probe, to.Action, to.Status}
			if !slices.ContainsFunc(facts, want.is) {
				t.Errorf("%s: no fact %+v among %+v", f.name, want, facts)
			}
		}
	}
	if joined < 60 {
		t.Errorf("%d fixtures were joined, want at least 60", joined)
	}
}
