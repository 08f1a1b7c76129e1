package sender_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"
)

const (
	hungUp  = "hung up"
	dialogs = "the dialogue shows"
)

// hostileCases are what a server may do wrong, beside answerCases. A case without words is told by
// the reply of the server itself.
func hostileCases(t *testing.T, a *authority) map[string]hostile {
	all := map[string]hostile{}
	for _, part := range []map[string]hostile{hostileGreetings(), hostileReplies(),
		hostileContents(), hostileTLS(t, a), hostileLogins()} {
		for name, h := range part {
			all[name] = h
		}
	}
	return all
}

// hostilePiped are those that end otherwise where PIPELINING is offered: the commands behind are said
// already, and get the answers that are one too many.
var hostilePiped = map[string]hostile{
	"MAIL answered twice": {stage: "data", words: "no meaning|" + dialogs},
	"RCPT answered ahead of all": {stage: "body", words: "no meaning|" + dialogs,
		within: 3 * minute},
}

func hostileGreetings() map[string]hostile {
	long := strings.Repeat("x", 1990)
	return map[string]hostile{
		"banner after 30 s": {inClear, "", slowly(30*time.Second, "220 mx"), accepted, "final", "",
			30 * time.Second, 1},
		"banner after 6 min": {inClear, "", slowly(6*minute, "220 mx"), failed, "banner",
			"no answer within 5m0s|slow DNS", 5 * minute, 0},
		"banner that never ends": {inClear, "", endlessly("220-mx\r\n"), failed, "banner",
			"more than 128 lines|may be no mail server", 0, 0},
		"banner line that never ends": {inClear, "", endlessly("220 mx"), failed, "banner",
			"more than 2000 octets|may be no mail server", 0, 0},
		"banner an octet a second": {inClear, "", dripped(strings.Repeat("220-mx\r\n", 90)),
			failed, "banner",
			"no answer within 5m0s|overloaded", 5 * minute, 0},
		"banner by drips, in time": {inClear, "", dripped("220 mx\r\n"), accepted, "final", "",
			8 * time.Second, 1},
		"banner and silence": {inClear, "", silent, failed, "banner",
			"no answer within 5m0s|says nothing", 5 * minute, 0},
		"banner closed": {inClear, "", hangUp, failed, "banner", "closed|blocked there", 0, 0},
		"banner reset":  {inClear, "", resets(""), failed, "banner", "broke|blocked there", 0, 0},
		"banner half": {inClear, "", half + "22", failed, "banner",
			"middle of a line|blocked there", 0, 0},
		"banner of SSH": {inClear, "", "SSH-2.0-OpenSSH_9.7", failed, "banner",
			"no SMTP reply|check host and port", 0, 0},
		"banner of TLS": {inClear, "", raw("\x15\x03\x01\x00\x02\x02\x0a\n", false), failed,
			"banner", "speaks TLS|set tls = \"implicit\"", 0, 0},
		"banner of TLS without a line end": {inClear, "", raw("\x15\x03\x03\x00\x02\x02\x28", false), failed,
			"banner", "speaks TLS|set tls = \"implicit\"", 0, 0},
		"banner 421 and closed": {inClear, "", raw("421 4.7.0 busy\r\n", false), deferred,
			"banner", "", 0, 0},
		"banner with two codes": {inClear, "", "220-mx\r\n554 no", failed, "banner",
			"two codes|check host", 0, 0},
		"banner twice": {inClear, "", "220 mx\r\n220 mx", failed, "ehlo",
			"more than it was asked|" + dialogs, 0, 0},
		"banner 199": {inClear, "", "199 mx", failed, "banner", "no SMTP reply|check host", 0, 0},
		"banner 600": {inClear, "", "600 mx", failed, "banner", "no SMTP reply|check host", 0, 0},
		"banner abc": {inClear, "", "abc mx", failed, "banner", "no SMTP reply|check host", 0, 0},
		"EHLO with 10,000 extensions": {inClear, "EHLO", strings.Repeat("250-X-A 1\r\n",
			10000) + "250 SIZE",
			failed, "ehlo", "more than 128 lines|" + dialogs, 0, 0},
		"EHLO of 100 KiB": {inClear, "EHLO", strings.Repeat("250-"+long+"\r\n",
			50) + "250 SIZE", failed, "ehlo",
			"more than 16384 octets|" + dialogs, 0, 0},
		"EHLO without end": {inClear, "EHLO", raw("250-mx\r\n250-SIZE\r\n", false), failed, "ehlo",
			"closed|" + hungUp, 0, 0},
		"EHLO reset": {inClear, "EHLO", resets("EHLO"), failed, "ehlo", "broke|" + hungUp, 0, 0},
		"EHLO half": {inClear, "EHLO", half + "250-SI", failed, "ehlo",
			"middle of a line|" + hungUp, 0, 0},
		"EHLO an octet a second": {inClear, "EHLO", dripped(strings.Repeat("250-X\r\n", 120)),
			failed, "ehlo",
			"no answer within 5m0s|overloaded", 5 * minute, 0},
		"EHLO 354": {inClear, "EHLO", "354 go", failed, "ehlo", "no meaning|" + dialogs, 0, 0},
		"EHLO nonsense": {inClear, "EHLO", "\x00\x00\x00", failed, "ehlo",
			"no SMTP reply|" + dialogs, 0, 0},
		"EHLO and HELO refused": {inClear, "EHLO", map[string]string{"EHLO": "502 no",
			"HELO": "550 no"},
			refused, "ehlo", "", 0, 0},
		"EHLO refused and HELO closed": {inClear, "EHLO", map[string]string{"EHLO": "500 no",
			"HELO": hangUp},
			failed, "ehlo", "closed|" + hungUp, 0, 0},
	}
}

// hostileReplies are the same at each command of a transaction.
func hostileReplies() map[string]hostile {
	all := map[string]hostile{}
	for _, c := range []struct {
		verb, good string
		bad        string // of another class than good
	}{{"MAIL", "250", "354"}, {"RCPT", "250", "354"}, {"DATA", "354", "250"}} {
		stage := stageOf(c.verb)
		for name, h := range map[string]hostile{
			"closed":  {does: hangUp, words: "closed|" + hungUp},
			"reset":   {does: resets(c.verb), words: "broke|" + hungUp},
			"silence": {does: silent, words: "no answer|overloaded", within: 5 * minute},
			"half":    {does: half + c.good, words: "middle of a line|" + hungUp},
			"2,001 octets": {does: c.good + " " + strings.Repeat("x", 1995),
				words: "more than 2000 octets|" + dialogs},
			"huge": {does: strings.Repeat("550-"+strings.Repeat("x", 1900)+"\r\n", 60) + "550 x",
				words: "more than 16384|" + dialogs},
			"without end": {does: endlessly(c.good + "-x\r\n"),
				words: "more than 128 lines|" + dialogs},
			"unended": {does: raw(c.good+"-a\r\n"+c.good+"-b\r\n", false),
				words: "closed|" + hungUp},
			"two codes":     {does: c.good + "-a\r\n550 b", words: "two codes|" + dialogs},
			"a wrong class": {does: c.bad + " x", words: "no meaning|" + dialogs},
			"199":           {does: "199 x", words: "no SMTP reply|" + dialogs},
			"600":           {does: "600 x", words: "no SMTP reply|" + dialogs},
			"abc":           {does: "abc x", words: "no SMTP reply|" + dialogs},
			"four digits":   {does: "2500 x", words: "no SMTP reply|" + dialogs},
			"NUL":           {does: "\x00" + c.good + " x", words: "no SMTP reply|" + dialogs},
			"an octet a second": {does: dripped(strings.Repeat(c.good+"-x\r\n", 100)),
				words: "no answer|overloaded", within: 5 * minute},
			"421":                {does: "421 4.3.2 going down", outcome: deferred},
			"421 and closed":     {does: raw("421 4.3.2 going down\r\n", false), outcome: deferred},
			"control characters": {does: "550 5.7.1 \x1b[2J\x00\x07", outcome: refused},
			"4yz":                {does: "451 4.7.1 later", outcome: deferred},
			"5yz":                {does: "550 5.7.1 no", outcome: refused},
		} {
			if h.at, h.stage = c.verb, stage; h.outcome == "" {
				h.outcome = failed
			}
			all[c.verb+" "+name] = h
		}
	}
	all["MAIL answered twice"] = hostile{inClear, "MAIL", "250 Ok\r\n250 Ok", failed, "rcpt",
		"more than it was asked|" + dialogs, 0, 0}
	all["RCPT answered ahead of all"] = hostile{inClear, "RCPT", "250 Ok\r\n354 go\r\n250 Ok",
		failed,
		"data", "more than it was asked|" + dialogs, 0, 0}
	return all
}

func hostileContents() map[string]hostile {
	doubt := "the content had left"
	return map[string]hostile{
		"content unread": {inClear, "body", stall, failed, "body", "within 3m0s|path MTU",
			3*minute + time.Second, 0},
		"content read an octet a second": {inClear, "body", act(sips), failed, "body",
			"within 3m0s|path MTU",
			3*minute + time.Second, 0},
		"content closed": {inClear, "body", hangUp, failed, "body", "broke|limit on size", 0, 0},
		"content reset": {inClear, "body", resets("body"), failed, "body",
			"broke|limit on size", 0, 0},
		"content refused and closed": {inClear, "body", raw("552 5.3.4 too big\r\n", false),
			refused, "body", "",
			3 * minute, 0},
		"content put off and closed": {inClear, "body", raw("451 4.3.1 full\r\n", false),
			deferred, "body", "",
			3 * minute, 0},
		"content taken before it ended": {inClear, "body",
			raw("250 2.0.0 Ok: queued as 4XyZ\r\n", false), failed,
			"body", "no meaning|" + dialogs, 3 * minute, 0},
		"final dot answered with DATA": {inClear, "DATA",
			"354 go\r\n250 2.0.0 Ok: queued as 4XyZ", failed, "body",
			"no meaning|" + dialogs, 0, 0},
		"final closed": {inClear, ".", hangUp, inDoubt, "final", "closed|" + doubt, 0, 1},
		"final reset":  {inClear, ".", resets("."), inDoubt, "final", "broke|" + doubt, 0, 1},
		"final silence": {inClear, ".", silent, inDoubt, "final",
			"no answer within 10m0s|" + doubt, 10 * minute, 1},
		"final half": {inClear, ".", half + "250 2.0.0 Ok", inDoubt, "final",
			"middle|" + doubt, 0, 1},
		"final nonsense": {inClear, ".", "\x00\x01\x02\x03", inDoubt, "final",
			"no SMTP reply|" + doubt, 0, 1},
		"final 199": {inClear, ".", "199 x", inDoubt, "final", "no SMTP reply|" + doubt,
			0, 1},
		"final two codes": {inClear, ".", "250-a\r\n550 b", inDoubt, "final",
			"two codes|" + doubt, 0, 1},
		"final unended": {inClear, ".", raw("250-a\r\n250-b\r\n", false), inDoubt, "final",
			"closed|" + doubt, 0, 1},
		"final 2,001 octets": {inClear, ".", "250 " + strings.Repeat("x", 1995), inDoubt, "final",
			"2000 octets|" + doubt, 0, 1},
		"final without end": {inClear, ".", endlessly("250-x\r\n"), inDoubt, "final",
			"128 lines|" + doubt, 0, 1},
		"final an octet a second": {inClear, ".", dripped(strings.Repeat("250-x\r\n", 100)),
			inDoubt, "final",
			"no answer within 10m0s|" + doubt, 10 * minute, 1},
		"final by drips, in time": {inClear, ".", dripped("250 2.0.0 Ok: queued as 4XyZ\r\n"),
			accepted, "final", "",
			29 * time.Second, 1},
		"final 354": {inClear, ".", "354 more", inDoubt, "final", "no meaning", 0, 1},
		"final 4yz": {inClear, ".", "451 4.7.1 later", deferred, "final", "", 0, 4},
		"final 421": {inClear, ".", raw("421 4.7.0 rate\r\n", false), deferred, "final", "", 0, 4},
		"final 5yz": {inClear, ".", "554 5.7.1 spam", refused, "final", "", 0, 1},
		"final 2yz": {inClear, ".", "250 2.0.0 Ok: queued as 4XyZ", accepted, "final", "", 0, 1},
	}
}

func hostileTLS(t *testing.T, a *authority) map[string]hostile {
	foreign, past := newAuthority(t), time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC)
	old := certified(func(c *tls.Config) {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10,
			tls.VersionTLS11
	})
	alert := "\x15\x03\x03\x00\x02\x02\x28" // fatal, handshake_failure
	all := map[string]hostile{
		"STARTTLS refused": {startTLS, "STARTTLS", "454 4.7.0 no TLS now", failed, "starttls",
			"refused|certificate may be broken", 0, 0},
		"STARTTLS refused for good": {startTLS, "STARTTLS", "502 5.5.1 what", failed, "starttls",
			"refused|certificate may be broken", 0, 0},
		"STARTTLS taken out": {startTLS, "EHLO", "250-mx\r\n250-XXXXXXXA\r\n250 SIZE", failed,
			"starttls",
			"does not offer STARTTLS|firewall", 0, 0},
		"STARTTLS with plain text behind": {startTLS, "STARTTLS", "220 go\r\n250 injected",
			failed, "starttls",
			"plain text behind|injecting", 0, 0},
		"STARTTLS closed": {startTLS, "STARTTLS", hangUp, failed, "starttls",
			"closed|TLS setup", 0, 0},
		"STARTTLS silence": {startTLS, "STARTTLS", silent, failed, "starttls",
			"5m0s|another network", 5 * minute, 0},
		"STARTTLS half": {startTLS, "STARTTLS", half + "220", failed, "starttls",
			"middle|TLS setup", 0, 0},
		"STARTTLS 354": {startTLS, "STARTTLS", "354 go", failed, "starttls",
			"refused|TLS setup", 0, 0},
		"STARTTLS nonsense": {startTLS, "STARTTLS", "go ahead", failed, "starttls",
			"no SMTP reply|" + dialogs, 0, 0},
		"STARTTLS answered and closed": {startTLS, "STARTTLS", raw("220 go\r\n", false),
			failed, "starttls",
			"broke|TLS setup", 0, 0},
		"EHLO over TLS closed": {startTLS, "TLS", hangUp, failed, "ehlo", "closed|" + hungUp, 0, 0},
	}
	for _, over := range []string{startTLS, implicit} {
		at, answer := "STARTTLS", "220 go\r\n"
		if over == implicit {
			at, answer = "TLS at once", ""
		}
		stage := stageOf(over)
		instead := func(do act) any { return without(answer, do) }
		const unread = 30 * time.Second // a pipe holds no octet: our alert waits for a reader
		for name, h := range map[string]hostile{
			"alert":   {does: instead(answering(alert)), words: "handshake failure|TLS setup"},
			"garbage": {does: instead(answering("500 what?\r\n")), words: "first record|port 587"},
			"silence": {does: instead(deaf), words: "within 30s|another network",
				within: 30 * time.Second},

			"an octet a second": {does: instead(dripped("\x16\x03\x03\x10\x00" + strings.Repeat("\x00", 40))),
				words: "within 30s|another network", within: 30 * time.Second},
			"expired certificate": {does: by(t, a, "mx.example.net", past),
				words: "expired|renew it", within: unread},
			"foreign certificate": {does: by(t, foreign, "mx.example.net", distant),
				words: "unknown authority|ca =", within: unread},
			"self-signed certificate": {does: alone(t, foreign),
				words: "unknown authority|ca =", within: unread},
			"certificate of another": {does: by(t, a, "other.example", distant),
				words: "other.example|set host", within: unread},
			"certificate not valid yet": {does: by(t, a.later(), "mx.example.net", distant),
				words: "not yet valid|valid from 2050", within: unread},
			"TLS 1.1": {does: old, words: "protocol version|brought up to date"},
		} {
			h.over, h.at, h.stage, h.outcome = over, at, stage, failed
			all[over+": "+name] = h
		}
	}
	return all
}

func hostileLogins() map[string]hostile {
	loop := map[string]string{}
	for i := range 200 {
		loop["AUTH"+strings.Repeat("+", i)] = "334 "
	}
	return map[string]hostile{
		"AUTH unknown only": {byLogin, "TLS", "250-mx\r\n250 AUTH GSSAPI X-OWN", failed, "auth",
			"offers GSSAPI, X-OWN|PLAIN or LOGIN", 0, 0},
		"AUTH not offered": {byLogin, "TLS", "250-mx\r\n250 SIZE", failed, "auth",
			"offers no AUTH|port 25", 0, 0},
		"AUTH 535": {byLogin, "AUTH", "535 5.7.8 no", failed, "auth",
			"refused the login|check username", 0, 0},
		"AUTH 454": {byLogin, "AUTH", "454 4.7.0 later", failed, "auth",
			"refused the login|try again later", 0, 0},
		"AUTH 421": {byLogin, "AUTH", "421 4.7.0 bye", failed, "auth",
			"refused the login|try again later", 0, 0},
		"AUTH closed": {byLogin, "AUTH", hangUp, failed, "auth", "closed|" + hungUp, 0, 0},
		"AUTH silence": {byLogin, "AUTH", silent, failed, "auth", "5m0s|overloaded",
			5 * minute, 0},
		"AUTH half": {byLogin, "AUTH", half + "235", failed, "auth",
			"middle|" + hungUp, 0, 0},
		"AUTH nonsense": {byLogin, "AUTH", "welcome", failed, "auth",
			"no SMTP reply|" + dialogs, 0, 0},
		"AUTH 354": {byLogin, "AUTH", "354 go", failed, "auth",
			"nothing more to say|" + dialogs, 0, 0},
		"AUTH asks on and on": {byLogin, "AUTH", loop, failed, "auth",
			"nothing more to say|" + dialogs, 0, 0},
		"AUTH LOGIN asks on and on": {byLogin, "AUTH", with(loop, "TLS",
			"250-mx\r\n250 AUTH LOGIN"), failed,
			"auth", "nothing more to say|" + dialogs, 0, 0},
		"AUTH asks what is no base64": {byLogin, "AUTH", map[string]string{
			"TLS": "250-mx\r\n250 AUTH LOGIN", "AUTH": "334 !!!", "AUTH+": "501 5.5.2 no"},
			failed, "auth",
			"refused the login|" + "check username", 0, 0},
		"AUTH taken before it was answered": {byLogin, "AUTH", map[string]string{
			"TLS": "250-mx\r\n250 AUTH LOGIN", "AUTH": "334 VXNlcm5hbWU6\r\n235 welcome"},
			failed, "auth",
			"more than it was asked|" + dialogs, 0, 0},
		"AUTH an octet a second": {byLogin, "AUTH", dripped(strings.Repeat("235-x\r\n", 100)),
			failed, "auth",
			"5m0s|overloaded", 5 * minute, 0},
	}
}
