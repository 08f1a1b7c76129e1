package inbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// connect opens the connection to a seed's server and, where the seed says so, encrypts it. plain
// is the connection to close at once when the context ends. A certificate that ended the handshake
// is told beside the error.
func (w *Watcher) connect(ctx context.Context, seed seedtest.Seed) (conn, plain net.Conn,
	info *seedtest.TLSInfo, err error) {
	addr := net.JoinHostPort(seed.Server.Host, strconv.Itoa(seed.Server.Port))
	dialed, err := w.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	// Not plain: when the time is up it may be nil again before this runs.
	stop := context.AfterFunc(ctx, func() { _ = dialed.Close() })
	defer stop()
	deadline, _ := ctx.Deadline()
	_ = dialed.SetDeadline(deadline)
	conn, info, err = w.encrypt(ctx, dialed, seed)
	if err != nil {
		_ = dialed.Close()
		if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			err = errNoAnswer
		}
		return nil, nil, info, fmt.Errorf("%s: %w", addr, err)
	}
	_ = dialed.SetDeadline(time.Time{})
	return conn, dialed, info, nil
}

func (w *Watcher) encrypt(ctx context.Context, plain net.Conn, seed seedtest.Seed) (net.Conn,
	*seedtest.TLSInfo, error) {
	switch seed.Server.TLS {
	case seedtest.TLSNone:
		return plain, nil, nil
	case seedtest.TLSStartTLS, seedtest.TLSOpportunistic:
		greeting, offered, err := startTLS(plain)
		if err != nil {
			return nil, nil, err
		}
		if !offered && seed.Server.TLS == seedtest.TLSOpportunistic {
			return &greeted{Conn: plain, first: greeting}, nil, nil
		}
		if !offered {
			return nil, nil, errors.New("the server does not offer STARTTLS")
		}
		conn, info, err := w.handshake(ctx, plain, seed)
		if err != nil {
			return nil, info, err
		}
		return &greeted{Conn: conn, first: greeting}, info, nil
	}
	return w.handshake(ctx, plain, seed)
}

func (w *Watcher) handshake(ctx context.Context, plain net.Conn, seed seedtest.Seed) (net.Conn,
	*seedtest.TLSInfo, error) {
	conn := tls.Client(plain, &tls.Config{
		ServerName: seed.Server.Host, RootCAs: w.trusted(seed.CA), MinVersion: tls.VersionTLS12,
	})
	if err := apart(func() error { return conn.HandshakeContext(ctx) }); err != nil {
		return nil, unverified(err), fmt.Errorf("TLS: %w%s", err, tlsRemedy(err))
	}
	return conn, tlsInfo(conn.ConnectionState()), nil
}

// tlsRemedy says what the configuration can do about a handshake that failed, if anything.
func tlsRemedy(err error) string {
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		return `; if the issuer is your own, name its certificate with ca = "FILE.pem"`
	case errors.As(err, &record):
		return `; if the port begins in plain text, write tls = "starttls" in imap`
	}
	return ""
}

// apart runs f on a stack of its own and waits for its end. A handshake, or to read what came,
// needs much stack, and a goroutine would keep it while it waits for days.
func apart(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return <-done
}

// trusted are the certificates that a seed's server is held against. Seeds with the same CA share
// them: a pool of its own for each would take most of the memory of a session.
func (w *Watcher) trusted(ca []byte) *x509.CertPool {
	if len(ca) == 0 {
		return w.roots
	}
	if pool, ok := w.pools.Load(string(ca)); ok {
		return pool.(*x509.CertPool)
	}
	roots := w.roots
	if roots == nil {
		roots, _ = x509.SystemCertPool()
	}
	if roots == nil {
		roots = x509.NewCertPool()
	}
	roots = roots.Clone()
	roots.AppendCertsFromPEM(ca)
	pool, _ := w.pools.LoadOrStore(string(ca), roots)
	return pool.(*x509.CertPool)
}

func tlsInfo(s tls.ConnectionState) *seedtest.TLSInfo {
	info := seedtest.CertificateInfo(s.PeerCertificates)
	info.Version, info.Cipher = tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite)
	info.Verified = len(s.VerifiedChains) > 0
	return info
}

// unverified is what can be told of the certificate that ended a handshake, nil if none did.
func unverified(err error) *seedtest.TLSInfo {
	var bad *tls.CertificateVerificationError
	if !errors.As(err, &bad) || len(bad.UnverifiedCertificates) == 0 {
		return nil
	}
	info := seedtest.CertificateInfo(bad.UnverifiedCertificates)
	info.Problem = seedtest.CertificateProblem(bad.UnverifiedCertificates[0], bad.Err, time.Now())
	return info
}

// startTLS speaks the plain part of STARTTLS (RFC 9051 section 6.2.1). It refuses whatever
// follows the server's OK in plain text, because somebody else may have put it there, and a
// PREAUTH, which would keep us from encrypting. The greeting is returned for whoever goes on.
func startTLS(conn net.Conn) (greeting []byte, offered bool, err error) {
	br := bufio.NewReader(conn)
	if greeting, err = readResponse(br); err != nil {
		return nil, false, fmt.Errorf("greeting: %w", err)
	}
	status, _, text := statusLine(afterStar(greeting))
	switch status {
	case "OK":
	case "PREAUTH":
		return nil, false, errors.New("it greets with PREAUTH, which keeps us from encrypting: " +
			"this server, or whoever stands before it, is not to be trusted")
	default:
		return nil, false, fmt.Errorf("greeting: %s %s", seedtest.OneLine(status, 20),
			seedtest.OneLine(text, 200))
	}
	if _, err = conn.Write([]byte("S1 STARTTLS\r\n")); err != nil {
		return nil, false, fmt.Errorf("STARTTLS: %w", err)
	}
	for range 20 {
		raw, err := readResponse(br)
		if err != nil {
			return nil, false, fmt.Errorf("STARTTLS: %w", err)
		}
		if rest, ok := strings.CutPrefix(string(raw), "S1 "); ok {
			status, _, _ := statusLine([]byte(rest))
			if status == "OK" && br.Buffered() > 0 {
				return nil, false, errors.New("STARTTLS: plain text after the server's OK")
			}
			// What the server could do before says nothing of what it can do now.
			if status == "OK" {
				greeting = fmt.Appendf(nil, "* OK %s\r\n", seedtest.OneLine(text, 200))
			}
			return greeting, status == "OK", nil
		}
	}
	return nil, false, errors.New("STARTTLS: no answer")
}

func afterStar(raw []byte) []byte {
	_, rest, _ := strings.Cut(string(raw), " ")
	return []byte(rest)
}

// greeted is a connection whose greeting has been read: it is read once more.
type greeted struct {
	net.Conn
	first []byte
}

func (g *greeted) Read(p []byte) (int, error) {
	if len(g.first) > 0 {
		n := copy(p, g.first)
		g.first = g.first[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// private reports whether nobody can listen in on a connection that is not encrypted: it stays on
// this machine.
func private(conn net.Conn) bool {
	switch a := conn.RemoteAddr().(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	default:
		return a != nil && a.Network() == "pipe" // net.Pipe
	}
}
