package lab

import (
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// outlookDialect writes as Exchange Online does: results without an authserv-id, and below a
// marker whatever came from outside.
type outlookDialect struct{}

const topMarker = "X-IncomingTopHeaderMarker"

func (outlookDialect) trust(mx string) seedtest.Trust {
	return seedtest.Trust{NoAuthservID: true, ReceivedSPF: true,
		BoundaryBy: "^" + quoted(mx) + "$", BoundaryMarker: topMarker,
		OriginFrom: []string{"X-Sender-IP", "Received[boundary]",
			"Authentication-Results:sender IP is", "Received-SPF:client-ip"}}
}

func (outlookDialect) answer(a arrival) *smtp.SMTPError {
	return reply(250, smtp.EnhancedCode{2, 6, 0}, fmt.Sprintf(
		"<%s> [InternalId=%d, Hostname=%s] %d bytes in 0.110, %d KB/sec Queued mail for delivery",
		messageID(a.header), a.unique("internal")>>16, a.exchangeName(), a.size, a.size/110+1))
}

func (a arrival) exchangeName() string {
	return fmt.Sprintf("DB%dPR0%dMB%04d.eurprd0%d.prod.%s", a.unique("x")%9+1,
		a.unique("y")%9+1, a.unique("z")%10000, a.unique("y")%9+1, a.domain)
}

func (d outlookDialect) stamp(a arrival) (top, bottom string) {
	at := a.at.UTC().Format("Mon, 2 Jan 2006 15:04:05 -0700")
	inner := a.exchangeName()
	serial := fmt.Sprintf("15.20.%d.%d", 9000+a.unique("v")%400, a.unique("w")%40)
	top = lines(
		"Received: from "+inner+" (2001:db8:10a6:20b::12)",
		" by "+strings.Replace(inner, "MB", "MC", 1)+" with HTTPS; "+at,
		fmt.Sprintf("Received: from %s (2001:db8:10a6:10::32) by", a.by),
		" "+inner+" (2001:db8:10a6:20b::12) with Microsoft SMTP",
		" Server"+d.encryption(a)+" id "+serial+";",
		" "+at,
		fmt.Sprintf("Authentication-Results: spf=%s (sender IP is %s)", a.spf, a.ip),
		fmt.Sprintf(" smtp.mailfrom=%s; %s;dmarc=%s action=%s", a.spfDomain, d.dkimWords(a),
			d.dmarcWord(a), d.action(a)),
		fmt.Sprintf(" header.from=%s;compauth=%s", a.from, d.compauth(a)),
		fmt.Sprintf("Received-SPF: %s (protection.%s: %s)", spfCapital(a.spf), a.domain,
			d.spfWords(a)),
		fmt.Sprintf(" receiver=protection.%s; client-ip=%s;", a.domain, a.ip),
		fmt.Sprintf(" helo=%s;%s", a.helo, d.consent(a)),
		fmt.Sprintf("Received: from %s (%s) by", a.helo, a.ip),
		fmt.Sprintf(" %s (2001:db8:10a6:10::41) with Microsoft SMTP Server", a.by),
		d.encryption(a)+" id "+serial+" via Frontend Transport; "+at,
		fmt.Sprintf("%s: OriginalChecksum:%016X%016X;SizeAsReceived:%d;Count:%d", topMarker,
			a.unique("a"), a.unique("b"), a.size, len(a.header)),
	)
	return top, d.stamps(a)
}

func (outlookDialect) encryption(a arrival) string {
	version, cipher, ok := tlsNames(a.conn)
	if !ok {
		return ""
	}
	return fmt.Sprintf(" (version=%s, cipher=%s)",
		strings.NewReplacer("TLSv", "TLS", ".", "_").Replace(version), cipher)
}

func (outlookDialect) dkimWords(a arrival) string {
	for _, s := range a.dkim {
		if s.result == "pass" {
			return "dkim=pass (signature was verified)\r\n header.d=" + s.domain
		}
	}
	if len(a.dkim) > 0 {
		return fmt.Sprintf("dkim=%s (signature did not verify)\r\n header.d=%s", a.dkim[0].result,
			a.dkim[0].domain)
	}
	return "dkim=none (message not signed)\r\n header.d=none"
}

func (outlookDialect) dmarcWord(a arrival) string {
	if a.dmarc == "none" && a.authenticated() {
		return "bestguesspass"
	}
	return a.dmarc
}

func (outlookDialect) action(a arrival) string {
	if a.dmarc == "fail" && a.policy != "none" {
		return a.policy
	}
	return "none"
}

// compauth is Microsoft's composite result: 100 means DMARC passed, 000 that it failed and asked
// for action, 001 implicit failure, 109 implicit pass.
func (outlookDialect) compauth(a arrival) string {
	switch {
	case a.dmarc == "pass":
		return "pass reason=100"
	case a.dmarc == "fail" && a.policy != "none":
		return "fail reason=000"
	case a.authenticated():
		return "pass reason=109"
	}
	return "fail reason=001"
}

func spfCapital(result string) string {
	if result == "" {
		return "None"
	}
	return strings.ToUpper(result[:1]) + result[1:]
}

func (outlookDialect) spfWords(a arrival) string {
	switch a.spf {
	case "pass":
		return fmt.Sprintf("domain of %s designates\r\n %s as permitted sender", a.spfDomain, a.ip)
	case "none", "neutral":
		return fmt.Sprintf("%s does not designate\r\n permitted sender hosts", a.spfDomain)
	}
	return fmt.Sprintf("domain of %s does not\r\n designate %s as permitted sender", a.spfDomain,
		a.ip)
}

func (outlookDialect) consent(a arrival) string {
	if a.spf == "pass" {
		return " pr=C"
	}
	return ""
}

// stamps are the filter's own fields. Exchange puts them below those that came from outside.
func (d outlookDialect) stamps(a arrival) string {
	verdict, dest, delivered := "NSPM", "I", "1"
	if a.junk {
		verdict, dest, delivered = "SPM", "J", "2"
	}
	ptr := a.ptr
	if ptr == "" {
		ptr = "InfoDomainNonexistent"
	}
	return lines(
		fmt.Sprintf("X-IncomingHeaderCount: %d", len(a.header)),
		"X-Sender-IP: "+a.ip.String(),
		fmt.Sprintf("X-MS-Exchange-Organization-SCL: %.0f", a.score),
		"X-Microsoft-Antispam: BCL:0;ARA:1444111002|13230022|461199028;",
		fmt.Sprintf("X-Forefront-Antispam-Report: CIP:%s;CTRY:;LANG:en;SCL:%.0f;SRV:;IPV:NLI;"+
			"SFV:%s;H:%s;PTR:%s;CAT:%s;SFS:(13230022)(461199028);DIR:INB;",
			a.ip, a.score, verdict, a.helo, ptr, category(a.junk)),
		fmt.Sprintf("X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;jmr:0;auth:0;dest:%s;"+
			"OFR:SpamFilterPass;ENG:(5062000305);", dest),
		"X-Message-Delivery: "+delivery(delivered, a.score),
	)
}

func category(junk bool) string {
	if junk {
		return "SPOOF"
	}
	return "NONE"
}
