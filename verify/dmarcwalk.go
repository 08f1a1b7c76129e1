package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"seedtest"
)

// maxWalk is how many labels a name may have below which the tree walk skips none (RFC 9989
// section 4.10, step 4). It keeps a walk to eight questions.
const maxWalk = 8

// walkNames are the names that a tree walk from a domain asks for records, in order.
func walkNames(domain string) []string {
	names := []string{domain}
	for {
		drop := max(1, strings.Count(domain, ".")+1-(maxWalk-1))
		for range drop {
			_, rest, ok := strings.Cut(domain, ".")
			if !ok {
				return names
			}
			domain = rest
		}
		names = append(names, domain)
	}
}

// severalRecords ends the outcome of a step that found more records than there may be.
const severalRecords = " DMARC records: none of them counts"

// dmarcAnswer is what DNS said of the records at a name.
type dmarcAnswer struct {
	count int         // of records of DMARC
	rec   dmarcRecord // if there is one
	err   error       // nothing could be learned
	step  seedtest.DMARCStep
}

// dmarcBook asks for records, and remembers them for the walks that meet.
type dmarcBook struct {
	dns   Resolver
	asked map[string]dmarcAnswer
}

// at returns the records of a domain.
func (b *dmarcBook) at(ctx context.Context, domain string) dmarcAnswer {
	name := "_dmarc." + domain
	if a, ok := b.asked[name]; ok {
		return a
	}
	a := b.ask(ctx, name)
	b.asked[name] = a
	return a
}

func (b *dmarcBook) ask(ctx context.Context, name string) dmarcAnswer {
	a := dmarcAnswer{step: seedtest.DMARCStep{Name: name}}
	if !isName(name) {
		a.step.Outcome = "no name that DNS can be asked for"
		return a
	}
	texts, err := b.dns.TXT(ctx, name)
	var text string
	for _, t := range texts {
		if isDMARC(t) {
			text = t
			a.count++
		}
	}
	switch {
	case errors.Is(err, seedtest.ErrNXDOMAIN):
		a.step.Outcome = "no such name"
	case err != nil && !isVoid(err):
		a.err = fmt.Errorf("TXT of %s: %s", name, cause(err))
		a.step.Outcome = cause(err)
	case a.count == 1:
		a.rec = parseDMARC(text)
		a.step.Outcome = a.rec.text
	case a.count > 1:
		a.step.Outcome = fmt.Sprint(a.count) + severalRecords
	case len(texts) > 0:
		a.step.Outcome = "no DMARC record, but other text: " + shorten(texts[0], 100)
	default:
		a.step.Outcome = "no record"
	}
	return a
}

// dmarcFound is a record and the domain that publishes it.
type dmarcFound struct {
	domain string
	rec    dmarcRecord
}

// dmarcWalk is a tree walk (RFC 9989 section 4.10).
type dmarcWalk struct {
	domain string       // where it began
	found  []dmarcFound // the longest name first
	steps  []seedtest.DMARCStep
	err    error // it could not go on
}

// walk goes up the tree from a domain until a record says psd=y or psd=n.
func (b *dmarcBook) walk(ctx context.Context, domain string) dmarcWalk {
	w := dmarcWalk{domain: domain}
	for _, name := range walkNames(domain) {
		a := b.at(ctx, name)
		w.steps = append(w.steps, a.step)
		if a.err != nil {
			w.err = a.err
			return w
		}
		if a.count != 1 {
			continue
		}
		w.found = append(w.found, dmarcFound{name, a.rec})
		if a.rec.psd != 'u' {
			return w
		}
	}
	return w
}

// organizational selects the Organizational Domain (RFC 9989 section 4.10.2).
func (w dmarcWalk) organizational() string {
	for _, f := range w.found {
		switch {
		case f.rec.psd == 'n':
			return f.domain
		case f.rec.psd == 'y' && f.domain != w.domain:
			return below(w.domain, f.domain)
		}
	}
	if len(w.found) == 0 {
		return w.domain
	}
	return w.found[len(w.found)-1].domain
}

// below is the domain one label below another, on the way down to a third.
func below(domain, suffix string) string {
	rest := domain[:len(domain)-len(suffix)-1]
	return domain[strings.LastIndexByte(rest, '.')+1:]
}

// policy finds the record that applies (RFC 9989 section 4.10.1): the author's, or that of the
// Organizational Domain, or that of the public suffix above it.
func (w dmarcWalk) policy() (dmarcFound, bool) {
	if len(w.found) == 0 {
		return dmarcFound{}, false
	}
	if w.found[0].domain == w.domain {
		return w.found[0], true
	}
	org := w.organizational()
	for _, f := range w.found {
		if f.domain == org {
			return f, w.err == nil
		}
	}
	return w.found[len(w.found)-1], w.err == nil // it says psd=y
}
