package verify

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"seedtest/header"
)

// arcScenario is one document of ValiMail's ARC validation suite.
type arcScenario struct {
	Description string
	Tests       yaml.Node         // a mapping in which four names stand twice
	TXT         map[string]string `yaml:"txt-records"`
}

// arcTest is one test of a scenario.
type arcTest struct {
	Description string
	Message     string
	CV          string
}

// arcExceptions are the tests of the suite whose wanted result is not ours, with ours.
var arcExceptions = map[string]string{
	// Without c= the suite takes relaxed/relaxed, as early drafts of ARC had it. RFC 8617 section
	// 4.1.2 leaves c= as RFC 6376 section 3.5 has it: simple/simple.
	"ams_fields_c_na": "fail",
}

// TestARCSuite runs ValiMail's suite, all of it. Where the suite leaves the result open, for sets
// that claim cv=fail, RFC 8617 section 5.2 (steps 2 and 3D) says fail.
func TestARCSuite(t *testing.T) {
	ran := 0
	for _, scenario := range arcScenarios(t) {
		for i := 0; i < len(scenario.Tests.Content); i += 2 {
			ran++
			name := scenario.Tests.Content[i].Value
			var test arcTest
			if err := scenario.Tests.Content[i+1].Decode(&test); err != nil {
				t.Fatal(err)
			}
			keys := keyZone{}
			for key, record := range scenario.TXT {
				keys.with(strings.ToLower(key), record)
			}
			want := strings.ToLower(test.CV)
			if ours := arcExceptions[name]; ours != "" && ours != want {
				want = ours
			} else if ours != "" {
				t.Errorf("%s is no exception any more", name)
			}
			if want == "" {
				want = "fail"
			}
			raw := []byte(test.Message)
			got := ARC(t.Context(), raw, header.Parse(raw), keys, time.Unix(12400, 0))
			if got.Result != want {
				t.Errorf("%s (%s): got %q (%s), want %q", name, test.Description, got.Result,
					got.Reason, want)
			}
		}
	}
	if ran < 175 {
		t.Errorf("ran %d tests of the suite, want all", ran)
	}
	t.Logf("ran %d tests", ran)
}

func arcScenarios(t *testing.T) []arcScenario {
	t.Helper()
	corpus := os.Getenv("SEEDTEST_CORPUS")
	if corpus == "" {
		t.Skip("SEEDTEST_CORPUS is not set: it names the directory with ValiMail's ARC suite")
	}
	f, err := os.Open(filepath.Join(corpus, "suites", "arc-draft-validation-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []arcScenario
	for d := yaml.NewDecoder(f); ; {
		var s arcScenario
		err := d.Decode(&s)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
}
