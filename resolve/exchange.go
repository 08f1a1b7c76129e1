package resolve

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"seedtest"
)

// The sizes of messages: what we tell servers that we take over UDP (the value that the DNS flag
// day of 2020 agreed on), and what is read if one sends more.
const (
	udpSize = 1232
	udpRoom = 8 << 10
)

// maxStrays is how many datagrams are passed over that answer another question.
const maxStrays = 64

// newQuestion makes a message with an identifier that cannot be foreseen.
func newQuestion(name string, kind uint16, edns bool) *dns.Msg {
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails
	m := &dns.Msg{}
	m.SetQuestion(name, kind)
	m.Id = binary.BigEndian.Uint16(id[:])
	m.AuthenticatedData = true // asks for the bit in the answer (RFC 6840 section 5.7)
	if edns {
		m.SetEdns0(udpSize, false)
	}
	return m
}

// exchange asks one server: over UDP, over TCP where the answer is cut short, and without EDNS
// where the server does not know it.
func (r *Resolver) exchange(ctx context.Context, server, name string, kind uint16) (*dns.Msg,
	*failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errTimeout)
	defer cancel()
	q := newQuestion(name, kind, true)
	m, x := r.once(ctx, "udp", server, q)
	if x == nil && m.Rcode == dns.RcodeFormatError {
		q = newQuestion(name, kind, false)
		m, x = r.once(ctx, "udp", server, q)
	}
	if x == nil && m.Truncated || x != nil && x.kind == KindMalformed {
		m, x = r.once(ctx, "tcp", server, q)
	}
	return m, x
}

var errTimeout = errors.New("no answer in time")

// once sends a question over a connection of its own and reads the answer.
func (r *Resolver) once(ctx context.Context, network, server string, q *dns.Msg) (*dns.Msg,
	*failure) {
	wire, err := q.Pack()
	if err != nil {
		return nil, fail(KindName, "%w: %w", seedtest.ErrNXDOMAIN, err)
	}
	conn, err := r.dial(ctx, network, server)
	if err != nil {
		return nil, failedIO(ctx, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var m *dns.Msg
	var x *failure
	if network == "udp" {
		m, x, err = overUDP(conn, wire, q)
	} else {
		m, x, err = overTCP(conn, wire, q)
	}
	if err != nil {
		return nil, failedIO(ctx, err)
	}
	return m, x
}

// overUDP reads until a datagram answers the question. Others are passed over, as a forger may send
// them.
func overUDP(conn net.Conn, wire []byte, q *dns.Msg) (*dns.Msg, *failure, error) {
	if _, err := conn.Write(wire); err != nil {
		return nil, nil, err
	}
	buf := make([]byte, udpRoom)
	for range maxStrays {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, nil, err
		}
		if m, x, ok := answers(buf[:n], q); ok {
			return m, x, nil
		}
	}
	return nil, fail(KindMalformed, "the server answers other questions only"), nil
}

// overTCP reads the one message that follows its length (RFC 1035 section 4.2.2).
func overTCP(conn net.Conn, wire []byte, q *dns.Msg) (*dns.Msg, *failure, error) {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(wire)), uint16(len(wire)))
	if _, err := conn.Write(append(framed, wire...)); err != nil {
		return nil, nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, nil, err
	}
	buf := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, nil, err
	}
	m, x, ok := answers(buf, q)
	if !ok {
		x = fail(KindMalformed, "the server answers another question")
	}
	return m, x, nil
}

// answers reads a message and reports whether it answers a question. One that does, by its
// identifier, but cannot be read is a failure.
func answers(wire []byte, q *dns.Msg) (*dns.Msg, *failure, bool) {
	if len(wire) < 12 || binary.BigEndian.Uint16(wire) != q.Id {
		return nil, nil, false
	}
	m := &dns.Msg{}
	if err := m.Unpack(wire); err != nil {
		return nil, fail(KindMalformed, "the answer cannot be read: %w", err), true
	}
	if !m.Response || m.Opcode != dns.OpcodeQuery {
		return nil, nil, false
	}
	if len(m.Question) == 0 && m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return m, nil, true // a server that did not understand need not repeat the question
	}
	same := len(m.Question) == 1 && m.Question[0].Qtype == q.Question[0].Qtype &&
		m.Question[0].Qclass == q.Question[0].Qclass &&
		strings.EqualFold(m.Question[0].Name, q.Question[0].Name)
	return m, nil, same
}
