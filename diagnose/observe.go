package diagnose

import (
	"regexp"
	"strconv"
	"strings"

	"seedtest"
)

// observed is one probe with the words that are known of it, and what templates are filled with.
type observed struct {
	*seedtest.Probe
	provider string // id
	seen     map[string]observation
	fill     map[string]string
	earlier  []answer // unfriendly replies before the last
}

// see notes the value of a word. Evidence is added only where it was quoted from somewhere.
func (o *observed) see(word, value, field, raw string) {
	var from []seedtest.Evidence
	if raw != "" {
		from = []seedtest.Evidence{{Probe: o.ID, Field: field, Raw: raw}}
	}
	o.seen[word] = observation{value: value, evidence: from}
}

// put notes what a template word stands for, if anything is known of it.
func (o *observed) put(word, value string) {
	if value != "" {
		o.fill[word] = value
	}
}

// observeAll reads every probe of the run.
func observeAll(run seedtest.Run) []observed {
	list := make([]observed, len(run.Probes))
	for i := range run.Probes {
		p := &run.Probes[i]
		o := &list[i]
		*o = observed{Probe: p, seen: map[string]observation{}, fill: map[string]string{}}
		o.names(run)
		o.wayOut()
		o.place(run)
		o.header()
	}
	contrast(run, list)
	return list
}

// names fills the template words that the configuration gives.
func (o *observed) names(run seedtest.Run) {
	route := run.Route(o.Route)
	o.put("route", o.Route)
	o.put("seed", o.Seed)
	o.see("route.type", string(route.Type), "", "")
	o.put("host", route.Server.Host)
	if sub := o.Submission(); sub != nil {
		o.put("host", sub.Host) // the one of several that decided
	}
	if route.Server.Port > 0 {
		o.put("port", strconv.Itoa(route.Server.Port))
	}
	o.put("user", route.Login.Username)
	o.put("sender", route.Sender.EnvelopeFrom)
	o.put("domain", domainOf(route.Sender.EnvelopeFrom))
	o.put("from_domain", domainOf(route.Sender.From))
	if s := run.Seed(o.Seed); s != nil {
		o.provider = s.Seed.Provider.ID
		o.put("provider", s.Seed.Provider.Name)
		if s.Seed.Provider.Name == "" {
			o.put("provider", s.Seed.Provider.ID)
		}
	}
}

// domainOf returns the domain of an address or mailbox, in lower case.
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.Trim(address[i+1:], "<> \t."))
}

// wayOut observes the submission.
func (o *observed) wayOut() {
	sub := o.Submission()
	if sub == nil {
		return
	}
	o.put("queue_id", sub.QueueID)
	o.put("stage", stageName(sub.Stage))
	if sub.Reply != nil {
		text := replyText(*sub.Reply)
		o.see("smtp.outcome", string(sub.Outcome), "reply", text)
		o.see("smtp.code", strconv.Itoa(sub.Reply.Code), "reply", text)
	} else {
		o.see("smtp.outcome", string(sub.Outcome), "error", sub.Error)
		o.see("smtp.error", errorKind(sub.Error), "error", sub.Error)
	}
	o.see("smtp.stage", string(sub.Stage), "", "")
	o.retries()
	o.nextHop()
}

// stageName says a stage as people do.
func stageName(s seedtest.Stage) string {
	switch s {
	case seedtest.StageFinal:
		return "the final dot"
	case seedtest.StageBody:
		return "the content"
	case seedtest.StageBanner:
		return "the greeting"
	}
	return strings.ToUpper(string(s))
}

// retries observes what became of a first 4yz, ours or the next hop's.
func (o *observed) retries() {
	var last *seedtest.Submission
	for _, a := range o.Attempts {
		s := a.Submission
		if s == nil {
			continue
		}
		if last != nil && last.Outcome == seedtest.OutcomeDeferred && last.Reply != nil {
			result := "failed"
			if s.Outcome == seedtest.OutcomeAccepted {
				result = "passed"
			}
			o.retried(result, "reply", *last.Reply)
		}
		last = s
	}
}

// retried observes what came after a 4yz. One that is known to mean something else than greylisting
// speaks for itself, also where a later try passed.
func (o *observed) retried(result, field string, r seedtest.Reply) {
	if rule := theBook().reply(r); rule != nil && rule.Cause != greylisted {
		o.earlier = append(o.earlier, answer{r, field})
		return
	}
	o.see("retry.result", result, field, replyText(r))
}

const greylisted = "rate.greylisted"

// nextHop observes what the next hop answered, by the route's log or a report.
func (o *observed) nextHop() {
	for i, r := range o.Relayed {
		raw := r.Remote
		if r.Reply != nil {
			raw += ": " + replyText(*r.Reply)
		}
		o.see("relay.next", string(r.Outcome), r.Source, raw)
		if i > 0 && r.Outcome == seedtest.OutcomeAccepted &&
			o.Relayed[i-1].Outcome == seedtest.OutcomeDeferred && o.Relayed[i-1].Reply != nil {
			o.retried("passed", r.Source, *o.Relayed[i-1].Reply)
		}
	}
}

var errorKinds = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"policy", regexp.MustCompile(`(?i)mta-sts policy of the domain`)},
	{"nxdomain", regexp.MustCompile(`(?i)no such host|nxdomain`)},
	{"refused", regexp.MustCompile(`(?i)connection refused`)},
	{"secret", regexp.MustCompile(`(?i)no secret for`)},
	{"plain", regexp.MustCompile(`(?i)not encrypted|certificate is not verified`)},
	{"mechanism", regexp.MustCompile(`(?i)offers no auth|can be used with`)},
	{"speech", regexp.MustCompile(`(?i)no smtp reply|middle of a line|line of the server|` +
		`reply of the server|two codes|no meaning|not 354`)},
	{"tls", regexp.MustCompile(`(?i)\btls\b|x509|certificate`)},
	{"timeout", regexp.MustCompile(`(?i)timeout|timed out|deadline exceeded|no answer within`)},
	{"broken", regexp.MustCompile(`(?i)reset|broken pipe|\beof\b|closed|broke the connection`)},
}

// errorKind sorts the text of an operating system's or library's error.
func errorKind(text string) string {
	for _, k := range errorKinds {
		if k.re.MatchString(text) {
			return k.kind
		}
	}
	return "other"
}
