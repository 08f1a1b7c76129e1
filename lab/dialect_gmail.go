package lab

import (
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// gmailDialect writes as Gmail does.
type gmailDialect struct{}

func (gmailDialect) trust(mx string) seedtest.Trust {
	t := ordinary(mx)
	t.ReceivedSPF = true
	t.OriginFrom = append(t.OriginFrom, "Received-SPF:client-ip")
	return t
}

func (gmailDialect) answer(a arrival) *smtp.SMTPError {
	return reply(250, smtp.EnhancedCode{2, 0, 0},
		fmt.Sprintf("OK  %d %s - gsmtp", a.at.Unix(), a.googleID()))
}

// googleID looks like the ids of Google's servers.
func (a arrival) googleID() string {
	n := a.unique("google")
	return fmt.Sprintf("%x-%x.%d", n>>20, n&0xfffff, n%900+100)
}

// pacific is the zone that Google writes its times in.
const pacific = "Mon, 02 Jan 2006 15:04:05 -0700 (PST)"

func (d gmailDialect) stamp(a arrival) (top, bottom string) {
	at := a.at.In(pacificZone).Format(pacific)
	inner := a.unique("inner")
	results := d.results(a)
	return lines(
		"Delivered-To: "+a.to,
		fmt.Sprintf("Received: by 2001:db8:a05:7300:%x:b0:%x:%x with SMTP id %s;",
			inner&0xffff, inner>>16&0xfff, inner>>28&0xffff, "a"+fmt.Sprint(inner%9)+"csp"+
				fmt.Sprint(inner%1000000)+"dyc"),
		"        "+at,
		fmt.Sprintf("X-Received: by 2001:db8:a17:902:%x:b0:%x:%x with SMTP id %s;",
			inner>>8&0xffff, inner>>24&0xfff, inner>>36&0xffff, a.googleID()),
		"        "+at,
		"ARC-Authentication-Results: i=1; "+a.by+";",
		results,
		"Return-Path: <"+a.envelope+">",
		fmt.Sprintf("Received: from %s (%s. [%s])", a.helo, a.named(), a.ip),
		fmt.Sprintf("        by %s with %s id %s", a.by, d.protocol(a), a.googleID()),
		fmt.Sprintf("        for <%s>", a.to)+d.encryption(a),
		"        "+at,
		fmt.Sprintf("Received-SPF: %s (%s) client-ip=%s;", a.spf, a.spfWords("gmail-like.example"),
			a.ip),
		"Authentication-Results: "+a.by+";",
		results,
	), ""
}

func (gmailDialect) protocol(a arrival) string {
	if _, _, ok := tlsNames(a.conn); ok {
		return "ESMTPS"
	}
	return "ESMTP"
}

func (gmailDialect) encryption(a arrival) string {
	version, cipher, ok := tlsNames(a.conn)
	if !ok {
		return ";"
	}
	return fmt.Sprintf("\r\n        (version=%s cipher=%s bits=%d/%d);",
		strings.NewReplacer("TLSv", "TLS", ".", "_").Replace(version), cipher, bits(cipher),
		bits(cipher))
}

// results are the methods as Google orders and comments them.
func (gmailDialect) results(a arrival) string {
	var out []string
	for _, s := range a.dkim {
		out = append(out, fmt.Sprintf("       dkim=%s header.i=@%s header.s=%s header.b=%s",
			s.result, s.domain, s.selector, quote(s.begin)))
	}
	out = append(out, fmt.Sprintf("       spf=%s (%s) smtp.mailfrom=%s", a.spf,
		a.spfWords("gmail-like.example"), a.envelope))
	if a.dmarc != "none" {
		disposition := "NONE"
		if a.dmarc == "fail" {
			disposition = strings.ToUpper(a.policy)
		}
		out = append(out, fmt.Sprintf("       dmarc=%s (p=%s sp=%s dis=%s) header.from=%s",
			a.dmarc, strings.ToUpper(a.policy), strings.ToUpper(a.policy), disposition, a.from))
	}
	return strings.Join(out, ";\r\n")
}

// quote writes a value that is no token of RFC 2045 as a quoted string.
func quote(s string) string {
	if strings.ContainsAny(s, `/=+`) || s == "" {
		return `"` + s + `"`
	}
	return s
}
