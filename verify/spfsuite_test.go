package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// suiteDocument is one scenario of the published suite of RFC 7208.
type suiteDocument struct {
	Description string
	Tests       map[string]suiteCase
	Zonedata    map[string][]any
}

type suiteCase struct {
	HELO        string
	Host        string
	Mailfrom    string
	Result      any // a word, or several of which each is right
	Explanation string
}

// suiteExceptions are the cases of the suite that are not meant to hold, and why.
var suiteExceptions = map[string]string{}

// TestSPFSuite runs the published suite (openspf.org, release 2014.04).
func TestSPFSuite(t *testing.T) {
	dir := os.Getenv("SEEDTEST_CORPUS")
	if dir == "" {
		t.Skip("SEEDTEST_CORPUS is not set: the published suite is not here")
	}
	total, right := 0, 0
	for _, doc := range readSuite(t, filepath.Join(dir, "suites", "rfc7208-tests.yml")) {
		z := suiteZone(t, doc.Zonedata)
		for name, c := range doc.Tests {
			total++
			if why, ok := suiteExceptions[name]; ok {
				t.Logf("%s is left out: %s", name, why)
				continue
			}
			if err := runSuiteCase(t.Context(), z, c); err != nil {
				t.Errorf("%s: %s: %v", doc.Description, name, err)
				continue
			}
			right++
		}
	}
	t.Logf("RFC 7208 suite: %d of %d", right, total)
	if total != 203 {
		t.Errorf("read %d cases of the suite, want 203", total)
	}
}

func readSuite(t *testing.T, file string) []suiteDocument {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []suiteDocument
	for d := yaml.NewDecoder(f); ; {
		var doc suiteDocument
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, doc)
	}
}

// suiteZone turns the suite's records into a zone. SPF stands for TXT, unless there is TXT.
func suiteZone(t *testing.T, data map[string][]any) zone {
	t.Helper()
	z := zone{}
	for name, records := range data {
		z.at(name)
		txt := slices.ContainsFunc(records, func(r any) bool {
			m, _ := r.(map[string]any)
			return m["TXT"] != nil
		})
		for _, r := range records {
			m, ok := r.(map[string]any)
			if !ok {
				z.add(name, "FAIL", "")
				continue
			}
			for kind, value := range m {
				switch {
				case kind == "SPF" && txt, kind == "TXT" && value == "NONE":
					continue
				case kind == "SPF":
					kind = "TXT"
				case kind == "MX":
					value = value.([]any)[1]
				}
				if !z.add(name, kind, joined(value)) {
					t.Fatalf("suite: %s %s %v is not understood", name, kind, value)
				}
			}
		}
	}
	return z
}

// joined is the text of a record, whose strings may stand in a list.
func joined(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	var b strings.Builder
	for _, part := range list {
		fmt.Fprint(&b, part)
	}
	return b.String()
}

func runSuiteCase(ctx context.Context, z zone, c suiteCase) error {
	ip, err := netip.ParseAddr(c.Host)
	if err != nil {
		return err
	}
	got := SPF(ctx, z, SPFQuery{IP: ip, MailFrom: c.Mailfrom, HELO: c.HELO})
	want, ok := c.Result.([]any)
	if !ok {
		want = []any{c.Result}
	}
	if !slices.Contains(want, any(got.Result)) {
		return fmt.Errorf("SPF(%s, %q, %q) = %s (%s), want %v", ip, c.Mailfrom, c.HELO, got.Result,
			got.Reason, want)
	}
	explanation := strings.TrimPrefix(c.Explanation, "DEFAULT") // which is none
	if c.Explanation != "" && got.Explanation != explanation {
		return fmt.Errorf("SPF(%s, %q, %q): explanation %q, want %q", ip, c.Mailfrom, c.HELO,
			got.Explanation, explanation)
	}
	return nil
}
