package analyze

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seedtest"
)

// template is how a server writes a field. In braces stand the values that it fills in: helo, rdns,
// user, by, id and for as they are; ip bare, lit in brackets, tag in brackets with IPv6 tagged, and
// mapped in brackets as an IPv6 address; cipher, and date. What the field does not tell stands in
// unsaid, and two names that are one value in the field in same.
type template struct {
	server, text string
	unsaid       string
	same         string // "helo" or "rdns": this one is the other's value too
}

var templates = []template{
	{server: "Postfix", unsaid: "user",
		text: "from {helo} ({rdns} {tag}) (using TLSv1.3 with cipher {cipher} (256/256 bits)) (No " +
			"client certificate requested) by {by} (Postfix) with ESMTPS id {id} for <{for}>; " +
			"{date}"},
	{server: "Postfix, login",
		text: "from {helo} ({rdns} {tag}) (using TLSv1.3 with cipher {cipher} (256/256 bits)) " +
			"(Authenticated sender: {user}) by {by} (Postfix) with ESMTPSA id {id} for <{for}>; " +
			"{date}"},
	{server: "Exim",
		text: "from {rdns} ({lit}:4711 helo={helo} ident={user}) by {by} with esmtps (TLS1.3) tls " +
			"{cipher} (Exim 4.97) (envelope-from <x@example.org>) id {id} for {for}; {date}"},
	{server: "Exim, no name", unsaid: "rdns",
		text: "from {lit} (port=4711 helo={helo} ident={user}) by {by} with esmtps " +
			"(TLS1.3:{cipher}:256) (Exim 4.92) id {id} for {for}; {date}"},
	{server: "Exim, one name", unsaid: "user", same: "rdns",
		text: "from {rdns} ({lit}) by {by} with esmtps (TLSv1.2:{cipher}:256) (Exim 4.86) id {id} " +
			"for {for}; {date}"},
	{server: "Sendmail",
		text: "from {helo} ({user}@{rdns} {tag} (may be forged)) by {by} (8.17.1/8.17.1) with " +
			"ESMTPS id {id} (version=TLSv1.3 cipher={cipher} bits=256 verify=NOT) for <{for}>; " +
			"{date}"},
	{server: "Sendmail, no name", unsaid: "rdns",
		text: "from {helo} ({user}@{tag}) by {by} (8.14.4/8.14.4) with ESMTPS id {id} " +
			"(version=TLSv1.3 cipher={cipher} bits=256) for <{for}>; {date}"},
	{server: "qmail", unsaid: "id for",
		text: "from {rdns} (HELO {helo}) ({user}@{ip}) by {by} with ({cipher} encrypted) SMTP; " +
			"{date}"},
	{server: "Exchange", unsaid: "rdns user for",
		text: "from {helo} ({ip}) by {by} (2001:db8::2) with Microsoft SMTP Server " +
			"(version=TLS1_2, cipher={cipher}) id {id} via Frontend Transport; {date}"},
	{server: "Gmail", unsaid: "user",
		text: "from {helo} ({rdns}. {lit}) by {by} with ESMTPS id {id} for <{for}> (version=TLS1_3 " +
			"cipher={cipher} bits=256/256); {date}"},
	{server: "Gmail, no name", unsaid: "user rdns",
		text: "from {helo} ({lit}) by {by} with ESMTPS id {id} for <{for}> (version=TLS1_3 " +
			"cipher={cipher} bits=256/256); {date}"},
	{server: "Yahoo", unsaid: "user rdns id for",
		text: "from 127.0.0.1 (EHLO {helo}) ({ip}) by {by} with SMTPs (version=TLS1_3 " +
			"cipher={cipher}); {date}"},
	{server: "Mimecast", unsaid: "user for",
		text: "from {helo} ({rdns} {lit}) by {by} with ESMTP with STARTTLS (version=TLSv1.3, " +
			"cipher={cipher}) id {id}; {date}"},
	{server: "Proofpoint", unsaid: "user",
		text: "from {helo} ({rdns} {lit}) by {by} (PPS) with ESMTPS id {id} (version=TLSv1.2 " +
			"cipher={cipher} bits=256 verify=NOT) for <{for}>; {date}"},
	{server: "SES", unsaid: "user cipher",
		text: "from {helo} ({rdns} {lit}) by {by} with SMTP id {id} for {for}; {date}"},
	{server: "Haraka", unsaid: "for",
		text: "from {helo} ({rdns} {lit}) by {by} (Haraka/3.0.5) with ESMTPSA id {id} " +
			"envelope-from <x@example.org> tls {cipher} (authenticated bits=0 user={user}); " +
			"{date}"},
	{server: "OpenSMTPD", unsaid: "user",
		text: "from {helo} ({rdns} {lit}) by {by} (OpenSMTPD) with ESMTPS id {id} " +
			"(TLSv1.3:{cipher}:256:NO) for <{for}>; {date}"},
	{server: "Courier", unsaid: "for",
		text: "from {helo} ({rdns} {mapped}) (AUTH: LOGIN {user}, TLS: TLSv1.3,256bits,{cipher}) " +
			"by {by} with ESMTPSA id {id}; {date}"},
	{server: "CommuniGate", unsaid: "rdns cipher",
		text: "from {lit} (account {user} HELO {helo}) by {by} (CommuniGate Pro SMTP 6.3) with " +
			"ESMTPSA id {id} for {for}; {date}"},
	{server: "IronPort", unsaid: "user id for",
		text: "from {rdns} (HELO {helo}) ({lit}) by {by} with ESMTP/TLS/{cipher}; {date}"},
	{server: "Barracuda", unsaid: "user rdns",
		text: "from {helo} ({lit}) by {by} with ESMTP id {id} (version=TLSv1.2 cipher={cipher} " +
			"bits=256 verify=NO) for <{for}>; {date}"},
	{server: "Kerio", unsaid: "rdns id for",
		text: "from {helo} ({lit}) (authenticated user {user}) by {by} (Kerio Connect 9.4.2) with " +
			"ESMTPSA (TLSv1.3 with cipher {cipher} (256 bits)); {date}"},
	{server: "MDaemon", unsaid: "user rdns cipher",
		text: "from {helo} {lit} by {by} (MDaemon PRO v20) with ESMTP id {id} for <{for}>; {date}"},
	{server: "PowerMTA", unsaid: "user rdns cipher",
		text: "from {helo} ({ip}) by {by} id {id} for <{for}>; {date} (envelope-from " +
			"<x@example.org>)"},
	{server: "KumoMTA", unsaid: "user rdns",
		text: "from {helo} ({ip}) by {by} (KumoMTA 198.51.100.2) with ESMTPS (TLSv1_3:{cipher}) id " +
			"{id} for <{for}>; {date}"},
	{server: "ZoneMTA", unsaid: "user",
		text: "from {helo} ({lit} {rdns}) by {by} (ZoneMTA) with ESMTPS id {id} for <{for}> " +
			"(version=TLSv1.3 cipher={cipher}); {date}"},
	{server: "Momentum", unsaid: "user rdns",
		text: "from ({lit} helo={helo}) by {by} (ecelerity 4.3.1 r(Core:4.3.1.0)) with ESMTPS " +
			"(cipher={cipher}) id {id} for <{for}>; {date}"},
	{server: "MailMarshal", unsaid: "user rdns cipher for",
		text: "from {helo} (Not Verified{lit}) by {by} with MailMarshal (v7,1,0,4541) id <{id}>; " +
			"{date}"},
	{server: "obtuse smtpd", unsaid: "user cipher for",
		text: `from {rdns}({ip}), claiming to be "{helo}" via SMTP by {by}, id {id}; {date}`},
	{server: "ZMailer", unsaid: "cipher for",
		text: `from {rdns} ({lit}:5736 "EHLO {helo}" ident: "{user}") by {by} with ESMTP id {id}; ` +
			`{date}`},
	{server: "fetchmail", unsaid: "user rdns cipher id",
		text: "from {helo} {lit} by {by} with IMAP (fetchmail-6.4.37) for <{for}> (single-drop); " +
			"{date}"},
	{server: "Stalwart", unsaid: "user for",
		text: "from {helo} ({rdns} {lit} (AS64500, DE)) (using TLSv1.3 with cipher {cipher}) by " +
			"{by} (Stalwart SMTP) with ESMTPS id {id}; {date}"},
}

// label is a part of a host's name: letters and digits, underscores, upper case, U-labels.
var label = rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_]{1,8}|[a-z]{2}-[0-9]{1,3}|b[üé]cher`)

func hostName(t *rapid.T, name string) string {
	labels := rapid.SliceOfN(label, 1, 4).Draw(t, name)
	return strings.Join(labels, ".") + rapid.SampledFrom([]string{".org", ".example", ".co.uk"}).
		Draw(t, name+" top")
}

// anyAddress draws an address of either family.
func anyAddress(t *rapid.T, name string) netip.Addr {
	if rapid.Bool().Draw(t, name+" is IPv6") {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name)
		b[0], b[1] = 0x20, 0x01
		return netip.AddrFrom16([16]byte(b))
	}
	return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, name)))
}

// drawn is what a field says.
type drawn struct {
	values map[string]string
	ip     netip.Addr
	at     time.Time
}

func draw(t *rapid.T) drawn {
	ip := anyAddress(t, "ip")
	odd := anyAddress(t, "literal")
	helo := hostName(t, "helo")
	if rapid.Bool().Draw(t, "odd helo") {
		helo = rapid.SampledFrom([]string{"localhost", "WIN-PC01", "by", "with", "from", "id",
			odd.String(), literal(odd, true)}).Draw(t, "odd")
	}
	zone := time.FixedZone("", 900*rapid.IntRange(-48, 56).Draw(t, "zone"))
	at := time.Unix(rapid.Int64Range(800_000_000, 2_500_000_000).Draw(t, "time"), 0).In(zone)
	format := rapid.SampledFrom([]string{time.RFC1123Z, "2 Jan 2006 15:04:05 -0700",
		"Mon, _2 Jan 2006 15:04:05 -0700 (CEST)", "Mon 2 Jan 06 15:04:05 -0700",
		"2006-01-02T15:04:05Z07:00", "Monday, January 2, 2006 03:04:05 PM -0700"}).Draw(t, "format")
	if at.Year() > 2049 || at.Year() < 1950 {
		format = time.RFC1123Z
	}
	return drawn{ip: ip, at: at, values: map[string]string{
		"helo": helo, "rdns": hostName(t, "rdns"), "by": hostName(t, "by"),
		"user": rapid.StringMatching(`[a-z][a-z0-9._-]{1,9}(@example\.org)?`).Draw(t, "user"),
		"id":   rapid.StringMatching(`[A-Z0-9][A-Za-z0-9/_.+-]{4,20}[0-9]`).Draw(t, "id"),
		"for": rapid.StringMatching(`([a-z0-9][a-z0-9._+-]{0,9}|"a b")@[a-z]{2,9}\.example`).
			Draw(t, "for"),
		"cipher": rapid.SampledFrom([]string{"TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
			"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}).Draw(t, "cipher"),
		"ip": ip.String(), "lit": literal(ip, false), "tag": literal(ip, true),
		"mapped": literal(netip.AddrFrom16(ip.As16()), false), "date": at.Format(format),
	}}
}

func literal(ip netip.Addr, tagged bool) string {
	if tagged && ip.Is6() {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

// TestTemplates holds that what a server filled in comes back, whatever it is.
func TestTemplates(t *testing.T) {
	for _, tm := range templates {
		t.Run(tm.server, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d := draw(t)
				text := tm.text
				for name, value := range d.values {
					text = strings.ReplaceAll(text, "{"+name+"}", value)
				}
				checkTemplate(t, tm, d, readHop(text))
			})
		})
	}
}

func checkTemplate(t *rapid.T, tm template, d drawn, h seedtest.Hop) {
	unsaid := strings.Fields(tm.unsaid)
	check := func(name, got, want string) {
		if got != want && !slices.Contains(unsaid, name) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	helo := d.values["helo"]
	if tm.same != "" {
		helo = d.values[tm.same]
	}
	check("helo", h.From.HELO, strings.Trim(helo, "[]"))
	check("rdns", h.From.RDNS, d.values["rdns"])
	check("user", h.From.User, d.values["user"])
	check("by", h.By.Name, d.values["by"])
	check("id", h.ID, d.values["id"])
	check("for", strings.Join(h.For, " "), d.values["for"])
	if h.From.IP != d.ip {
		t.Errorf("ip is %v, want %v", h.From.IP, d.ip)
	}
	if !h.Time.Equal(d.at) {
		t.Errorf("time is %v, want %v", h.Time, d.at.UTC())
	}
	if h.TLS != nil {
		check("cipher", h.TLS.Cipher, d.values["cipher"])
	} else {
		check("cipher", "", d.values["cipher"])
	}
	if slices.Contains(unsaid, "user") && h.From.User != "" {
		t.Errorf("user is %q, want none", h.From.User)
	}
	if t.Failed() {
		t.Fatalf("%s", h.Raw)
	}
}
