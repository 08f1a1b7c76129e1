package verify

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"seedtest"
)

// expandName expands a domain-spec into the name to ask for: without a final dot, and cut from the
// left, by labels, to the 253 octets that a name can have (RFC 7208 section 7.3).
func (e *spfEval) expandName(ctx context.Context, spec, domain string) (string, error) {
	name, err := e.expand(ctx, spec, domain, false)
	if err != nil {
		return "", err
	}
	name = strings.TrimSuffix(name, ".")
	for len(name) > 253 {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name, e.sound(ctx)
}

// explain fetches and expands the explanation of a fail (RFC 7208 section 6.2). Whatever goes wrong
// with it is as if there were none.
func (e *spfEval) explain(ctx context.Context, spec, domain string) string {
	void := e.out.Void
	e.out.Void = 0
	defer func() { e.out.Void = void }() // the result stands, and so does its count
	name, err := e.expandName(ctx, spec, domain)
	if err != nil || !isName(name) {
		return ""
	}
	texts, err := e.dns.TXT(ctx, name)
	if err != nil || len(texts) != 1 || len(texts[0]) > maxRecord {
		return ""
	}
	text, err := e.expand(ctx, texts[0], domain, true)
	if err != nil {
		return ""
	}
	return text
}

// expand replaces the macros of a text.
func (e *spfEval) expand(ctx context.Context, s, domain string, explain bool) (string, error) {
	if strings.IndexByte(s, '%') < 0 && !explain {
		return s, nil
	}
	var b strings.Builder
	for len(s) > 0 {
		part, rest, err := nextMacro(s, explain)
		if err != nil {
			return "", err
		}
		text := part.text
		if part.letter != 0 {
			if text, err = e.value(ctx, part.letter, domain); err != nil {
				return "", err
			}
			text = part.transform(text)
		}
		if b.Len()+len(text) > maxExpand {
			return "", errNoMatch
		}
		b.WriteString(text)
		s = rest
	}
	return b.String(), nil
}

// value is what a macro letter stands for (RFC 7208 section 7.2). A local part that is not ASCII
// stands for nothing that can match (RFC 8616 section 4).
func (e *spfEval) value(ctx context.Context, letter byte, domain string) (string, error) {
	switch letter {
	case 's', 'l':
		if !isPlain(e.local) {
			return "", errNoMatch
		}
		if letter == 'l' {
			return e.local, nil
		}
		return e.local + "@" + e.sender, nil
	case 'o':
		return e.sender, nil
	case 'd':
		return domain, nil
	case 'i':
		return dotted(e.ip()), nil
	case 'p':
		return e.clientName(ctx, domain), nil
	case 'v':
		if e.ip().Is4() {
			return "in-addr", nil
		}
		return "ip6", nil
	case 'h':
		if !isPlain(e.query.HELO) {
			return "", errNoMatch
		}
		return e.query.HELO, nil
	case 'c':
		return e.ip().String(), nil
	case 'r':
		if !isPlain(e.query.Receiver) || e.query.Receiver == "" {
			return "unknown", nil
		}
		return e.query.Receiver, nil
	}
	return fmt.Sprint(e.query.Now.Unix()), nil // t
}

// isPlain reports whether a text is printable ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// dotted writes an address as the macro i does: IPv6 in 32 digits with dots between them.
func dotted(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	const hex = "0123456789ABCDEF"
	text := make([]byte, 0, 63)
	for i, b := range ip.As16() {
		if i > 0 {
			text = append(text, '.')
		}
		text = append(text, hex[b>>4], '.', hex[b&15])
	}
	return string(text)
}

// clientName is the macro p: a validated name of the client, the domain itself or one below it if
// there is such a one.
func (e *spfEval) clientName(ctx context.Context, domain string) string {
	best := "unknown"
	for i, name := range e.validated(ctx) {
		switch {
		case strings.EqualFold(name, domain):
			return name
		case i == 0, isBelow(name, domain) && !isBelow(best, domain):
			best = name
		}
	}
	return best
}

// empty turns an answer without anything in it into the error that it is.
func empty[T any](found []T, err error) error {
	if err == nil && len(found) == 0 {
		return seedtest.ErrNODATA
	}
	return err
}
