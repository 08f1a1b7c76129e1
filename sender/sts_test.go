package sender_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// web answers every request of the test alike.
type web struct {
	status      int
	kind        string
	body        string
	err         error
	asked       []string
	contextEnds bool
}

// RoundTrip implements http.RoundTripper.
func (w *web) RoundTrip(q *http.Request) (*http.Response, error) {
	w.asked = append(w.asked, q.URL.String())
	if w.contextEnds {
		<-q.Context().Done()
		return nil, q.Context().Err()
	}
	if w.err != nil {
		return nil, w.err
	}
	h := http.Header{"Content-Type": {w.kind}, "Location": {"https://elsewhere.example/"}}
	return &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Header: h,
		Body: io.NopCloser(strings.NewReader(w.body))}, nil
}

const policyOfExample = "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 86400\r\n"

func published(body string) *web {
	return &web{status: 200, kind: "text/plain; charset=utf-8", body: body}
}

// stsWorld is a domain that announces a policy, and a server of its own.
type stsWorld struct {
	t      *testing.T
	dns    names
	web    *web
	server *script
	field  *field
	route  seedtest.Route
	client *sender.Client
}

// newSTSWorld has a server whose certificate is for a name.
func newSTSWorld(t *testing.T, w *web, certificate string) *stsWorld {
	ca := newAuthority(t)
	s := &stsWorld{t: t, dns: threeHosts(), web: w, route: direct(seedtest.TLSMTASTS)}
	s.dns["_mta-sts.example.com TXT"] = []string{"v=STSv1; id=20261126T1;"}
	s.server = &script{t: t, tls: ca.server(t, certificate, time.Now().AddDate(1, 0, 0)),
		answers: map[string]string{"EHLO": "250-mx\r\n250 STARTTLS", "TLS": "250 mx"}}
	s.field = &field{servers: map[string]*script{"192.0.2.1:25": s.server, "192.0.2.2:25": {t: t}}}
	s.route.CA = ca.pem
	s.client = s.field.client(t, s.route, sender.Options{DNS: s.dns,
		STS: sender.NewSTS(&http.Client{Transport: w}, time.Now)})
	return s
}

func (s *stsWorld) send() seedtest.Submission {
	got, _ := sent(s.t, s.client, addressed(s.t, "anna@example.com"))
	return got
}

// TestPolicyOfMTASTS keeps what a policy says, and says why where there is none.
func TestPolicyOfMTASTS(t *testing.T) {
	tested := strings.Replace(policyOfExample, "enforce", "testing", 1)
	for name, c := range map[string]struct {
		web         *web
		txt         []string // nil: one good record
		certificate string   // empty: for the server's name
		plain       bool     // the server offers no TLS
		outcome     seedtest.Outcome
		mode        string
		demanded    bool
		note        string
	}{
		"kept": {web: published(policyOfExample), outcome: seedtest.OutcomeAccepted,
			mode: "enforce", demanded: true},
		"wrong certificate": {web: published(policyOfExample), certificate: "example.com",
			outcome: seedtest.OutcomeFailed, mode: "enforce", demanded: true},
		"no TLS": {web: published(policyOfExample), plain: true, outcome: seedtest.OutcomeFailed,
			mode: "enforce", demanded: true},
		"tested and kept": {web: published(tested), outcome: seedtest.OutcomeAccepted,
			mode: "testing"},
		"tested, wrong name": {web: published(tested), certificate: "example.com",
			outcome: seedtest.OutcomeAccepted, mode: "testing", note: "does not verify"},
		"tested without TLS": {web: published(tested), plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "testing", note: "no TLS"},
		"tested, another host": {web: published(strings.Replace(tested, "*.example.com", "example.com", 1)),
			outcome: seedtest.OutcomeAccepted, mode: "testing", note: "does not name this host"},
		"none": {web: published("version: STSv1\nmode: none\nmax_age: 60\n"), plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none"},
		"no record": {web: published(policyOfExample), txt: []string{}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "publishes no policy"},
		"two records": {web: published(policyOfExample),
			txt: []string{"v=STSv1; id=1;", "v=STSv1; id=2;"}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "2 records"},
		"record without id": {web: published(policyOfExample), txt: []string{"v=STSv1;"},
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "no id"},
		"record not known": {web: published(policyOfExample), txt: []string{"SERVFAIL"},
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "SERVFAIL"},
		"not there": {web: &web{status: 404, kind: "text/plain"}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "answers"},
		"elsewhere": {web: &web{status: 302, kind: "text/plain", body: policyOfExample},
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "answers"},
		"a page": {web: &web{status: 200, kind: "text/html", body: policyOfExample}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "text/html"},
		"endless": {web: published(policyOfExample + strings.Repeat("x: y\n", 20000)),
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "octets"},
		"not reached": {web: &web{err: errors.New("connection refused")}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "connection refused"},
		"never answered": {web: &web{contextEnds: true}, plain: true,
			outcome: seedtest.OutcomeAccepted, mode: "none", note: "deadline exceeded"},
		"not a policy": {web: published("hello"), plain: true, outcome: seedtest.OutcomeAccepted,
			mode: "none", note: "version"},
		"without age": {web: published("version: STSv1\nmode: enforce\nmx: *.example.com\n"),
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "max_age"},
		"without hosts": {web: published("version: STSv1\nmode: enforce\nmax_age: 60\n"),
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "names no mx"},
		"of another mode": {web: published("version: STSv1\nmode: maybe\nmax_age: 60\n"),
			plain: true, outcome: seedtest.OutcomeAccepted, mode: "none", note: "mode"},
	} {
		synctest.Test(t, func(t *testing.T) {
			certificate := c.certificate
			if certificate == "" {
				certificate = "mx1.example.com"
			}
			s := newSTSWorld(t, c.web, certificate)
			s.field.servers["192.0.2.2:25"] = nil
			if c.txt != nil {
				s.dns["_mta-sts.example.com TXT"] = c.txt
			}
			if c.plain {
				s.server.answers = nil
			}
			begun := time.Now()
			got := s.send()
			p := got.Policy
			if got.Outcome != c.outcome || p == nil || p.By != seedtest.TLSMTASTS || p.Mode != c.mode ||
				p.Demanded != c.demanded || !strings.Contains(p.Note, c.note) || c.note == "" && p.Note != "" {
				t.Errorf("%s: %s (%s), policy %+v; want %s", name, got.Outcome, got.Error, p, c.outcome)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("%s: took %v", name, took)
			}
			for _, url := range c.web.asked {
				if url != "https://mta-sts.example.com/.well-known/mta-sts.txt" {
					t.Errorf("%s: asked for %s", name, url)
				}
			}
		})
	}
}

// TestPolicyLeavesHostsOut: hosts that an enforced policy does not name get nothing.
func TestPolicyLeavesHostsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSTSWorld(t, published(strings.Replace(policyOfExample, "*.example.com", "mx9.example.com", 1)),
			"mx1.example.com")
		got := s.send()
		if got.Outcome != seedtest.OutcomeFailed || len(s.field.dialled) > 0 || len(got.Tried) != 2 ||
			!strings.Contains(got.Error, "does not name mx1.example.com") {
			t.Errorf("Send: %s, %s; dialled %v, tried %+v", got.Outcome, got.Error, s.field.dialled, got.Tried)
		}
	})
}

// TestPolicyIsKept for as long as it says, over losses of its record, until another is announced.
func TestPolicyIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSTSWorld(t, published(policyOfExample), "mx1.example.com")
		step := func(what, mode, id string, fetched int) {
			t.Helper()
			got := s.send()
			if got.Outcome != seedtest.OutcomeAccepted || got.Policy.Mode != mode || got.Policy.ID != id ||
				len(s.web.asked) != fetched {
				t.Errorf("%s: %s, %+v, fetched %d times; want %s %s and %d", what, got.Outcome, got.Policy,
					len(s.web.asked), mode, id, fetched)
			}
		}
		step("at first", "enforce", "20261126T1", 1)
		step("again", "enforce", "20261126T1", 1)
		s.dns["_mta-sts.example.com TXT"] = []string{"v=STSv1; id=2"}
		s.web.status = 500
		step("a new one that cannot be had", "enforce", "20261126T1", 2)
		step("which is not asked for again at once", "enforce", "20261126T1", 2)
		time.Sleep(6 * time.Minute)
		s.web.status, s.web.body = 200, strings.Replace(policyOfExample, "enforce", "testing", 1)
		step("but later", "testing", "2", 3)
		delete(s.dns, "_mta-sts.example.com TXT")
		step("without its record", "testing", "2", 3)
		time.Sleep(25 * time.Hour)
		step("until it expires", "none", "", 3)
	})
}
