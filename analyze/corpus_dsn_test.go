package analyze

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seedtest"
	"seedtest/header"
)

// refReport is what two other programs read of one message: Sisimai, whose own tests say what it
// must, and the email package of Python.
type refReport struct {
	ContentType    string              `json:"content_type"`
	ReportType     string              `json:"report_type"`
	Sisimai        []refBounce         `json:"sisimai"`
	DeliveryStatus []map[string]string `json:"delivery_status"`
}

type refBounce struct {
	DSN, Reply, Reason string
}

// invented are the status codes that Sisimai gives to reports that state none.
var invented = regexp.MustCompile(`^\d\.0\.9\d\d$`)

// notReports are the reasons that Sisimai gives for messages that are no delivery reports.
var notReports = []string{"feedback", "vacation"}

// adjudication names the side that is right where two disagree, by file, recipient and field.
type adjudication map[string]string

func readAdjudication(t *testing.T, path string) adjudication {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	list := adjudication{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		w := strings.Fields(line)
		if len(w) < 5 || w[3] != "ours" && w[3] != "theirs" {
			t.Fatalf("%s: %q is not: file recipient field ours|theirs why", path, line)
		}
		list[strings.Join(w[:3], " ")] = w[3]
	}
	return list
}

// reportTest compares reports with the references.
type reportTest struct {
	t     *testing.T
	count tally
	judge adjudication
	used  map[string]bool
	sure  int // recipients whose action and status are both right
	all   int
}

// add counts a value. An adjudication in our favour makes it right.
func (r *reportTest) add(file string, i int, field, got, want string) bool {
	key := fmt.Sprintf("%s %d %s", file, i, field)
	if got != want && r.judge[key] == "ours" {
		r.used[key] = true
		got = want
	}
	r.count.add(r.t, field, got, want, file+" "+strconv.Itoa(i))
	return got == want
}

// TestCorpusReports holds the reading of delivery reports against other programs.
func TestCorpusReports(t *testing.T) {
	dir := corpusDir(t)
	r := reportTest{t: t, count: newTally(), used: map[string]bool{},
		judge: readAdjudication(t, "testdata/adjudication_dsn.txt")}
	refs := readJSON[map[string]refReport](t, filepath.Join(dir, "ref", "dsn.json"))
	for _, file := range slices.Sorted(mapKeys(refs)) {
		r.compare(file, corpusReport(t, dir, file), refs[file])
	}
	for key := range r.judge {
		if _, known := refs[strings.Fields(key)[0]]; known && !r.used[key] {
			t.Errorf("adjudication_dsn.txt: %s: nothing to judge", key)
		}
	}
	r.count.print("delivery reports")
	share := 100 * float64(r.sure) / float64(max(r.all, 1))
	fmt.Printf("recipients with right action and status: %d of %d, %.2f %%\n\n", r.sure, r.all, share)
	if r.all < 100 || share < 98 {
		t.Errorf("%.2f %% of %d recipients have the right action and status, want at least 98", share,
			r.all)
	}
}

func corpusReport(t *testing.T, dir, file string) *seedtest.DeliveryReport {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "messages", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return readReport(header.Parse(raw), raw)
}

// compare holds one report against the groups of fields if there are any, else against Sisimai.
func (r *reportTest) compare(file string, got *seedtest.DeliveryReport, ref refReport) {
	groups := recipientGroups(ref)
	bounces := ref.Sisimai
	if len(bounces) > 0 && slices.Contains(notReports, bounces[0].Reason) {
		r.add(file, 0, "report", strconv.FormatBool(got != nil), "false")
		return
	}
	if len(groups) == 0 && len(bounces) == 0 {
		return
	}
	r.add(file, 0, "report", strconv.FormatBool(got != nil), "true")
	if got == nil {
		got = &seedtest.DeliveryReport{}
	}
	if len(groups) > 0 {
		r.compareGroups(file, got, groups)
		r.compareSecond(file, got, bounces)
		return
	}
	r.compareBounces(file, got, bounces)
}

// compareSecond holds a report whose fields have been compared against Sisimai too, which prefers
// the status within a diagnostic to the Status field.
func (r *reportTest) compareSecond(file string, got *seedtest.DeliveryReport, bounces []refBounce) {
	for i, b := range bounces {
		to := recipientAt(got, i)
		if b.DSN != "" && !invented.MatchString(b.DSN) {
			r.add(file, i, "status-again", to.Status, b.DSN)
		}
		if b.Reply != "" {
			r.add(file, i, "reply-code", strconv.Itoa(to.Code), b.Reply)
		}
	}
}

// recipientGroups returns the groups of fields that are about a recipient.
func recipientGroups(ref refReport) []map[string]string {
	var list []map[string]string
	for _, g := range ref.DeliveryStatus {
		if g["final-recipient"] != "" {
			list = append(list, g)
		}
	}
	return list
}

func (r *reportTest) compareGroups(file string, got *seedtest.DeliveryReport,
	groups []map[string]string) {
	for i, g := range groups {
		to := recipientAt(got, i)
		ok := true
		if address := typedAddress(squeeze(g["final-recipient"])); strings.Contains(address, "@") {
			r.add(file, i, "recipient", to.Address, address)
		}
		if action := strings.ToLower(g["action"]); action != "" {
			ok = r.add(file, i, "action", to.Action, strings.Fields(action)[0]) && ok
		}
		if status := g["status"]; status != "" {
			ok = r.add(file, i, "status", to.Status, strings.Fields(status)[0]) && ok
		}
		if mta := g["remote-mta"]; mta != "" {
			_, name, _ := strings.Cut(squeeze(mta), ";")
			name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
			r.add(file, i, "remote-mta", to.RemoteMTA, strings.Trim(strings.TrimSuffix(name, "."), "[]()"))
		}
		if d := g["diagnostic-code"]; d != "" {
			r.add(file, i, "diagnostic", latin(squeeze(to.Diagnostic)), latin(untyped(squeeze(d))))
		}
		r.recipient(ok)
	}
}

// compareBounces holds a report in words against Sisimai, whose table names no addresses.
func (r *reportTest) compareBounces(file string, got *seedtest.DeliveryReport,
	bounces []refBounce) {
	for i, b := range bounces {
		to := recipientAt(got, i)
		r.add(file, i, "recipient-found", strconv.FormatBool(to.Address != ""), "true")
		ok := to.Address != ""
		want := "failed"
		if b.Reason == "delivered" {
			want = "delivered"
		}
		if to.Action != "delayed" { // of which Sisimai's table says as little as of failure
			ok = r.add(file, i, "action", to.Action, want) && ok
		}
		if b.DSN != "" && !invented.MatchString(b.DSN) {
			ok = r.add(file, i, "status", to.Status, b.DSN) && ok
		}
		if b.Reply != "" {
			r.add(file, i, "reply-code", strconv.Itoa(to.Code), b.Reply)
		}
		r.recipient(ok)
	}
}

func (r *reportTest) recipient(ok bool) {
	r.all++
	if ok {
		r.sure++
	}
}

func recipientAt(r *seedtest.DeliveryReport, i int) seedtest.ReportedRecipient {
	if i < len(r.Recipients) {
		return r.Recipients[i]
	}
	return seedtest.ReportedRecipient{}
}

// TestCorpusReportsPrecision demands that whatever else of the corpus is taken for a report has
// been looked at by a person.
func TestCorpusReportsPrecision(t *testing.T) {
	dir := corpusDir(t)
	judge := readAdjudication(t, "testdata/adjudication_dsn.txt")
	refs := readJSON[map[string]refReport](t, filepath.Join(dir, "ref", "dsn.json"))
	files, err := filepath.Glob(filepath.Join(dir, "messages", "*", "*"))
	if err != nil || len(files) < 500 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, path := range files {
		file := filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
		_, known := refs[file]
		r := corpusReport(t, dir, file)
		if known || r == nil || judge[file+" 0 report"] == "ours" {
			continue
		}
		t.Errorf("%s is taken for a report: %+v", file, *r)
	}
}
