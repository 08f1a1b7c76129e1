package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// maxRecord is how long a TXT record can be in DNS (RFC 1035 section 3.2.1).
const maxRecord = 65535

// spfRecord is a record as published, syntax checked (RFC 7208 section 4.6.1).
type spfRecord struct {
	directives []spfDirective
	redirect   string // domain-spec, empty if there is none
	exp        string
}

// spfDirective is a mechanism with its qualifier.
type spfDirective struct {
	text      string // as written
	qualifier byte
	kind      string // in lower case
	spec      string // domain-spec, empty for the domain itself
	prefix    netip.Prefix
	bits4     int // prefix lengths of a and mx
	bits6     int
}

// result is what the directive decides where it matches (RFC 7208 section 4.6.2).
func (d spfDirective) result() string {
	switch d.qualifier {
	case '-':
		return "fail"
	case '~':
		return "softfail"
	case '?':
		return "neutral"
	}
	return "pass"
}

// isSPF reports whether a TXT record is one of SPF (RFC 7208 section 4.5).
func isSPF(txt string) bool {
	const version = "v=spf1"
	return len(txt) >= len(version) && strings.EqualFold(txt[:len(version)], version) &&
		(len(txt) == len(version) || txt[len(version)] == ' ')
}

// parseSPF reads a record that isSPF holds for. An error is one of syntax, wherever it stands: a
// record with one is not evaluated at all (RFC 7208 section 4.6).
func parseSPF(txt string) (*spfRecord, error) {
	if len(txt) > maxRecord {
		return nil, errors.New("the record is longer than DNS can carry")
	}
	rec := &spfRecord{}
	for term := range strings.SplitSeq(txt[len("v=spf1"):], " ") {
		if term == "" {
			continue
		}
		if err := rec.term(term); err != nil {
			return nil, fmt.Errorf("term %q: %w", shorten(term, 80), err)
		}
	}
	return rec, nil
}

func (rec *spfRecord) term(text string) error {
	if i := strings.IndexAny(text, "=:/"); i >= 0 && text[i] == '=' {
		return rec.modifier(text[:i], text[i+1:])
	}
	d, err := parseDirective(text)
	rec.directives = append(rec.directives, d)
	return err
}

func (rec *spfRecord) modifier(name, value string) error {
	if !isModifierName(name) {
		return errors.New("there is no such name of a modifier")
	}
	switch strings.ToLower(name) {
	case "redirect":
		return setSpec(&rec.redirect, value)
	case "exp":
		return setSpec(&rec.exp, value)
	}
	return checkMacroString(value)
}

func setSpec(to *string, value string) error {
	if *to != "" {
		return errors.New("it stands there twice")
	}
	*to = value
	return checkDomainSpec(value)
}

func isModifierName(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isAlphanum(s[i]) && strings.IndexByte("-_.", s[i]) < 0 {
			return false
		}
	}
	return true
}

// parseDirective reads a mechanism of RFC 7208 section 5.
func parseDirective(text string) (spfDirective, error) {
	d := spfDirective{text: text, qualifier: '+', bits4: 32, bits6: 128}
	rest := text
	if strings.IndexByte("+-?~", rest[0]) >= 0 {
		d.qualifier, rest = rest[0], rest[1:]
	}
	end := strings.IndexAny(rest, ":/")
	if end < 0 {
		end = len(rest)
	}
	d.kind, rest = strings.ToLower(rest[:end]), rest[end:]
	switch d.kind {
	case "all":
		if rest != "" {
			return d, errors.New("all stands alone")
		}
		return d, nil
	case "ip4", "ip6":
		return d, d.network(rest)
	case "include", "exists":
		return d, d.domain(rest, true)
	case "ptr":
		return d, d.domain(rest, false)
	case "a", "mx":
		rest, err := d.lengths(rest)
		if err != nil {
			return d, err
		}
		return d, d.domain(rest, false)
	}
	return d, fmt.Errorf("there is no mechanism %q", shorten(d.kind, 40))
}

// domain reads ":" and a domain-spec.
func (d *spfDirective) domain(rest string, needed bool) error {
	if rest == "" && !needed {
		return nil
	}
	if !strings.HasPrefix(rest, ":") {
		return errors.New("a domain name is wanted behind a colon")
	}
	d.spec = rest[1:]
	err := checkDomainSpec(d.spec)
	if ip, bad := netip.ParseAddr(d.spec); err != nil && bad == nil {
		return fmt.Errorf("%s is an address: that is written with ip4 or ip6", ip)
	}
	return err
}

// network reads ":", an address and perhaps a prefix length.
func (d *spfDirective) network(rest string) error {
	if !strings.HasPrefix(rest, ":") {
		return errors.New("an address is wanted behind a colon")
	}
	text, length, cut := strings.Cut(rest[1:], "/")
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" || ip.Is4() != (d.kind == "ip4") {
		return fmt.Errorf("%q is no address of that kind", shorten(text, 80))
	}
	bits := ip.BitLen()
	if cut {
		if bits, err = prefixLength(length, bits); err != nil {
			return err
		}
	}
	d.prefix = netip.PrefixFrom(ip, bits)
	return nil
}

// lengths takes the prefix lengths off the end: "/24", "//64" or "/24//64".
func (d *spfDirective) lengths(rest string) (string, error) {
	if i := strings.LastIndex(rest, "//"); i >= 0 && allDigits(rest[i+2:]) {
		bits, err := prefixLength(rest[i+2:], 128)
		if err != nil {
			return "", err
		}
		d.bits6, rest = bits, rest[:i]
	}
	if i := strings.LastIndexByte(rest, '/'); i >= 0 && allDigits(rest[i+1:]) {
		bits, err := prefixLength(rest[i+1:], 32)
		if err != nil {
			return "", err
		}
		d.bits4, rest = bits, rest[:i]
	}
	return rest, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// prefixLength reads a number without leading zeros.
func prefixLength(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || !allDigits(s) || n > most || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Errorf("prefix length %q is no number from 0 to %d", shorten(s, 20), most)
	}
	return n, nil
}
