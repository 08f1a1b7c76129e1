package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/miekg/dns"

	"seedtest"
)

// Kind is a kind of outcome that is no answer.
type Kind string

// The kinds. The first three say that there is nothing; all others say nothing.
const (
	KindNXDOMAIN  Kind = "nxdomain"  // no such name
	KindNODATA    Kind = "nodata"    // no record of this type at the name
	KindName      Kind = "name"      // the name can be none in DNS, and nobody was asked
	KindTimeout   Kind = "timeout"   // no server answered in time
	KindServFail  Kind = "servfail"  // the server could not find out
	KindRefused   Kind = "refused"   // the server does not answer us
	KindFormErr   Kind = "formerr"   // the server did not understand the question
	KindNetwork   Kind = "network"   // no server could be reached
	KindMalformed Kind = "malformed" // the answer cannot be read, or its aliases do not end
	KindOther     Kind = "other"     // another response code
	KindCanceled  Kind = "canceled"  // the caller gave up
	KindType      Kind = "type"      // the type is none of records, and nobody was asked
)

// Error is why there is no answer. It wraps seedtest.ErrNXDOMAIN, seedtest.ErrNODATA, the error of
// the context, or that of the network.
type Error struct {
	Name   string // as it was asked
	Type   string
	Kind   Kind
	Server string // the last one asked, if any
	Err    error
}

// Error says what went wrong, and with which server. Whoever asked knows the question; of the
// network's error the addresses are left out, because our port is another each time.
func (e *Error) Error() string {
	cause := e.Err
	if op := (*net.OpError)(nil); errors.As(cause, &op) {
		cause = op.Err
	}
	text := fmt.Sprintf("dns: %v", cause)
	if e.Server != "" {
		text += " (" + e.Server + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error of this package, or "" for one of another.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// failure is an outcome before the question is known to it.
type failure struct {
	kind   Kind
	server string
	err    error
}

// final reports whether another server cannot come to another result.
func (f *failure) final() bool {
	return f.kind == KindNXDOMAIN || f.kind == KindName || f.kind == KindCanceled
}

func fail(kind Kind, format string, args ...any) *failure {
	return &failure{kind: kind, err: fmt.Errorf(format, args...)}
}

// failedIO tells what kind of failure an error of the network is.
func failedIO(ctx context.Context, err error) *failure {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTimeout), cause == nil && errors.Is(err, os.ErrDeadlineExceeded):
		return &failure{kind: KindTimeout, err: errTimeout}
	case cause != nil:
		return &failure{kind: KindCanceled, err: ctx.Err()}
	}
	return &failure{kind: KindNetwork, err: err}
}

// failedCode tells what kind of failure a response code is, or nil for none.
func failedCode(rcode int) *failure {
	switch rcode {
	case dns.RcodeSuccess:
		return nil
	case dns.RcodeNameError:
		return &failure{kind: KindNXDOMAIN, err: seedtest.ErrNXDOMAIN}
	case dns.RcodeServerFailure:
		return fail(KindServFail, "the server could not find out (SERVFAIL)")
	case dns.RcodeRefused:
		return fail(KindRefused, "the server refuses to answer (REFUSED)")
	case dns.RcodeFormatError:
		return fail(KindFormErr, "the server did not understand (FORMERR)")
	}
	return fail(KindOther, "the server answers with code %d", rcode)
}
