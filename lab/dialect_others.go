package lab

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// pacificZone is where Gmail's clocks are.
var pacificZone = time.FixedZone("PST", -8*60*60)

// delivery is what X-Message-Delivery holds: where Exchange puts the message, in base64.
func delivery(where string, score float64) string {
	return base64.StdEncoding.EncodeToString(
		fmt.Appendf(nil, "V=1.1;us=0;l=0;a=0;D=%s;GD=%s;SCL=%.0f", where, where, score))
}

// rspamdDialect is Postfix with rspamd as its milter.
type rspamdDialect struct{}

func (rspamdDialect) trust(mx string) seedtest.Trust   { return ordinary(mx) }
func (rspamdDialect) answer(a arrival) *smtp.SMTPError { return postfixAnswer(a) }

func (rspamdDialect) stamp(a arrival) (top, bottom string) {
	flag, action := "False", "no action"
	if a.junk {
		flag, action = "True", "add header"
	}
	symbols := []string{fmt.Sprintf("X-Spamd-Result: default: %s [%.2f / %.2f]", flag, a.score, 15.0)}
	for _, t := range a.tests {
		symbols = append(symbols, fmt.Sprintf("\t%s(%.2f)[]", t.name, t.points))
	}
	out := a.returnPath() + lines("Delivered-To: "+a.to, strings.Join(symbols, ";\r\n"))
	if a.junk {
		out += lines("X-Spam: Yes")
	}
	out += lines("X-Rspamd-Server: "+strings.Replace(a.by, "mx.", "scan.", 1),
		"X-Rspamd-Action: "+action, "X-Rspamd-Queue-Id: "+a.queueID)
	return out + a.postfixReceived("ESMTPS") + lines("Authentication-Results: "+a.by+";",
		strings.Join(rspamdResults(a), ";\r\n")), ""
}

func rspamdResults(a arrival) []string {
	var out []string
	for _, s := range a.dkim {
		out = append(out, fmt.Sprintf("\tdkim=%s header.d=%s header.s=%s header.b=%s", s.result,
			s.domain, s.selector, quote(s.begin)))
	}
	if len(a.dkim) == 0 {
		out = append(out, "\tdkim=none")
	}
	reason := ""
	if a.dmarc == "fail" {
		reason = fmt.Sprintf(` reason="SPF not aligned (relaxed), No valid DKIM" header.from=%s `+
			"(policy=%s)", a.from, a.policy)
	} else if a.dmarc == "pass" {
		reason = fmt.Sprintf(" (policy=%s) header.from=%s", a.policy, a.from)
	}
	return append(out, "\tdmarc="+a.dmarc+reason, fmt.Sprintf("\tspf=%s (%s) smtp.mailfrom=%s",
		a.spf, a.spfWords(a.by), a.envelope))
}

// milterDialect is Postfix with policyd-spf, OpenDKIM and OpenDMARC: a field of results from each.
type milterDialect struct{}

func (milterDialect) trust(mx string) seedtest.Trust {
	t := ordinary(mx)
	t.ReceivedSPF = true
	return t
}

func (milterDialect) answer(a arrival) *smtp.SMTPError { return postfixAnswer(a) }

func (milterDialect) stamp(a arrival) (top, bottom string) {
	out := a.returnPath() + lines("X-Original-To: "+a.to, "Delivered-To: "+a.to)
	if a.dmarc != "none" {
		disposition := "none"
		if a.dmarc == "fail" {
			disposition = a.policy
		}
		out += lines(fmt.Sprintf("Authentication-Results: %s; dmarc=%s (p=%s dis=%s) header.from=%s",
			a.by, a.dmarc, a.policy, disposition, a.from))
	}
	out += lines(fmt.Sprintf("Received-SPF: %s (mailfrom) identity=mailfrom; client-ip=%s; helo=%s; "+
		"envelope-from=%s; receiver=%s", spfCapital(a.spf), a.ip, a.helo, a.envelope, a.by))
	out += lines(fmt.Sprintf("Authentication-Results: %s; spf=%s smtp.mailfrom=%s", a.by, a.spf,
		a.spfDomain))
	for _, s := range a.dkim {
		out += lines("Authentication-Results: "+a.by+";", fmt.Sprintf(
			"\tdkim=%s (ed25519 key; unprotected) header.d=%s header.i=@%s header.a=%s header.s=%s "+
				"header.b=%s", s.result, s.domain, s.domain, s.algorithm, s.selector, quote(s.begin)))
	}
	return out + a.postfixReceived("ESMTPS"), ""
}

// eximDialect is Exim with its own checks.
type eximDialect struct{}

func (eximDialect) trust(mx string) seedtest.Trust { return ordinary(mx) }

func (eximDialect) answer(a arrival) *smtp.SMTPError {
	return reply(250, smtp.NoEnhancedCode, "OK id="+a.queueID)
}

func (eximDialect) stamp(a arrival) (top, bottom string) {
	results := []string{"Authentication-Results: " + a.by}
	if a.reverse != "" {
		results = append(results, fmt.Sprintf("\tiprev=pass (%s) smtp.remote-ip=%s", a.reverse, a.ip))
	} else {
		results = append(results, fmt.Sprintf("\tiprev=fail smtp.remote-ip=%s", a.ip))
	}
	results = append(results, fmt.Sprintf("\tspf=%s smtp.mailfrom=%s", a.spf, a.spfDomain))
	for _, s := range a.dkim {
		results = append(results, fmt.Sprintf("\tdkim=%s header.d=%s header.s=%s header.a=%s",
			s.result, s.domain, s.selector, s.algorithm))
	}
	if len(a.dkim) == 0 {
		results = append(results, "\tdkim=none")
	}
	results = append(results, fmt.Sprintf("\tdmarc=%s header.from=%s", a.dmarc, a.from))
	return lines("Return-path: <"+a.envelope+">", "Envelope-to: "+a.to,
		"Delivery-date: "+a.at.UTC().Format(mailTime)) + a.eximReceived("esmtps") +
		lines(strings.Join(results, ";\r\n")), ""
}

// assassinDialect is Postfix with SpamAssassin behind it.
type assassinDialect struct{}

func (assassinDialect) trust(mx string) seedtest.Trust   { return ordinary(mx) }
func (assassinDialect) answer(a arrival) *smtp.SMTPError { return postfixAnswer(a) }

func (assassinDialect) stamp(a arrival) (top, bottom string) {
	var names []string
	for _, t := range a.tests {
		names = append(names, t.name)
	}
	yes := "No"
	if a.junk {
		yes = "Yes"
	}
	out := a.returnPath() + lines("Delivered-To: "+a.to)
	if a.junk {
		out += lines("X-Spam-Flag: YES")
	}
	out += lines("X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-26) on "+a.by,
		fmt.Sprintf("X-Spam-Level: %s", strings.Repeat("*", max(0, int(a.score)))),
		fmt.Sprintf("X-Spam-Status: %s, score=%.1f required=%.1f tests=%s", yes, a.score, junkScore,
			strings.Join(names, ",\r\n\t")),
		"\tautolearn=no autolearn_force=no version=4.0.1")
	results := []string{fmt.Sprintf("Authentication-Results: %s; spf=%s smtp.mailfrom=%s", a.by,
		a.spf, a.envelope)}
	for _, s := range a.dkim {
		results = append(results, fmt.Sprintf("\tdkim=%s header.d=%s header.b=%s", s.result, s.domain,
			quote(s.begin)))
	}
	results = append(results, fmt.Sprintf("\tdmarc=%s header.from=%s", a.dmarc, a.from))
	return out + lines(strings.Join(results, ";\r\n")) + a.postfixReceived("ESMTPS"), ""
}
