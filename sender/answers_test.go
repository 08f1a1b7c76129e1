package sender_test

import (
	"strings"
	"time"

	"seedtest"
)

const (
	accepted = seedtest.OutcomeAccepted
	deferred = seedtest.OutcomeDeferred
	refused  = seedtest.OutcomeRefused
	failed   = seedtest.OutcomeFailed
	inDoubt  = seedtest.OutcomeInDoubt
)

var anyReply seedtest.Reply

const minute = time.Minute

// answerCase is one answer of a server, and what must become of it.
type answerCase struct {
	at, answer string
	outcome    seedtest.Outcome
	stage      seedtest.Stage
	error      string         // wanted in Error; "": no error
	within     time.Duration  // of the bubble's clock; 0: no time passes
	reply      seedtest.Reply // wanted if it has a code
}

var answerCases = map[string]answerCase{
	"banner 554": {"", "554 5.7.1 blocked", refused, "banner", "", 0,
		seedtest.Reply{Code: 554, Enhanced: "5.7.1", Text: "blocked"}},
	"banner 450":    {"", "450 busy", deferred, "banner", "", 0, anyReply},
	"banner 421":    {"", "421 4.7.0 later", deferred, "banner", "", 0, anyReply},
	"banner closed": {"", hangUp, failed, "banner", "closed", 0, anyReply},
	"banner silent": {"", silent, failed, "banner", "no answer within 5m0s", 5 * minute, anyReply},
	"banner of a web server": {
		"", "HTTP/1.1 400 Bad Request", failed, "banner", "no SMTP reply", 0, anyReply},
	"banner half": {"", half + "220 mx", failed, "banner", "middle of a line", 0, anyReply},
	"banner 2000 octets": {
		"", "220 " + strings.Repeat("x", 1994), accepted, "final", "", 0, anyReply},
	"banner 2001 octets": {"", "220 " + strings.Repeat("x", 1995), failed, "banner",
		"more than 2000 octets", 0, anyReply},
	"banner without end": {"", strings.Repeat("220-x\r\n", 200) + "220 x", failed, "banner",
		"more than 128 lines", 0, anyReply},
	"banner 999":    {"", "999 x", failed, "banner", "no SMTP reply", 0, anyReply},
	"banner 354":    {"", "354 x", failed, "banner", "no meaning", 0, anyReply},
	"EHLO 550":      {"EHLO", "550 who", refused, "ehlo", "", 0, anyReply},
	"EHLO 421":      {"EHLO", "421 bye", deferred, "ehlo", "", 0, anyReply},
	"EHLO closed":   {"EHLO", hangUp, failed, "ehlo", "closed", 0, anyReply},
	"EHLO silent":   {"EHLO", silent, failed, "ehlo", "no answer", 5 * minute, anyReply},
	"MAIL 550":      {"MAIL", "550 5.1.8 no such domain", refused, "mail", "", 0, anyReply},
	"MAIL 451":      {"MAIL", "451 4.3.0 later", deferred, "mail", "", 0, anyReply},
	"MAIL 421":      {"MAIL", "421 4.3.2 down", deferred, "mail", "", 0, anyReply},
	"MAIL closed":   {"MAIL", hangUp, failed, "mail", "closed", 0, anyReply},
	"MAIL half":     {"MAIL", half + "250 2.1", failed, "mail", "middle of a line", 0, anyReply},
	"MAIL silent":   {"MAIL", silent, failed, "mail", "no answer", 5 * minute, anyReply},
	"MAIL nonsense": {"MAIL", "what?", failed, "mail", "no SMTP reply", 0, anyReply},
	"MAIL 251":      {"MAIL", "251 fine", accepted, "final", "", 0, anyReply},
	"RCPT 550 with the enhanced code on its last line": {"RCPT",
		"550-no such\r\n550-user here\r\n550 5.1.1 see https://example.net/",
		refused, "rcpt", "", 0, seedtest.Reply{Code: 550, Enhanced: "5.1.1",
			Text: "no such\nuser here\nsee https://example.net/"}},
	"RCPT 550 with the enhanced code on each line": {"RCPT",
		"550-5.7.26 no SPF,\r\n550 5.7.26 no DKIM", refused, "rcpt", "", 0,
		seedtest.Reply{Code: 550, Enhanced: "5.7.26", Text: "no SPF,\nno DKIM"}},
	"RCPT 550 with a code of another class": {"RCPT", "550 4.7.1 odd", refused, "rcpt", "", 0,
		seedtest.Reply{Code: 550, Text: "4.7.1 odd"}},
	"RCPT greylisted":       {"RCPT", "450 4.2.0 greylisted", deferred, "rcpt", "", 0, anyReply},
	"RCPT 421":              {"RCPT", "421 bye", deferred, "rcpt", "", 0, anyReply},
	"RCPT closed":           {"RCPT", hangUp, failed, "rcpt", "closed", 0, anyReply},
	"RCPT silent":           {"RCPT", silent, failed, "rcpt", "no answer", 5 * minute, anyReply},
	"RCPT two codes":        {"RCPT", "250-a\r\n550 b", failed, "rcpt", "two codes", 0, anyReply},
	"DATA 554":              {"DATA", "554 no valid recipients", refused, "data", "", 0, anyReply},
	"DATA 451":              {"DATA", "451 later", deferred, "data", "", 0, anyReply},
	"DATA 421":              {"DATA", "421 bye", deferred, "data", "", 0, anyReply},
	"DATA 250":              {"DATA", "250 fine", failed, "data", "no meaning", 0, anyReply},
	"DATA 354 without text": {"DATA", "354", accepted, "final", "", 0, anyReply},
	"DATA 355":              {"DATA", "355 fine", failed, "data", "not 354", 0, anyReply},
	"DATA silent":           {"DATA", silent, failed, "data", "no answer", 5 * minute, anyReply},
	"DATA closed":           {"DATA", hangUp, failed, "data", "closed", 0, anyReply},
	"body stalled": {
		"body", stall, failed, "body", "no answer within 3m0s",
		3*minute + time.Second, anyReply}, // the second is for what it may have said before
	"body closed": {"body", hangUp, failed, "body", "broke the connection", 0, anyReply},
	"final 550":   {".", "550 5.7.1 spam", refused, "final", "", 0, anyReply},
	"final 451":   {".", "451 4.7.1 later", deferred, "final", "", 0, anyReply},
	"final 421":   {".", "421 4.7.0 rate", deferred, "final", "", 0, anyReply},
	"final 250": {".", "250-2.0.0 thanks\r\n250 2.0.0 Ok: queued as 4XyZ", accepted, "final",
		"", 0, seedtest.Reply{Code: 250, Enhanced: "2.0.0",
			Text: "thanks\nOk: queued as 4XyZ"}},
	"final 252":      {".", "252 maybe", accepted, "final", "", 0, anyReply},
	"final 354":      {".", "354 more", inDoubt, "final", "no meaning", 0, anyReply},
	"final closed":   {".", hangUp, inDoubt, "final", "closed", 0, anyReply},
	"final half":     {".", half + "250 2.0", inDoubt, "final", "middle of a line", 0, anyReply},
	"final nonsense": {".", "OK", inDoubt, "final", "no SMTP reply", 0, anyReply},
	"final silent": {
		".", silent, inDoubt, "final", "no answer within 10m0s", 10 * minute, anyReply},
}
