package analyze

import (
	"strings"
	"testing"

	"seedtest"
)

// contaminatedStamps are fields in which a mailbox says that it knows the sender, each with the
// preset whose provider writes it.
var contaminatedStamps = []struct{ preset, field string }{
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: wl:0;ucf:0;dest:I;OFR:TrustedSenderList;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:I;OFR:SenderInAddressBook;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:C;OFR:CustomRules;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:J;OFR:ExclusiveSettings;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: abwl:0;wl:1;dest:I;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: abwl:0;wl:0;pcwl:1;dest:I;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: abwl:1;wl:0;dest:I;"},
	{"outlook", "X-Microsoft-Antispam-Mailbox-Delivery: ucf:1;jmr:0;dest:C;"},
	{"microsoft365", "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:-1;IPV:NLI;SFV:SFE;"},
	{"microsoft365", "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:9;IPV:NLI;SFV:BLK;"},
	{"microsoft365", "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:-1;IPV:NLI;SFV:SKN;"},
	{"microsoft365", "X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:-1;IPV:CAL;SFV:NSPM;"},
	{"icloud", "X-Apple-Action: WL/INBOX"},
	{"icloud", "X-ICLOUD-MAIL-BWL: 1"},
	{"fastmail", `X-Spam-known-sender: yes ("Address a@example.org in From is in addressbook")`},
	{"own", "X-Spam-Status: No, score=-98 required=5 tests=DKIM_VALID,USER_IN_WELCOMELIST"},
}

// TestContamination holds that each mark is found where the provider wrote it, and only there.
func TestContamination(t *testing.T) {
	byName := map[string]*shape{}
	for _, s := range shapes(t) {
		byName[s.name] = s
	}
	seen := map[string]bool{}
	for _, test := range contaminatedStamps {
		s := byName[test.preset]
		d := delivery{ip: firstIP("192.0.2.1"), helo: "mail.example.org", rdns: "mail.example.org"}
		written := *s
		written.top = test.field + "\n" + s.top
		a := compose(&written, d, forgery{}).analyze()
		if got := codes(a.Findings, "seed."); got != "seed.contaminated warning" {
			t.Errorf("%s: %s: findings %q, want one", test.preset, test.field, got)
		}
		for _, f := range a.Findings {
			seen[f.Title] = true
		}
		a = compose(s, d, forgery{first: test.field + "\n", last: test.field + "\n"}).analyze()
		if got := codes(a.Findings, "seed."); got != "" {
			t.Errorf("%s: %s of the sender's: findings %q, want none", test.preset, test.field, got)
		}
	}
	for _, m := range contaminationMarks() {
		title := contamination(&seedtest.Stamp{}, &m).Title
		if !seen[title] {
			t.Errorf("contamination.toml: %s %s %q: no line in the test shows it", m.Field, m.Key, m.Values)
		}
	}
}

func TestContaminationData(t *testing.T) {
	marks, err := readMarks()
	if err != nil || len(marks) == 0 {
		t.Fatalf("contamination.toml: %d marks, %v", len(marks), err)
	}
	for _, m := range marks {
		if stampTable().find(m.Field) == nil {
			t.Errorf("%s: no file in stamps/ reads the field", m.Field)
		}
		if m.Source == "" || m.Means == "" || len(m.Values) == 0 ||
			!strings.Contains(" documented observed guess ", " "+m.Status+" ") {
			t.Errorf("%s %s: want values, means, a source and a status", m.Field, m.Key)
		}
	}
}
