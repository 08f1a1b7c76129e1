package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/report"
)

// TestAuthSaysWhoDiffers holds that the report hides no dissenting provider, and no silence.
func TestAuthSaysWhoDiffers(t *testing.T) {
	untrusted := byOld("gmx")
	untrusted.Authentication[0].Trusted = false
	for want, headers := range map[string][]seedtest.Analysis{
		"spf pass":           {byOld("a"), byOld("b"), byOld("c")},
		"spf FAIL":           {byNew("a"), byNew("b"), byNew("c")},
		"spf pass 1, FAIL 2": {byNew("a"), byOld("b"), byNew("c")},
		"no provider says":   {untrusted, untrusted, untrusted},
	} {
		st := begin("regular", []string{"main"}, []string{"gmail-a", "outlook-a", "gmx-a"})
		for i, seed := range st.opened.Suite.Seeds {
			id := st.plan("main", seed)
			st.accept(id, 0).inbox(id, 5*s).header(id, 0, headers[i])
		}
		var b bytes.Buffer
		if err := report.Text(&b, st.report(m), report.Style{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\nauth         "+want+"\n") &&
			!strings.Contains(b.String(), "\nauth         "+want+"  ") {
			t.Errorf("want auth %q in\n%s", want, b.String())
		}
	}
}

// TestRoutesAreToldAlike holds that providers with different habits are counted together, and that
// one that writes no reverse name does not hide that there is none.
func TestRoutesAreToldAlike(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"gmail-a", "outlook-a", "gmx-a"})
	for i, version := range []string{"TLSv1.3", "TLS1_3", "TLS 1.2"} {
		a := byNew("x")
		a.Hops[1].TLS.Version = version
		if i > 0 {
			a.Hops[1].From.RDNS = ""
		}
		id := st.plan("main", st.opened.Suite.Seeds[i])
		st.accept(id, 0).inbox(id, 5*s).header(id, 0, a)
	}
	r := st.report(m)
	if got, want := labelled(t, r, "hops"), "2 hops, TLS 1.3 (2), TLS 1.2 (1)"; got != want {
		t.Errorf("hops are %q, want %q", got, want)
	}
	if got, want := labelled(t, r, "greets as"), "mail2.example.org, PTR FAIL"; got != want {
		t.Errorf("it greets as %q, want %q", got, want)
	}
}
