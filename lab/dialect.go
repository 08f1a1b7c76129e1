package lab

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// dialect is how a provider writes: the fields it puts above and below those of a message, its
// answer to the final dot, and by what its owner can tell its fields from forged ones.
type dialect interface {
	stamp(a arrival) (top, bottom string)
	answer(a arrival) *smtp.SMTPError
	trust(mx string) seedtest.Trust
}

// quoted writes a host name as a regular expression.
func quoted(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

// ordinary is the trust in a server that signs its results with its own name.
func ordinary(mx string) seedtest.Trust {
	return seedtest.Trust{AuthservIDs: []string{quoted(mx)}, BoundaryBy: "^" + quoted(mx) + "$",
		OriginFrom: []string{"Received[boundary]"}}
}

// lines joins header lines, each with its CRLF.
func lines(list ...string) string { return strings.Join(list, "\r\n") + "\r\n" }

// named is the client's confirmed reverse name, or "unknown".
func (a arrival) named() string {
	if a.reverse == "" {
		return "unknown"
	}
	return a.reverse
}

// unique makes a number that belongs to this arrival, for ids that only have to look right.
func (a arrival) unique(salt string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, salt, a.queueID, a.to, a.at.UnixNano())
	return h.Sum64()
}

// postfixReceived is Postfix's Received field.
func (a arrival) postfixReceived(protocol string) string {
	out := []string{fmt.Sprintf("Received: from %s (%s [%s])", a.helo, a.named(), a.ip)}
	if version, cipher, ok := tlsNames(a.conn); ok {
		out = append(out,
			fmt.Sprintf("\t(using %s with cipher %s (%d/%d bits)", version, cipher, bits(cipher),
				bits(cipher)),
			"\t key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256)",
			"\t(No client certificate requested)")
	}
	return lines(append(out,
		fmt.Sprintf("\tby %s (Postfix) with %s id %s", a.by, protocol, a.queueID),
		fmt.Sprintf("\tfor <%s>; %s", a.to, a.at.UTC().Format(mailTime+" (MST)")))...)
}

// eximReceived is Exim's Received field.
func (a arrival) eximReceived(protocol string) string {
	from := fmt.Sprintf("Received: from [%s] (helo=%s)", a.ip, a.helo)
	if a.reverse != "" {
		from = fmt.Sprintf("Received: from %s ([%s] helo=%s)", a.reverse, a.ip, a.helo)
		if a.reverse == a.helo {
			from = fmt.Sprintf("Received: from %s ([%s])", a.reverse, a.ip)
		}
	}
	with := fmt.Sprintf("\tby %s with %s", a.by, protocol)
	if version, cipher, ok := tlsNames(a.conn); ok {
		with += fmt.Sprintf(" (%s) tls %s", strings.Replace(version, "v", "", 1), cipher)
	}
	return lines(from, with, "\t(Exim 4.98)",
		fmt.Sprintf("\t(envelope-from <%s>)", a.envelope),
		"\tid "+a.queueID,
		fmt.Sprintf("\tfor %s;", a.to),
		"\t"+a.at.UTC().Format(mailTime))
}

// bits is the key length of a cipher by its name.
func bits(cipher string) int {
	if strings.Contains(cipher, "256_GCM") || strings.Contains(cipher, "CHACHA20") {
		return 256
	}
	return 128
}

func (a arrival) returnPath() string { return lines("Return-Path: <" + a.envelope + ">") }

func postfixAnswer(a arrival) *smtp.SMTPError {
	return reply(250, smtp.EnhancedCode{2, 0, 0}, "Ok: queued as "+a.queueID)
}

// spfWords is the comment that most servers write beside an SPF result.
func (a arrival) spfWords(who string) string {
	switch a.spf {
	case "pass":
		return fmt.Sprintf("%s: domain of %s designates %s as permitted sender", who, a.envelope,
			a.ip)
	case "none", "neutral":
		return fmt.Sprintf("%s: %s is neither permitted nor denied by best guess record for "+
			"domain of %s", who, a.ip, a.envelope)
	}
	return fmt.Sprintf("%s: domain of %s does not designate %s as permitted sender", who,
		a.envelope, a.ip)
}
