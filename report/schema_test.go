package report_test

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"seedtest"
	"seedtest/report"
)

// schemas holds output against the files that other programs rely on.
func schemas(t *testing.T) func(name, output string) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	return func(name, output string) error {
		schema, err := c.Compile(filepath.Join("..", "docs", "schema", name))
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(output))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

func TestRunsObeyTheSchema(t *testing.T) {
	obeys := schemas(t)
	var rows []report.RunRow
	seen := map[seedtest.Placement]bool{}
	for name, r := range told() {
		var b bytes.Buffer
		if err := report.JSON(&b, r, report.Style{}); err != nil {
			t.Fatal(err)
		}
		if err := obeys("seedtest.run.v1.json", b.String()); err != nil {
			t.Errorf("run %s: %v", name, err)
		}
		rows = append(rows, report.Row(r.Run, r.Judgement))
		for _, p := range r.Run.Probes {
			seen[p.Placements.Current] = true
		}
	}
	for _, place := range seedtest.Placements() {
		if !seen[place] {
			t.Errorf("no run has a probe that is %s", place)
		}
	}
	var b bytes.Buffer
	if err := report.RunsJSON(&b, rows); err != nil {
		t.Fatal(err)
	}
	if err := obeys("seedtest.runs.v1.json", b.String()); err != nil {
		t.Error(err)
	}
}

func TestAnalysesObeyTheSchema(t *testing.T) {
	obeys := schemas(t)
	all := []seedtest.Analysis{long(), {}, hostileHeader(nasty), byOld("gmail"), bounced(),
		checkedAgain()}
	var b bytes.Buffer
	if err := report.AnalysisJSON(&b, all, true); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d lines for %d messages", len(lines), len(all))
	}
	for i, line := range lines {
		if err := obeys("seedtest.analysis.v1.json", line); err != nil {
			t.Errorf("analysis %d: %v", i, err)
		}
	}
	if err := report.AnalysisJSON(&b, all, false); err == nil {
		t.Error("several messages were written as one object")
	}
}

func TestSchemasRefuseWhatIsNotInThem(t *testing.T) {
	obeys := schemas(t)
	var b bytes.Buffer
	if err := report.JSON(&b, single().report(10*s), report.Style{}); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"an unknown field": {`"suite":`, `"Suite":`},
		"a wrong verdict":  {`"verdict": "pass"`, `"verdict": "ok"`},
		"a local time":     {`.000Z"`, `+01:00"`},
		"a placement":      {`"current": "inbox"`, `"current": "delivered"`},
		"a rate above 1":   {`"high": 1`, `"high": 100`},
		"no tls":           {`"verified": true`, `"verified": "yes"`},
		"an unknown stage": {`"mail": "`, `"hello": "`},
	} {
		changed := strings.ReplaceAll(b.String(), change[0], change[1])
		if changed == b.String() {
			t.Errorf("%s: the output has no %s", what, change[0])
		} else if obeys("seedtest.run.v1.json", changed) == nil {
			t.Errorf("the schema lets %s pass", what)
		}
	}
}

func TestAnalysisSchemaRefusesWhatIsNotInIt(t *testing.T) {
	obeys := schemas(t)
	a := checkedAgain()
	a.Report, a.Stamps = bounced().Report, long().Stamps
	var b bytes.Buffer
	if err := report.AnalysisJSON(&b, []seedtest.Analysis{a}, false); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"an unknown field of a recipient":   {`"remote_mta":`, `"remote":`},
		"an unknown field of a signature":   {`"tags":`, `"tag":`},
		"an unknown field of an unread":     {`"position": 7`, `"place": 7`},
		"an unknown field of a check":       {`"key_bits":`, `"bits":`},
		"an unknown field of a stamp":       {`"threshold":`, `"limit":`},
		"a result of no standard":           {`"result": "fail"`, `"result": "hardfail"`},
		"a trace without an outcome":        {`"outcome": "no match"`, `"came_to": "no match"`},
		"an evaluation that says nothing":   {`"walk": [`, `"walks": [`},
		"a report without its recipients":   {`"recipients": [`, `"to": [`},
		"a count of lookups that is a text": {`"lookups": 1`, `"lookups": "1"`},
	} {
		changed := strings.ReplaceAll(b.String(), change[0], change[1])
		if changed == b.String() {
			t.Errorf("%s: the output has no %s", what, change[0])
		} else if obeys("seedtest.analysis.v1.json", changed) == nil {
			t.Errorf("the schema lets %s pass", what)
		}
	}
}

// TestJSONIsHarmless holds that JSON on a terminal drives nothing, and that no number is NaN.
func TestJSONIsHarmless(t *testing.T) {
	bad := regexp.MustCompile("[\x00-\x09\x0b-\x1f\x7f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]" +
		"|NaN|Inf\\b")
	var b bytes.Buffer
	if err := report.JSON(&b, hostile(nasty).report(3*m), report.Style{}); err != nil {
		t.Fatal(err)
	}
	if found := bad.FindString(b.String()); found != "" {
		t.Errorf("JSON has %q", found)
	}
}
