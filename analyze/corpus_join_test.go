package analyze

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/header"
	outgoing "seedtest/sender" // sender is a name of these tests
)

// probeMessage is a message of ours as it is sent, whose delivery reports are awaited.
func probeMessage(t testing.TB, n byte, to []string) (seedtest.Reportable, []byte) {
	t.Helper()
	id := uuid.MustParse("019a8b7c-0000-7000-8000-000000000000")
	id[15] = n
	d := outgoing.Draft{
		Message: seedtest.Message{Name: "notice", Subject: "Your weekly notice", Text: "All is well.\n"},
		From:    seedtest.Identity{Name: "main", From: "Ops <ops@example.org>"},
		To:      to, Token: seedtest.MintToken(id, []byte("a key of this installation")),
		Date: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC),
	}
	c, err := outgoing.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	m := seedtest.Reportable{Dispatch: seedtest.DispatchID("d" + strconv.Itoa(int(n))),
		Token: d.Token, EnvelopeID: c.EnvelopeID, MessageID: fieldOf(c.Data, "Message-ID")}
	for i, address := range to {
		m.Probes = append(m.Probes, seedtest.ReportableProbe{
			Probe: seedtest.ProbeID(fmt.Sprintf("d%d-p%d", n, i)), Address: address})
	}
	return m, c.Data
}

func fieldOf(data []byte, name string) string {
	f, _ := header.Parse(data).Get(name)
	return strings.Trim(f.Value, "<>")
}

// disguise makes of a report about a message of others one about a message of ours: of what it
// keeps of that, the best stands for what ours would have left, and its recipients for ours.
type disguise struct {
	report  *seedtest.DeliveryReport
	message seedtest.Reportable
	subject string
}

// quotedID is a Message-ID in a header; quotedSubject a subject there, or in the words of Exim;
// notifiedSubject is one in JSON.
var (
	quotedID = regexp.MustCompile(`(?im)(^[ \t>]*message-id:)[^\r\n]*`)

	quotedSubject = regexp.MustCompile(
		`(?i)((?:^|[\r\n])[ \t>]*(?:subject|the subject of the message is):)` +
			`[^\r\n]*(?:\r?\n[ \t]+[^\r\n:]*$)*`)
	notifiedSubject = regexp.MustCompile(`("Subject\\?", *\\?"value\\?": *\\?")[^"\\]*`)
)

// put returns the report with the values of ours.
func (d disguise) put(raw []byte) []byte {
	var swaps []swap
	switch o := d.report.Original; {
	case o.MessageID != "":
		swaps = append(swaps, swapOf(o.MessageID, d.message.MessageID))
	case d.report.EnvelopeID != "":
		swaps = append(swaps, swapOf(d.report.EnvelopeID, d.message.EnvelopeID))
	case quotedID.Match(raw[header.Parse(raw).Body:]):
		raw = quotedID.ReplaceAll(raw, []byte("${1} <"+d.message.MessageID+">"))
	default:
		at := header.Parse(raw).Body
		raw = slices.Concat(raw[:at], encodedToo(raw[at:], func(b []byte) []byte {
			b = quotedSubject.ReplaceAll(b, []byte("${1} "+d.subject))
			return notifiedSubject.ReplaceAll(b, []byte("${1}"+d.subject))
		}))
	}
	for i, address := range addressesOf(d.report) {
		swaps = append(swaps, swapOf(address, d.message.Probes[i].Address))
	}
	return encodedToo(raw, func(b []byte) []byte {
		for _, s := range swaps {
			b = s.old.ReplaceAll(b, []byte("${1}"+s.new+"${2}"))
		}
		return b
	})
}

// swap replaces a value, also where soft line breaks of quoted-printable stand in it.
type swap struct {
	old *regexp.Regexp
	new string
}

func swapOf(old, value string) swap {
	var form strings.Builder
	for i, c := range old {
		if i > 0 {
			form.WriteString(`(?:=\r?\n)?`)
		}
		form.WriteString(regexp.QuoteMeta(string(c)))
		if c == '=' {
			form.WriteString(`(?:3D)?`)
		}
	}
	return swap{regexp.MustCompile(`(?i)(^|[^A-Za-z0-9.+_-])` + form.String() + `([^A-Za-z0-9_-]|$)`),
		value}
}

// encodedToo changes a text, and what stands in base64 in it.
func encodedToo(text []byte, change func([]byte) []byte) []byte {
	lines := regexp.MustCompile(`(?m)(?:^[A-Za-z0-9+/]{60,76}\r?\n)+(?:^[A-Za-z0-9+/]*={0,2}\r?\n)?`)
	text = lines.ReplaceAllFunc(text, func(block []byte) []byte {
		plain, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(block), nil)))
		if err != nil {
			return block
		}
		changed := change(plain)
		if bytes.Equal(changed, plain) {
			return block
		}
		return append([]byte(base64.StdEncoding.EncodeToString(changed)), '\n')
	})
	return change(text)
}

// addressesOf lists the recipients of a report, each once.
func addressesOf(r *seedtest.DeliveryReport) []string {
	var list []string
	for _, to := range r.Recipients {
		same := func(s string) bool { return strings.EqualFold(s, to.Address) }
		if to.Address != "" && !slices.ContainsFunc(list, same) {
			list = append(list, to.Address)
		}
	}
	return list
}

// quotes reports whether a report keeps anything by which its message can be told, be it read or not.
func quotes(r *seedtest.DeliveryReport, raw []byte) bool {
	body := raw[header.Parse(raw).Body:]
	return r.Original.MessageID != "" || r.Original.Subject != "" || r.EnvelopeID != "" ||
		quotedID.Match(body) || quotedSubject.Match(body)
}

// TestCorpusReportsJoin makes each report of the corpus that quotes its message one about a message
// of ours, and demands that it is joined, for every recipient with the action and status that
// TestCorpusReports holds against the references.
func TestCorpusReportsJoin(t *testing.T) {
	dir := corpusDir(t)
	refs := readJSON[map[string]refReport](t, filepath.Join(dir, "ref", "dsn.json"))
	joined, silent, recipients := 0, 0, 0
	by := map[seedtest.JoinedBy]int{}
	for _, file := range slices.Sorted(mapKeys(refs)) {
		r := corpusReport(t, dir, file)
		if r == nil || len(r.Recipients) == 0 {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, "messages", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !quotes(r, raw) {
			silent++
			continue
		}
		j := joinTest{file: file, was: r}
		if named := j.check(t, raw); named != "" {
			joined++
			recipients += len(addressesOf(r))
			by[named]++
		}
	}
	fmt.Printf("reports that quote their message: joined %d, with %d recipients, %v; quote nothing: %d\n\n",
		joined, recipients, by, silent)
	if joined < 200 {
		t.Errorf("%d reports were joined, want at least 200", joined)
	}
}

type joinTest struct {
	file string
	was  *seedtest.DeliveryReport
}

// check joins one report, and returns by what.
func (j joinTest) check(t *testing.T, raw []byte) (by seedtest.JoinedBy) {
	t.Helper()
	to := []string{}
	for i := range max(1, len(addressesOf(j.was))) {
		to = append(to, fmt.Sprintf("probe.%d@seeds.example.net", i))
	}
	var sent []seedtest.Reportable
	for n := range byte(20) {
		other, _ := probeMessage(t, n+100, to[:1])
		sent = append(sent, other)
	}
	if facts := seedtest.JoinReport(*j.was, sent); facts != nil {
		t.Errorf("%s: as it is, it is about nothing of ours; JoinReport: %+v", j.file, facts)
	}
	ours, data := probeMessage(t, 1, to)
	sent = append(sent, ours)
	d := disguise{j.was, ours, fieldOf(data, "Subject")}
	changed := d.put(raw)
	r := readReport(header.Parse(changed), changed)
	if r == nil {
		t.Errorf("%s: with our values it is no report any more", j.file)
		return ""
	}
	facts := seedtest.JoinReport(*r, sent)
	if len(facts) == 0 {
		t.Errorf("%s: not joined; it quotes %+v, envelope id %q", j.file, r.Original, r.EnvelopeID)
		return ""
	}
	for i, was := range j.was.Recipients {
		want := reportedFact{"d1", "d1-p0", was.Action, was.Status}
		if k := slices.IndexFunc(addressesOf(j.was), func(s string) bool {
			return strings.EqualFold(s, was.Address)
		}); k > 0 {
			want.probe = ours.Probes[k].Probe
		}
		if !slices.ContainsFunc(facts, func(x seedtest.FactBody) bool { return want.is(x) }) {
			t.Errorf("%s: recipient %d: no fact %+v among %+v", j.file, i, want, facts)
		}
	}
	return joinedBy(facts[0])
}

// reportedFact is what matters of a fact of a report.
type reportedFact struct {
	dispatch       seedtest.DispatchID
	probe          seedtest.ProbeID
	action, status string
}

func (w reportedFact) is(x seedtest.FactBody) bool {
	switch b := x.(type) {
	case seedtest.Bounce:
		return w == reportedFact{b.Dispatch, b.Probe, b.Action, b.Status}
	case seedtest.Relayed:
		return (w.action == "delivered" || w.action == "relayed") && b.Outcome == seedtest.OutcomeAccepted &&
			w.dispatch == b.Dispatch && w.probe == b.Probe
	}
	return false
}

func joinedBy(x seedtest.FactBody) seedtest.JoinedBy {
	if b, ok := x.(seedtest.Bounce); ok {
		return b.JoinedBy
	}
	return x.(seedtest.Relayed).JoinedBy
}
