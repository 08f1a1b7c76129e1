package sender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// The modes of MTA-STS (RFC 8461 section 5).
const (
	modeEnforce = "enforce"
	modeTesting = "testing"
	modeNone    = "none"
)

// The bounds of a policy: its octets (RFC 8461 section 3.3), how long it may take to come, how long
// it may be kept (section 3.2), and how long one that did not come is not asked for again.
const (
	maxPolicy     = 64 << 10
	maxPatterns   = 100
	policyWait    = 30 * time.Second
	maxPolicyAge  = 31557600 * time.Second
	policyFailure = 5 * time.Minute
)

// STS keeps the MTA-STS policies of domains (RFC 8461) as long as they allow. It is safe for
// concurrent use, by several Clients.
type STS struct {
	client *http.Client
	now    func() time.Time
	mu     sync.Mutex
	kept   map[string]*stsDomain
}

// stsDomain is what is known of one domain. turn has room for one, who may ask.
type stsDomain struct {
	turn   chan struct{}
	policy *stsPolicy
	failed string    // the id that could not be fetched
	why    string    // and why not
	again  time.Time // until then it is not tried again
}

// stsPolicy is a policy as it was fetched.
type stsPolicy struct {
	id, mode string
	mx       []string
	until    time.Time
}

// stsAnswer is what MTA-STS says of a domain: a policy, or why there is none.
type stsAnswer struct {
	policy *stsPolicy
	note   string
}

// NewSTS returns a cache of policies that client fetches; nil for http.DefaultClient. Redirects are
// never followed (RFC 8461 section 3.3), and what a policy may cost is bounded.
func NewSTS(client *http.Client, now func() time.Time) *STS {
	if client == nil {
		client = http.DefaultClient
	}
	if now == nil {
		now = time.Now
	}
	mine := *client
	mine.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &STS{client: &mine, now: now, kept: map[string]*stsDomain{}}
}

// askSTS returns what MTA-STS says of a domain, nil where the route does not ask.
func (c *Client) askSTS(ctx context.Context, domain string) *stsAnswer {
	if c.route.Server.TLS != seedtest.TLSMTASTS {
		return nil
	}
	if c.o.STS == nil {
		return &stsAnswer{note: "nobody fetches policies here"}
	}
	policy, note := c.o.STS.ask(ctx, c.o.DNS, domain)
	return &stsAnswer{policy, note}
}

func (s *STS) domain(name string) *stsDomain {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.kept[name]
	if d == nil {
		d = &stsDomain{turn: make(chan struct{}, 1)}
		s.kept[name] = d
	}
	return d
}

// ask returns the policy of a domain, or nil and why there is none. A policy that is kept holds
// until it expires, whatever DNS says meanwhile, and is replaced when DNS names another one
// (RFC 8461 sections 3.1 and 5.1).
func (s *STS) ask(ctx context.Context, dns MXResolver, domain string) (*stsPolicy, string) {
	d := s.domain(domain)
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, "cancelled"
	}
	ctx, cancel := context.WithTimeout(ctx, policyWait)
	defer cancel()
	if d.policy != nil && !s.now().Before(d.policy.until) {
		d.policy = nil
	}
	id, why := policyID(ctx, dns, domain)
	switch {
	case id == "" && d.policy != nil:
		return d.policy, "the policy that was fetched before still holds; " + why
	case id == "":
		return nil, why
	}
	if d.policy != nil && d.policy.id == id {
		return d.policy, ""
	}
	if d.failed == id && s.now().Before(d.again) {
		return d.policy, d.why
	}
	p, err := s.fetch(ctx, domain)
	if err != nil {
		d.failed, d.again = id, s.now().Add(policyFailure)
		d.why = "the domain announces a policy that could not be fetched, so it counts as none " +
			"(RFC 8461 section 3.3): " + err.Error()
		return d.policy, d.why
	}
	p.id = id
	d.policy, d.failed = p, ""
	return p, ""
}

// policyID is what DNS says that the policy's id is, or why there is none (RFC 8461 section 3.1).
func policyID(ctx context.Context, dns MXResolver, domain string) (id, why string) {
	answer, err := dns.Lookup(ctx, "_mta-sts."+domain, "TXT")
	switch {
	case errors.Is(err, seedtest.ErrNXDOMAIN), errors.Is(err, seedtest.ErrNODATA):
		return "", "the domain publishes no policy"
	case err != nil:
		return "", fmt.Sprintf("_mta-sts.%s could not be looked up: %v", domain, err)
	}
	var records []string
	for _, r := range answer.List {
		if version, _, _ := strings.Cut(r.Text, ";"); strings.TrimRight(version, " \t") == "v=STSv1" {
			records = append(records, r.Text)
		}
	}
	if len(records) != 1 {
		return "", fmt.Sprintf("_mta-sts.%s has %d records of STSv1 where one is wanted", domain,
			len(records))
	}
	for field := range strings.SplitSeq(records[0], ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(field), "id="); ok {
			id = v
		}
	}
	odd := strings.ContainsFunc(id, func(r rune) bool { return !isAlnum(r) })
	if id == "" || len(id) > 32 || odd {
		return "", "_mta-sts." + domain + " names no id of 1 to 32 letters and digits"
	}
	return id, ""
}

func isAlnum(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// fetch gets the policy from where RFC 8461 section 3.3 says that it is.
func (s *STS) fetch(ctx context.Context, domain string) (*stsPolicy, error) {
	url := "https://mta-sts." + domain + "/.well-known/mta-sts.txt"
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r, err := s.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, r.Status)
	}
	kind := r.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "text/plain" {
		return nil, fmt.Errorf("%s is of type %q, not text/plain", url, kind)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	if len(body) > maxPolicy {
		return nil, fmt.Errorf("%s has more than %d octets", url, maxPolicy)
	}
	p, age, err := parsePolicy(string(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	p.until = s.now().Add(age)
	return p, nil
}

// parsePolicy reads a policy (RFC 8461 section 3.2). Keys that it does not know are passed over,
// and of one that must stand once the first counts.
func parsePolicy(text string) (*stsPolicy, time.Duration, error) {
	p, first := &stsPolicy{}, map[string]string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok:
		case key == "mx":
			p.mx = append(p.mx, strings.ToLower(strings.TrimSuffix(value, ".")))
		case first[key] == "":
			first[key] = value
		}
	}
	p.mode = first["mode"]
	age, err := strconv.ParseUint(first["max_age"], 10, 32)
	switch {
	case first["version"] != "STSv1":
		return nil, 0, errors.New("the policy's version is not STSv1")
	case !slices.Contains([]string{modeEnforce, modeTesting, modeNone}, p.mode):
		return nil, 0, errors.New("the policy's mode is none of enforce, testing and none")
	case err != nil:
		return nil, 0, errors.New("the policy has no max_age in seconds")
	case p.mode != modeNone && len(p.mx) == 0:
		return nil, 0, errors.New("the policy names no mx")
	case len(p.mx) > maxPatterns:
		return nil, 0, fmt.Errorf("the policy names more than %d mx", maxPatterns)
	}
	return p, min(time.Duration(age)*time.Second, maxPolicyAge), nil
}

// allows reports whether a host is one of the policy's. A star stands for one label
// (RFC 8461 section 4.1).
func (p *stsPolicy) allows(host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(p.mx, func(pattern string) bool {
		if rest, ok := strings.CutPrefix(pattern, "*."); ok {
			return parent != "" && rest == parent
		}
		return pattern == host
	})
}

// bySTS applies what MTA-STS says to a server.
func (t *target) bySTS(a *stsAnswer) *trouble {
	t.server.TLS = seedtest.TLSOpportunistic
	t.policy = &seedtest.TLSPolicy{By: seedtest.TLSMTASTS, Mode: modeNone, Note: printable(a.note)}
	p := a.policy
	if p == nil {
		return nil
	}
	t.policy.Mode, t.policy.ID = p.mode, p.id
	if p.mode == modeNone {
		return nil
	}
	listed := p.allows(t.server.Host)
	switch {
	case p.mode == modeTesting && !listed:
		t.policy.Note = onlyTested + "it does not name this host"
	case p.mode == modeEnforce && !listed:
		return &trouble{stage: seedtest.StageResolve, outcome: seedtest.OutcomeFailed,
			what: "resolve: the MTA-STS policy of the domain does not name " + t.server.Host,
			hint: "its operator must add the host to the policy, or take it out of the MX records"}
	case p.mode == modeEnforce:
		t.server.TLS, t.policy.Demanded = seedtest.TLSStartTLS, true
	}
	return nil
}
