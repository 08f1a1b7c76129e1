package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"seedtest"
	"seedtest/header"
)

// reportFixture is a message in testdata/bounces with what must be read of it above a line "---":
//
//	to ADDRESS ACTION STATUS CODE REMOTE
//	original MESSAGE-ID ENTITY-REF
//	envelope ID
//	mta NAME
//
// "-" stands for nothing. The name of the file begins with the form of the report; what follows a
// "+" tells several of one form apart.
type reportFixture struct {
	name, form string
	want       []string
	message    []byte
}

func reportFixtures(t testing.TB) []reportFixture {
	t.Helper()
	files, err := filepath.Glob("testdata/bounces/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("testdata/bounces: %d fixtures, %v", len(files), err)
	}
	var list []reportFixture
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, message, ok := strings.Cut(string(text), "\n---\n")
		if !ok {
			t.Fatalf("%s: no line \"---\"", file)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		form, _, _ := strings.Cut(name, "+")
		list = append(list, reportFixture{name, form, strings.Split(want, "\n"), []byte(message)})
	}
	return list
}

func readReportOf(message []byte) *seedtest.DeliveryReport {
	return readReport(header.Parse(message), message)
}

func TestReports(t *testing.T) {
	for _, f := range reportFixtures(t) {
		t.Run(f.name, func(t *testing.T) { f.check(t, f.message) })
		t.Run(f.name+"/crlf", func(t *testing.T) {
			f.check(t, []byte(strings.ReplaceAll(string(f.message), "\n", "\r\n")))
		})
	}
}

func (f reportFixture) check(t *testing.T, message []byte) {
	t.Helper()
	r := readReportOf(message)
	if r == nil {
		t.Fatal("readReport: nil, want a report")
	}
	if r.Form != f.form {
		t.Errorf("Form %q, want %q", r.Form, f.form)
	}
	if got := f.describe(r); !slices.Equal(got, f.want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(f.want, "\n\t"))
	}
	for _, to := range r.Recipients {
		if strings.Contains(to.Diagnostic, "\n") {
			t.Errorf("diagnostic of several lines: %q", to.Diagnostic)
		}
	}
}

// describe writes of a report what the fixture asks for, in its order.
func (f reportFixture) describe(r *seedtest.DeliveryReport) []string {
	var list []string
	for _, to := range r.Recipients {
		code := ""
		if to.Code > 0 {
			code = fmt.Sprint(to.Code)
		}
		list = append(list, "to "+dashes(to.Address, to.Action, to.Status, code, to.RemoteMTA))
	}
	for _, w := range f.want {
		switch word, _, _ := strings.Cut(w, " "); word {
		case "original":
			list = append(list, "original "+dashes(r.Original.MessageID, r.Original.EntityRef))
		case "envelope":
			list = append(list, "envelope "+dashes(r.EnvelopeID))
		case "mta":
			list = append(list, "mta "+dashes(r.ReportingMTA))
		}
	}
	return list
}

func dashes(words ...string) string {
	for i, w := range words {
		if w == "" {
			words[i] = "-"
		}
	}
	return strings.Join(words, " ")
}

// TestDialects demands a fixture for every dialect and holds the table to its own rules.
func TestDialects(t *testing.T) {
	forms := map[string]bool{}
	for _, f := range reportFixtures(t) {
		forms[f.form] = true
	}
	var file bounceFile
	meta, err := toml.Decode(bounceData, &file)
	if err != nil {
		t.Fatal(err)
	}
	if keys := meta.Undecoded(); len(keys) > 0 {
		t.Errorf("bounces.toml: keys that nothing reads: %v", keys)
	}
	for _, d := range dialects().Dialect {
		if !forms[d.ID] {
			t.Errorf("dialect %s has no fixture in testdata/bounces", d.ID)
		}
		if d.Name == "" || d.Source == "" || len(d.Recipient) == 0 ||
			!slices.Contains([]string{"documented", "observed", guess}, d.Status) {
			t.Errorf("dialect %s lacks a name, a source, a pattern or a status", d.ID)
		}
		if len(d.From)+len(d.Field)+len(d.Marker) == 0 {
			t.Errorf("dialect %s: nothing tells it from others", d.ID)
		}
		for _, s := range slices.Concat(d.From, d.Subject, d.Marker, d.Delayed, d.Delivered) {
			if s != strings.ToLower(s) || s != squeezeBlanks(s) && !strings.HasSuffix(s, " ") {
				t.Errorf("dialect %s: %q is not in lower case with single blanks", d.ID, s)
			}
		}
		for _, form := range d.recipients {
			wantGroup(t, d.ID, form, "address")
		}
		wantGroup(t, d.ID, d.reasons, "text")
		wantGroup(t, d.ID, d.detail, "text")
		wantGroup(t, d.ID, d.state, "status")
	}
	for _, form := range dialects().remotes {
		wantGroup(t, "remote", form, "host")
	}
}

// wantGroup demands that a pattern, if there is one, has a group of a name.
func wantGroup(t *testing.T, id string, form *regexp.Regexp, name string) {
	t.Helper()
	if form != nil && form.SubexpIndex(name) < 0 {
		t.Errorf("%s: pattern %q has no group %q", id, form, name)
	}
}

// TestContributingReport holds what CONTRIBUTING.md says of adding a dialect.
func TestContributingReport(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### A delivery report in words")
	entry := fenced(t, section, "toml")
	want, message, ok := strings.Cut(fenced(t, section, "report"), "\n---\n")
	file, err := readDialects(bounceData + "\n" + entry)
	if err != nil || !ok {
		t.Fatalf("%v; the example has a message: %v", err, ok)
	}
	d := file.Dialect[len(file.Dialect)-1]
	n := openNotice(header.Parse([]byte(message)), []byte(message))
	r := seedtest.DeliveryReport{Recipients: d.read(n)}
	f := reportFixture{want: []string{want}}
	if got := f.describe(&r); !d.fits(n) || !slices.Equal(got, f.want) {
		t.Errorf("dialect %s fits: %v; got %q, want %q", d.ID, d.fits(n), got, f.want)
	}
}

// TestExactReply demands that a vague status hides nothing of what the server replied.
func TestExactReply(t *testing.T) {
	const group = "Final-Recipient: rfc822; anna@example.net\nAction: failed\n"
	tests := []struct{ fields, status, diagnostic string }{
		{"Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown", "5.0.0", "550 5.1.1 unknown"},
		{"Diagnostic-Code: smtp; 550 5.1.1 unknown", "5.1.1", "550 5.1.1 unknown"},
		{"Status: 550\nDiagnostic-Code: smtp; 550 5.1.1 unknown", "5.1.1", "550 5.1.1 unknown"},
		{"Status: 550 unknown", "", ""},
	}
	for _, tt := range tests {
		var r seedtest.DeliveryReport
		readGroups(&r, group+tt.fields+"\n")
		to := r.Recipients[0]
		if to.Status != tt.status || to.Code != 550 || to.Diagnostic != tt.diagnostic {
			t.Errorf("%q: %+v", tt.fields, to)
		}
	}
}

func TestStatusIn(t *testing.T) {
	tests := map[string]string{
		"5.1.1": "5.1.1", " 4.4.7 (delivery time expired)": "4.4.7", "5.1.1-user unknown": "5.1.1",
		"#5.1.2": "5.1.2", "5.0.0.": "5.0.0", "550 5.2.2": "5.2.2", "5.1": "", "550": "", "": "",
		"6.1.1": "", "5.1.1234": "", "unknown": "",
	}
	for value, want := range tests {
		if got := statusIn(value); got != want {
			t.Errorf("statusIn(%q) = %q, want %q", value, got, want)
		}
	}
}

// TestReportWithoutBody: of a stored header no recipient is made up.
func TestReportWithoutBody(t *testing.T) {
	head := "From: MAILER-DAEMON@relay.example.org\nSubject: Undelivered Mail Returned to Sender\n" +
		"In-Reply-To: <abc123@example.org>\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
	r := readReportOf([]byte(head))
	if r == nil || len(r.Recipients) != 0 || !slices.Contains(r.Problems, "the body is not there") {
		t.Fatalf("readReport: %+v, want a report without recipients and the reason", r)
	}
	if r.Original.MessageID != "abc123@example.org" {
		t.Errorf("original Message-ID %q, want that of In-Reply-To", r.Original.MessageID)
	}
	r = readReportOf([]byte(head + "X-Failed-Recipients: anna@example.net, bert@example.net\n"))
	if len(r.Recipients) != 2 || r.Recipients[1].Address != "bert@example.net" ||
		r.Recipients[1].Action != "failed" || r.Recipients[1].Status != "" {
		t.Errorf("recipients %+v, want the two that the head names, failed, without a status",
			r.Recipients)
	}
}

func TestReplyIn(t *testing.T) {
	tests := []struct {
		text   string
		code   int
		status string
	}{
		{"550 5.1.1 user unknown", 550, "5.1.1"},
		{"550-5.7.26 not authenticated", 550, "5.7.26"},
		{"host mx[203.0.113.5] said: 550 #5.1.0 rejected", 550, "5.1.0"},
		{"Remote host said: 554 delivery error (#5.5.0)", 554, "5.5.0"},
		{"host mx.example.net [4.79.181.134]: 554 delivery error", 554, ""},
		{"501: 5.1.8 Sender address rejected", 501, "5.1.8"},
		{"550 [5.7.1] not allowed", 550, "5.7.1"},
		{"5.1.0 - Unknown address error 550-'5.1.1 no such user'", 550, "5.1.1"},
		{"5.1.0 - Unknown address error 550-'no such user'", 550, "5.1.0"},
		{"connect to 5.4.3.2 timed out", 0, ""},
		{"Exim 4.90.1 gave up", 0, ""},
		{"try port 587 or version 5.1", 0, ""},
		{"mailbox is full", 0, ""},
		{"", 0, ""},
	}
	for _, test := range tests {
		if code, status := replyIn(test.text); code != test.code || status != test.status {
			t.Errorf("replyIn(%q) = %d, %q, want %d, %q", test.text, code, status, test.code,
				test.status)
		}
	}
}

func TestPlainText(t *testing.T) {
	tests := map[string]string{
		"plain\ntext":                           "plain text",
		"<p>one<br>\n  two</p>three":            "\none\ntwo\nthree",
		"<pre>a\n  b</pre>\nc":                  "\na\n  b\nc",
		"<style>p { x }</style>a<b>b<script>c":  "abc",
		"&lt;anna@example.net&gt;&nbsp;x":       "<anna@example.net>\u00a0x",
		"<TD>a</TD><td>b<tr>c<br/>d<p class=x>": "ab\nc\nd\n",
		"a < b":                                 "a ",
		"":                                      "",
	}
	for in, want := range tests {
		if got := plainText(in); got != want {
			t.Errorf("plainText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTypedAddress(t *testing.T) {
	tests := map[string]string{
		"rfc822; anna@example.net":                  "anna@example.net",
		"RFC822;<anna@example.net>":                 "anna@example.net",
		"anna@example.net":                          "anna@example.net",
		"rfc822; @a.example,@b.example:c@d.example": "c@d.example",
		`utf-8; \x{FC}nal@b\x{FC}cher.example`:      "ünal@bücher.example",
		`utf-8; \x{110000}\x{}\x{7`:                 `\x{110000}\x{}\x{7`,
		"X400; /PN=anna/O=example/":                 "/PN=anna/O=example/",
		`rfc822; "anna b"@example.net`:              `"anna b"@example.net`,
		"":                                          "",
	}
	for value, want := range tests {
		if got := typedAddress(value); got != want {
			t.Errorf("typedAddress(%q) = %q, want %q", value, got, want)
		}
	}
}

// TestSystemNames: the pairs of letters that isSystem looks for cover all names.
func TestSystemNames(t *testing.T) {
	for _, name := range systemNames {
		for _, from := range []string{name, strings.ToUpper(name), "\"" + name + "\" <x@example.net>",
			"X <" + name + "@example.net>"} {
			if !isSystem(from) {
				t.Errorf("isSystem(%q) = false", from)
			}
		}
	}
	for _, from := range []string{"", "<>", "MAILER-DAEMON <>"} {
		if !isSystem(from) {
			t.Errorf("isSystem(%q) = false", from)
		}
	}
	for _, from := range []string{"Anna <anna@example.net>", "Mail <mail@example.net>", "a", "@"} {
		if isSystem(from) {
			t.Errorf("isSystem(%q) = true", from)
		}
	}
}

// TestSuspectIsFree: ordinary mail pays nothing for the reading of reports.
func TestSuspectIsFree(t *testing.T) {
	h := header.Parse([]byte(ordinaryHead))
	if got := testing.AllocsPerRun(100, func() { readReport(h, nil) }); got != 0 {
		t.Errorf("%v allocations for ordinary mail, want none", got)
	}
}

const ordinaryHead = "Return-Path: <anna@example.net>\n" +
	"Received: from mx.example.net by mx.example.org; Tue, 3 Nov 2026 10:00:00 +0100\n" +
	"Received: from client.example.net by mx.example.net; Tue, 3 Nov 2026 10:00:00 +0100\n" +
	"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.net\n" +
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=from; bh=x; b=x\n" +
	"From: \"Anna Example, Accounts\" <anna.example@example.net>\n" +
	"To: probe@example.org\nSubject: An offer for the coming week\n" +
	"Date: Tue, 3 Nov 2026 10:00:00 +0100\n" +
	"Message-ID: <abc123@example.net>\nMIME-Version: 1.0\n" +
	"Content-Type: multipart/alternative; boundary=\"b1\"\n\n"

func BenchmarkReportOrdinary(b *testing.B) {
	h := header.Parse([]byte(ordinaryHead))
	b.ReportAllocs()
	for b.Loop() {
		readReport(h, nil)
	}
}

func BenchmarkReportRead(b *testing.B) {
	fixtures := reportFixtures(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range fixtures {
			readReportOf(f.message)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(fixtures)), "µs/report")
}
