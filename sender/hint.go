package sender

import (
	"errors"

	"seedtest"
)

// brokenHint is about a server that does not keep to the protocol.
const brokenHint = "the dialogue shows what it said; a proxy or a filter before the server may have " +
	"broken it: ask who runs them, or take another server"

// lostHint says what to do about a connection that ended without a reply.
func lostHint(stage seedtest.Stage, err error) string {
	switch {
	case stage == seedtest.StageConnect: // see connectTrouble
		return ""
	case errors.Is(err, errSpeaksTLS):
		return "the port begins with TLS: set tls = \"implicit\", or use port 587 with tls = \"starttls\""
	case isBroken(err) && stage == seedtest.StageBanner:
		return "what listens there may be no mail server: check host and port"
	case isBroken(err):
		return brokenHint
	case isTimeout(err):
		return silenceHint(stage)
	}
	return hangUpHint(stage)
}

func isBroken(err error) bool {
	for _, broken := range []error{errMalformed, errLongLine, errManyLines, errLongReply, errTwoCodes,
		errAhead} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}

func silenceHint(stage seedtest.Stage) string {
	switch stage {
	case seedtest.StageBanner:
		return "it takes connections and says nothing: it may be overloaded, look this address up " +
			"in slow DNS, or expect TLS at once"
	case seedtest.StageTLS, seedtest.StageSTARTTLS:
		return "the server, or a firewall that inspects mail, does not go on with TLS: ask on " +
			"another network, and look at the server's log"
	case seedtest.StageBody:
		return "small packets pass and large ones do not, or the server stopped reading: look for a " +
			"tunnel or firewall that drops ICMP (path MTU), and at the server's load"
	}
	return "the server may be overloaded or stuck in a check of its own: its log tells at what"
}

func hangUpHint(stage seedtest.Stage) string {
	switch stage {
	case seedtest.StageBanner:
		return "it hangs up on this address at once: it may be blocked there, or have too many " +
			"connections open; the server's log tells"
	case seedtest.StageTLS, seedtest.StageSTARTTLS:
		return "its TLS setup or certificate may be broken, or a firewall takes TLS apart: the " +
			"server's log tells"
	case seedtest.StageBody:
		return "a limit on size or a filter may have ended it: the server's log tells"
	}
	return "the server's log tells why it hung up"
}
