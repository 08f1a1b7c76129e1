package sender

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"seedtest"
)

// Longest parts of an address (RFC 5321 section 4.5.3.1).
const (
	maxLocal   = 64
	maxAddress = 254
	maxLabel   = 63
)

// MessageID returns the Message-ID of the message with that token, without angle brackets: the
// token at the domain of the header From, which is the domain that a reader and DMARC look at.
func MessageID(t seedtest.Token, from seedtest.Identity) (string, error) {
	a, err := parseFrom(from)
	if err != nil {
		return "", err
	}
	return tokenAt(t, a)
}

// tokenAt is the token at the domain of an address.
func tokenAt(t seedtest.Token, a *mail.Address) (string, error) {
	if err := checkToken(t); err != nil {
		return "", err
	}
	return string(t) + "@" + domainOf(a.Address), nil
}

// parseFrom reads the header From of an identity. The domain comes back in its ASCII form.
func parseFrom(from seedtest.Identity) (*mail.Address, error) {
	if err := checkValue(from.From); err != nil {
		return nil, fmt.Errorf("sender %s: from: %w", from.Name, err)
	}
	a, err := mail.ParseAddress(from.From)
	if err != nil {
		return nil, fmt.Errorf("sender %s: from %q is no mailbox: %w", from.Name, from.From, err)
	}
	if a.Address, err = asciiAddress(a.Address); err != nil {
		return nil, fmt.Errorf("sender %s: from: %w", from.Name, err)
	}
	return a, nil
}

// reversePath is the envelope sender of an identity: what it says, else the address in From.
func reversePath(from seedtest.Identity, header *mail.Address, t seedtest.Token) (string, error) {
	if from.EnvelopeFrom == "" {
		return header.Address, nil
	}
	a, err := asciiAddress(from.ReversePath(t))
	if err != nil {
		return "", fmt.Errorf("sender %s: envelope_from: %w", from.Name, err)
	}
	return a, nil
}

// asciiAddress checks an address and returns it with its domain in ASCII form (RFC 5890). Only
// local parts that need neither quotes nor SMTPUTF8 (RFC 6531) are taken.
func asciiAddress(addr string) (string, error) {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return "", fmt.Errorf("%q is no address: it has no @", addr)
	}
	if err := checkLocal(addr[:at]); err != nil {
		return "", fmt.Errorf("%q is no address: %w", addr, err)
	}
	domain, err := asciiDomain(addr[at+1:])
	if err != nil {
		return "", fmt.Errorf("%q is no address: %w", addr, err)
	}
	whole := addr
	if domain != addr[at+1:] {
		whole = addr[:at+1] + domain
	}
	if len(whole) > maxAddress {
		return "", fmt.Errorf("%q is no address: longer than %d octets", addr, maxAddress)
	}
	return whole, nil
}

// checkLocal wants a Dot-string (RFC 5321 section 4.1.2).
func checkLocal(local string) error {
	if local == "" || len(local) > maxLocal {
		return fmt.Errorf("the part before the @ has %d octets, not 1 to %d", len(local), maxLocal)
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return errors.New("a dot at the wrong place before the @")
		}
		for _, r := range atom {
			if r <= ' ' || r > '~' || strings.ContainsRune(`()<>[]:;@\,."`, r) {
				return fmt.Errorf("%q is not allowed before the @", r)
			}
		}
	}
	return nil
}

// unmapped are characters of which a domain is its own ASCII form.
const unmapped = "abcdefghijklmnopqrstuvwxyz0123456789."

// asciiDomain checks a domain or an address literal and returns its ASCII form.
func asciiDomain(domain string) (string, error) {
	if lit, ok := strings.CutPrefix(domain, "["); ok {
		lit, ok = strings.CutSuffix(lit, "]")
		ip, err := netip.ParseAddr(strings.TrimPrefix(lit, "IPv6:"))
		if !ok || err != nil || ip.Zone() != "" || ip.Is6() != strings.HasPrefix(lit, "IPv6:") {
			return "", fmt.Errorf("%q is no address literal (RFC 5321 section 4.1.3)", domain)
		}
		return domain, nil
	}
	ascii := domain
	if strings.TrimLeft(domain, unmapped) != "" {
		var err error
		if ascii, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", fmt.Errorf("domain %q: %w", domain, err)
		}
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > maxLabel {
			return "", fmt.Errorf("domain %q: a label has %d octets, not 1 to %d",
				domain, len(label), maxLabel)
		}
	}
	return ascii, nil
}

func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// checkToken wants the form of a token. Whether it is ours is not asked here.
func checkToken(t seedtest.Token) error {
	if len(t) != seedtest.TokenLen {
		return fmt.Errorf("token: %d characters, not %d", len(t), seedtest.TokenLen)
	}
	for _, r := range t {
		if (r < 'a' || r > 'z') && (r < '2' || r > '7') {
			return fmt.Errorf("token: %q is not in its alphabet", r)
		}
	}
	return nil
}
