package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest"
	"seedtest/header"
)

// stampSample is a header field of a fixture with what is wanted of it.
type stampSample struct {
	place string // file:line
	field string // "Name: value", folded
	want  map[string][]string
}

// stampSamples reads the fixtures: a field, its folds, then lines "> verdict spam", "> score 5",
// "> threshold 5", "> value key=text" and "> says text". An empty line parts two.
func stampSamples(t testing.TB) []stampSample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "stamps", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/stamps: %d files, %v", len(files), err)
	}
	var list []stampSample
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s stampSample
		for i, line := range strings.Split(string(data)+"\n", "\n") {
			want, isWant := strings.CutPrefix(line, "> ")
			switch {
			case strings.HasPrefix(line, "#"):
			case line == "" && s.field != "":
				list, s = append(list, s), stampSample{}
			case line == "":
			case isWant:
				key, value, _ := strings.Cut(want, " ")
				s.want[key] = append(s.want[key], value)
			case s.field == "":
				s = stampSample{place: fmt.Sprintf("%s:%d", filepath.Base(file), i+1), field: line,
					want: map[string][]string{}}
			default:
				s.field += "\n" + line
			}
		}
	}
	return list
}

// TestStamps holds every fixture against what is read of it, and demands one for every entry of the
// data.
func TestStamps(t *testing.T) {
	seen := map[*stampForm][]seedtest.Stamp{}
	for _, sample := range stampSamples(t) {
		a := Message([]byte(sample.field+"\n\n"), "", seedtest.Trust{})
		if len(a.Stamps) != 1 {
			t.Errorf("%s: %q makes %d stamps, want 1", sample.place, sample.field, len(a.Stamps))
			continue
		}
		s := a.Stamps[0]
		form := stampTable().find(s.Field)
		seen[form] = append(seen[form], s)
		got := describeStamp(s)
		for _, key := range []string{"family", "verdict", "score", "threshold", "value", "says"} {
			if !slices.Equal(got[key], sample.want[key]) {
				t.Errorf("%s: %s of %s\n got %q\nwant %q", sample.place, key, s.Field, got[key],
					sample.want[key])
			}
		}
	}
	families, _, err := readFamilies()
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, family := range families {
		for _, f := range family.Field {
			fields++
			needsFixture(t, f, seen[stampTable().entry(f.Name)])
		}
	}
	t.Logf("%d families with %d fields", len(families), fields)
	if len(families) < 45 {
		t.Errorf("%d families, want at least 45", len(families))
	}
}

// entry finds a form by the name that the data gives it.
func (x *stampIndex) entry(name string) *stampForm {
	for _, names := range append(x.starred[:], x.within) {
		for _, s := range names {
			if s.form.Name == name {
				return s.form
			}
		}
	}
	return x.find(name)
}

// needsFixture demands that the fixtures of an entry show what the entry can say.
func needsFixture(t *testing.T, f *stampForm, stamps []seedtest.Stamp) {
	t.Helper()
	var values, verdict, score, threshold bool
	for _, s := range stamps {
		values = values || len(s.Values) > 0
		verdict = verdict || s.Verdict != ""
		score = score || s.Score != nil
		threshold = threshold || s.Threshold != nil
	}
	name := f.family + " " + f.Name
	switch {
	case len(stamps) == 0:
		t.Errorf("%s: no fixture in testdata/stamps", name)
	case !values && f.Form != formText && f.Form != formOpaque:
		t.Errorf("%s: no fixture shows a value", name)
	case !verdict && f.hasVerdict():
		t.Errorf("%s: no fixture shows a verdict", name)
	case !score && len(f.Score) > 0:
		t.Errorf("%s: no fixture shows a score", name)
	case !threshold && len(f.Threshold) > 0:
		t.Errorf("%s: no fixture shows a threshold", name)
	}
}

func (f *stampForm) hasVerdict() bool {
	return f.Present != "" || len(f.Spam)+len(f.Ham)+len(f.Unsure) > 0 || f.SpamFrom != nil ||
		f.HamBelow != nil
}

// describeStamp writes a stamp in the way of the fixtures.
func describeStamp(s seedtest.Stamp) map[string][]string {
	got := map[string][]string{"family": {s.Family}, "says": s.Says}
	if s.Verdict != "" {
		got["verdict"] = []string{s.Verdict}
	}
	if s.Score != nil {
		got["score"] = []string{shortNumber(*s.Score)}
	}
	if s.Threshold != nil {
		got["threshold"] = []string{shortNumber(*s.Threshold)}
	}
	for _, v := range s.Values {
		got["value"] = append(got["value"], v.Name+"="+v.Value)
	}
	return got
}

// TestUnread lists what promises an opinion, and nothing else.
func TestUnread(t *testing.T) {
	for name, want := range map[string]bool{
		"X-Example-Spam-Grade": true, "X-EXAMPLE-ANTISPAM": true, "X-Example-SCL": true,
		"SpamVerdict": true, "X-JunkBox": true, "X-Virus-Found": true, "X-Example-Phishing": true,
		"X-Spam-Flag": false, "X-Unread": false, "X-Spam-Abuse-Contact": false, "Subject": false,
		"List-Unsubscribe": false, "X-Mailer": false, "X-Isclear": false, "DKIM-Signature": false,
		"X-MS-Exchange-Organization-SCL": false, "X-Report-Spam-Abuse": false, "X-Acme": false,
	} {
		a := Message([]byte(name+": a value\n\n"), "", seedtest.Trust{})
		if got := len(a.Unread) == 1; got != want {
			t.Errorf("Message(%s: ...).Unread = %+v, want it listed: %v", name, a.Unread, want)
		}
		if want && (a.Unread[0].Field != name || a.Unread[0].Raw != "a value") {
			t.Errorf("Message(%s: ...).Unread = %+v, want its name and value", name, a.Unread)
		}
	}
}

// TestStampNames finds forms without regard to case, and a whole name before one with a star.
func TestStampNames(t *testing.T) {
	for name, want := range map[string]string{
		"x-spam-status": "X-Spam-Status", "X-SPAM-STATUS": "X-Spam-Status",
		"X-Mru-Trust-IP": "X-Mru-Trust-IP", "X-Mru-Authenticated-Sender": "X-Mru-*",
		"X-Acme-Ltd-MailScanner-SpamCheck": "X-*-MailScanner-SpamCheck",
		"X-Spam-Statu":                     "", "X-Spam-Status2": "", "": "", "X": "",
	} {
		got := ""
		if f := stampTable().find(name); f != nil {
			got = f.Name
		}
		if got != want {
			t.Errorf("find(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestHostileStamps reads values that no filter writes.
func TestHostileStamps(t *testing.T) {
	for _, test := range []struct{ field, verdict, score string }{
		{"X-Spam-Score: NaN", "", "-"},
		{"X-Spam-Score: 1e999", "", "1"},
		{"X-Spam-Score: -", "", "-"},
		{"X-Spam-Level: Low", "", "-"},
		{"X-Spam-Level:", "", "0"},
		{"X-Spam-Status:", "", "-"},
		{"X-Spam-Status: =,=;==", "", "-"},
		{"X-Spam-Status: Yes score=[", "spam", "-"},
		{"X-Spamd-Result: ", "", "-"},
		{"X-Spamd-Result: default: True [/]; (;)", "spam", "-"},
		{"X-Message-Delivery: no base64!", "", "-"},
		{"X-TM-AS-Result: No--", "", "-"},
		{"X-Forefront-Antispam-Report: ;;:;SCL", "", "-"},
	} {
		a := Message([]byte(test.field+"\n\n"), "", seedtest.Trust{})
		if len(a.Stamps) != 1 {
			t.Errorf("Message(%q) has %d stamps, want 1", test.field, len(a.Stamps))
			continue
		}
		score := "-"
		if s := a.Stamps[0].Score; s != nil {
			score = shortNumber(*s)
		}
		if got := a.Stamps[0].Verdict; got != test.verdict || score != test.score {
			t.Errorf("Message(%q): verdict %q, score %s, want %q and %s", test.field, got, score,
				test.verdict, test.score)
		}
	}
	flood := strings.Repeat("X-Spam: yes\n", maxStamps+5)
	if a := Message([]byte(flood), "", seedtest.Trust{}); len(a.Stamps) != maxStamps ||
		len(a.Unread) != 5 {
		t.Errorf("%d stamps and %d unread of %d, want %d and the rest", len(a.Stamps), len(a.Unread),
			maxStamps+5, maxStamps)
	}
	many := strings.Repeat("K:v;", 10*maxValues)
	talk := Message([]byte("X-Forefront-Antispam-Report: CIP:"+strings.Repeat("9", 9*maxSaid)+
		";CIP:1;CIP:2;CIP:3"+strings.Repeat(";CIP:4;CIP:5", maxSayings)+"\n\n"), "", seedtest.Trust{})
	if says := talk.Stamps[0].Says; len(says) != 6 || len(says[0]) > maxSaid+100 {
		t.Errorf("a long stamp says %q, want six short sentences", says)
	}
	a := Message([]byte("X-Microsoft-Antispam: "+many+"\n\n"), "", seedtest.Trust{})
	if got := len(a.Stamps[0].Values); got != maxValues || a.Stamps[0].Raw != many {
		t.Errorf("%d values are kept, want %d, and the raw text whole", got, maxValues)
	}
}

// FuzzStamps reads any value by every form: the raw text is kept, values are bounded and say only
// what stands there, and a verdict is one of three.
func FuzzStamps(f *testing.F) {
	for _, sample := range stampSamples(f) {
		_, value, _ := strings.Cut(sample.field, ":")
		f.Add(strings.TrimSpace(value))
	}
	families, _, err := readFamilies()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, family := range families {
			for _, form := range family.Field {
				s := form.one(value)
				if s.Raw != value || len(s.Values) > maxValues || s.Status == "" {
					t.Fatalf("%s: %+v of %q", form.Name, s, value)
				}
				if !slices.Contains([]string{"", "spam", "ham", "unsure"}, s.Verdict) {
					t.Fatalf("%s: verdict %q of %q", form.Name, s.Verdict, value)
				}
				for _, v := range s.Values {
					if form.Decode == "" && form.Form != formBar && !strings.Contains(value, v.Value) &&
						form.Form != formStatus {
						t.Fatalf("%s: the value %q does not stand in %q", form.Name, v.Value, value)
					}
				}
				if len(s.Says) == 0 {
					t.Fatalf("%s says nothing of %q", form.Name, value)
				}
			}
		}
	})
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
			if s.Raw != h.Fields[s.Position].Value {
				t.Fatalf("stamp %+v is not field %d", s, s.Position)
			}
		}
		for _, u := range a.Unread {
			if u.Raw != h.Fields[u.Position].Value || u.Field != h.Fields[u.Position].Name {
				t.Fatalf("unread %+v is not field %d", u, u.Position)
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
