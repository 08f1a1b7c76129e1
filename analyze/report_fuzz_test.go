package analyze

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// FuzzReport holds what readReport promises of any input: it returns, gives the same again, stays
// within its bounds and makes up no codes.
func FuzzReport(f *testing.F) {
	for _, r := range reportFixtures(f) {
		f.Add(r.message)
	}
	for _, message := range ordinary {
		f.Add([]byte(message))
	}
	f.Add([]byte("Subject: failure\nX-Failed-Recipients: a@example.net\n\n570 5.7.1 no\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		before := bytes.Clone(message)
		r := readReportOf(message)
		if !bytes.Equal(before, message) {
			t.Fatal("the input was changed")
		}
		if r == nil {
			return
		}
		if len(r.Recipients) > maxRecipients {
			t.Errorf("%d recipients", len(r.Recipients))
		}
		for _, to := range r.Recipients {
			if to.Status != "" && !isStatus(to.Status) {
				t.Errorf("status %q is none", to.Status)
			}
			if to.Action == "" || to.Code != 0 && (to.Code < 200 || to.Code > 599) {
				t.Errorf("action %q, code %d", to.Action, to.Code)
			}
		}
		if again := readReportOf(message); !reflect.DeepEqual(r, again) {
			t.Errorf("read twice: %+v, then %+v", r, again)
		}
	})
}

// worstReports are inputs made to cost much.
func worstReports() map[string]string {
	head := "From: MAILER-DAEMON@relay.example.org\nReturn-Path: <>\nSubject: failure\n"
	report := head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
	words := "user unknown a@example.net 550 5.1.1\n"
	failed := strings.Repeat("a@b.example,", 100_000)
	status := report + "--b\nContent-Type: message/delivery-status\n\n"
	var nested strings.Builder
	nested.WriteString(head + "Content-Type: multipart/mixed; boundary=b0\n\n")
	for i := range 5000 {
		fmt.Fprintf(&nested, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	var marks strings.Builder
	marks.WriteString(head + "\n")
	for _, d := range dialects().Dialect {
		marks.WriteString(strings.Join(d.Marker, " ") + " ")
	}
	recipients := strings.Repeat("Final-Recipient: rfc822; a@example.net\nAction: failed\n\n", 10_000)
	return map[string]string{
		"body of 10 MB":     head + "\n" + strings.Repeat(words, 280_000),
		"one line of 10 MB": head + "\n<a@example.net>:" + strings.Repeat("550 5.1.1 ", 1<<20),
		"10,000 parts":      report + strings.Repeat("--b\nContent-Type: text/plain\n\nno\n", 10_000),
		"10,000 recipients": status + recipients,
		"10,000 addresses": head + "\nHi. This is the qmail-send program.\n\n" +
			addresses("<a%d@example.net>:\nno\n\n", 10_000),
		"nested parts":    nested.String(),
		"nested reports":  strings.Repeat(report+"--b\nContent-Type: message/rfc822\n\n", 2000),
		"open HTML":       head + "Content-Type: text/html\n\n" + strings.Repeat("<style", 1<<18),
		"hidden HTML":     head + "Content-Type: text/html\n\n" + strings.Repeat("<style>", 1<<17),
		"boundaries":      report + strings.Repeat("--b\n", 1<<18),
		"no boundary":     head + "Content-Type: multipart/x\n\n" + strings.Repeat("--aaaaa\n", 1<<17),
		"blank lines":     head + "\n" + strings.Repeat("\n", 10<<20),
		"bare CR":         head + "\n" + strings.Repeat("\r", 10<<20),
		"NUL":             head + "\n" + strings.Repeat("\x00", 10<<20),
		"failed in head":  head + "X-Failed-Recipients: " + failed + "\n",
		"at signs":        head + "\n" + strings.Repeat("@", 1<<20),
		"every dialect":   marks.String() + strings.Repeat("\n<a@ 550 for x@ to: (b@", 1<<16),
		"angle brackets":  head + "\n" + strings.Repeat("<a@", 1<<19),
		"colons in group": status + strings.Repeat("a:\n", 1<<19),
	}
}

func addresses(form string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// TestWorstReports: the bounds hold. A cost that is not linear would run into the test's limit.
func TestWorstReports(t *testing.T) {
	for name, message := range worstReports() {
		r := readReportOf([]byte(message))
		if r == nil {
			continue
		}
		if len(r.Recipients) > maxRecipients {
			t.Errorf("%s: %d recipients, want at most %d", name, len(r.Recipients), maxRecipients)
		}
		for _, to := range r.Recipients {
			if len(to.Diagnostic) > maxDiagnostic {
				t.Errorf("%s: a diagnostic of %d bytes", name, len(to.Diagnostic))
			}
		}
	}
	for name, problem := range map[string]string{
		"10,000 recipients": "more recipients than are read",
		"10,000 addresses":  "more recipients than are read",
		"10,000 parts":      "the report is larger than is read",
	} {
		r := readReportOf([]byte(worstReports()[name]))
		if r == nil {
			t.Errorf("%s: nil, want a report", name)
		} else if !strings.Contains(strings.Join(r.Problems, "; "), problem) {
			t.Errorf("%s: problems %q, want %q", name, r.Problems, problem)
		}
	}
}

func BenchmarkReportWorst(b *testing.B) {
	for name, message := range worstReports() {
		raw := []byte(message)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				readReportOf(raw)
			}
		})
	}
}
