package analyze

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"seedtest"
	"seedtest/header"

	"github.com/BurntSushi/toml"
)

func TestStampData(t *testing.T) {
	var file struct {
		Schema int
		Stamp  []*stampForm
	}
	meta, err := toml.Decode(stampData, &file)
	if err != nil {
		t.Fatal(err)
	}
	if keys := meta.Undecoded(); len(keys) > 0 {
		t.Errorf("stamps.toml: keys that nothing reads: %v", keys)
	}
	if len(file.Stamp) < 10 || len(file.Stamp) != len(stampForms()) {
		t.Errorf("stamps.toml: %d stamps, %d names", len(file.Stamp), len(stampForms()))
	}
	forms := []string{"pairs", "status", "word", "number", "bar", "rspamd", "text"}
	for _, f := range file.Stamp {
		if f.Family == "" || f.Field == "" || f.Source == "" || !slices.Contains(forms, f.Form) {
			t.Errorf("stamps.toml: %+v lacks family, field, source or a known form", f)
		}
		if (f.Form == "bar") != (f.Bar != "") {
			t.Errorf("stamps.toml: %s: bar is %q with form %s", f.Field, f.Bar, f.Form)
		}
		if f.RemovedBy != "" && match(f.RemovedBy, false) == nil {
			t.Errorf("stamps.toml: %s: removed_by is no pattern", f.Field)
		}
	}
}

func TestStamps(t *testing.T) {
	tests := []struct {
		field, verdict, score, threshold string
		values                           map[string]string
	}{
		{"X-Spam-Status: Yes, score=7.3 required=5.0 tests=BAYES_99,\n\tURIBL_BLACK autolearn=no",
			"spam", "7.3", "5", map[string]string{"tests": "BAYES_99,URIBL_BLACK", "autolearn": "no"}},
		{"X-Spam-Status: No, hits=-0.4 required=5.0", "ham", "-0.4", "5", nil},
		{"X-Spam-Status: No", "ham", "-", "-", nil},
		{"X-Spam-Flag: YES", "spam", "-", "-", nil},
		{"X-Spam: Yes", "spam", "-", "-", nil},
		{"X-Spam-Score: 5.1 (+++++)", "", "5.1", "-", nil},
		{"X-Spam-Score: NaN", "", "-", "-", nil},
		{"X-Spam-Level: *******", "", "7", "-", nil},
		{"X-Spamd-Result: default: True [16.20 / 15.00]; R_SPF_FAIL(1.00)[-all]; DMARC_NA(0.00)[x];",
			"spam", "16.2", "15", map[string]string{"R_SPF_FAIL": "1.00", "DMARC_NA": "0.00"}},
		{"X-Spamd-Bar: ++++", "", "4", "-", nil},
		{"X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:DE;IPV:NLI;SFV:SPM;SCL:5;CAT:SPM;",
			"spam", "5", "-", map[string]string{"CIP": "192.0.2.1", "CAT": "SPM"}},
		{"X-Forefront-Antispam-Report: SFV:NSPM;SCL:1", "ham", "1", "-", nil},
		{"X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:J;OFR:SpamFilterAuthJ;", "spam", "-", "-",
			nil},
		{"X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:C;", "", "-", "-", nil},
		{"X-MS-Exchange-Organization-SCL: 6", "spam", "6", "-", nil},
		{"X-MS-Exchange-Organization-SCL: -1", "ham", "-1", "-", nil},
		{"X-Yandex-Spam: 4", "spam", "-", "-", nil},
		{"X-UI-Filterresults: notjunk:1;V03:K0:abc", "ham", "-", "-", map[string]string{"notjunk": "1"}},
		{"X-Pm-Spam-Action: dunno", "unsure", "-", "-", nil},
		{"X-Bogosity: Ham, tests=bogofilter, spamicity=0.01, version=1.2", "ham", "0.01", "-", nil},
		{"X-GMX-Antispam: 0 (no spam)", "ham", "-", "-", nil},
		{"X-Spam-Status:", "", "-", "-", nil},
	}
	for _, test := range tests {
		a := Message([]byte(test.field+"\n\n"), "", seedtest.Trust{})
		if len(a.Stamps) != 1 {
			t.Errorf("Message(%q) has %d stamps, want 1", test.field, len(a.Stamps))
			continue
		}
		s := a.Stamps[0]
		if s.Verdict != test.verdict || show(s.Score) != test.score ||
			show(s.Threshold) != test.threshold {
			t.Errorf("stamp %q: %q %s of %s, want %q %s of %s", test.field, s.Verdict, show(s.Score),
				show(s.Threshold), test.verdict, test.score, test.threshold)
		}
		for k, want := range test.values {
			if got := s.Values[k]; got != want {
				t.Errorf("stamp %q: %s is %q, want %q", test.field, k, got, want)
			}
		}
	}
}

func show(n *float64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// FuzzMessage holds that nothing in a message stops the reading of the rest: raw values are kept,
// every Received field makes a hop, and nothing is trusted that stands below the boundary.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{gmail + forgedGmail + sender, outlook + outlookBelow,
		mailru + mailruBelow, icloud,
		"X-Spamd-Result: default: True [1 / 2]; A(\nX-Spam-Status: Yes, a=b,\n c\n\n"} {
		f.Add([]byte(s))
	}
	trust := seedtest.Trust{AuthservIDs: []string{".*"}, NoAuthservID: true, ReceivedSPF: true,
		BoundaryBy: "google|outlook", OriginFrom: []string{"Received[boundary]", "X-Sender-IP"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a := Message(raw, "fuzz", trust)
		received := 0
		h := header.Parse(raw)
		for i, field := range h.Fields {
			if strings.EqualFold(field.Name, "Received") {
				if got := a.Hops[len(a.Hops)-1-received]; got.Header != received || got.Raw != field.Value {
					t.Fatalf("hop %d is %+v, want the field at %d", received, got, i)
				}
				received++
			}
		}
		if received != len(a.Hops) {
			t.Fatalf("%d hops of %d Received fields", len(a.Hops), received)
		}
		for _, s := range a.Stamps {
			if s.Raw != h.Fields[s.Position].Value || !utf8.ValidString(s.Verdict) {
				t.Fatalf("stamp %+v is not field %d", s, s.Position)
			}
		}
		if a.Origin != nil && !a.Origin.IP.IsValid() {
			t.Fatal("an origin without an address")
		}
		untrusted := Message(raw, "fuzz", seedtest.Trust{})
		if got := believed(untrusted); got != "" {
			t.Fatalf("believed %s without a preset", got)
		}
	})
}
