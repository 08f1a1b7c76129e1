package inbox

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// trouble is a server's or the network's: it becomes a fault and never ends a watch.
type trouble struct {
	kind    seedtest.FaultKind
	reason  seedtest.FaultReason // of FaultLogin and FaultConnect
	mailbox string               // of FaultMailbox
	what    string               // in words, clean
	tls     *seedtest.TLSInfo    // of FaultConnect: the certificate that was unfit, if one was
	wait    time.Duration        // the server asked for at least this
	open    bool                 // the connection can still be used

	// Of FaultLost.
	silent   time.Duration // since the server was last heard
	timedOut bool          // it said nothing, and did not hang up
	passing  bool          // of FaultLogin: the server cannot say now who is right
	sure     bool          // of FaultLogin: the secret is wrong, or there will be none
}

func (t *trouble) Error() string { return string(t.kind) + ": " + t.what }

// suggested is how Microsoft asks for patience (imapsync's FAQ.Office365 quotes it).
var suggested = regexp.MustCompile(`(?i)suggested backoff time: *(\d{1,9}) *(milli)?s`)

// throttleWait is how long we stay away when a server says slow down and not for how long.
const throttleWait = 5 * time.Minute

// maxWait bounds what a server can ask for.
const maxWait = time.Hour

// throttled reads from a reply's code and text whether the server asks us to slow down, and for
// how long.
func throttled(code, text string) (time.Duration, bool) {
	if m := suggested.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		unit := time.Second
		if m[2] != "" {
			unit = time.Millisecond
		}
		return min(time.Duration(n)*unit, maxWait), true
	}
	word, _, _ := strings.Cut(code, " ")
	switch strings.ToUpper(word) {
	case "THROTTLED", "OVERQUOTA", "LIMIT":
		return throttleWait, true
	}
	low := strings.ToLower(text)
	for _, sign := range []string{"[throttled]", "[overquota]", "too many", "rate limit",
		"bandwidth limit", "temporarily locked"} {
		if strings.Contains(low, sign) {
			return throttleWait, true
		}
	}
	return 0, false
}

// slowedDown reports whether the end of a command that was done says that the server slows us down.
// Gmail ends each with "OK Success [THROTTLED]" then, and answers late (mscdex/node-imap #593,
// jstedfast/MailKit #1396).
func slowedDown(code, text string) bool {
	return strings.EqualFold(code, "THROTTLED") || strings.Contains(strings.ToLower(text), "[throttled]")
}

// refused makes trouble of a NO or BAD, or nil if err is none.
func refused(err error, kind seedtest.FaultKind) *trouble {
	var r *refusal
	if !errors.As(err, &r) {
		return nil
	}
	t := &trouble{kind: kind, what: r.Error(), open: true}
	if wait, ok := throttled(r.code, r.text); ok {
		t.kind, t.wait = seedtest.FaultThrottled, wait
	}
	if notConnected(r.text) {
		t.kind, t.open = seedtest.FaultLogin, false
	}
	return t
}

// notConnected reports whether a server took a sign-in and then says that it leads nowhere: at
// Microsoft that is a matter of permission, and every further command fails.
func notConnected(text string) bool {
	return strings.Contains(strings.ToLower(text), "authenticated but not connected")
}

// ending is how servers end a session whose time is up: Gmail after a day or with its token,
// Microsoft with its token ("Session invalidated - AccessTokenExpired").
var ending = regexp.MustCompile(`(?i)session (has )?(expired|timed out|invalidated)|` +
	`token (has )?expired|tokenexpired`)

// expired reports whether a connection was ended because its time was up, by what the server said
// or by its usual life. lived is how long it was signed in.
func (t *trouble) expired(lived, life time.Duration) bool {
	return t.kind == seedtest.FaultLost &&
		(ending.MatchString(t.what) || life > 0 && lived >= life*9/10 && !t.timedOut)
}
