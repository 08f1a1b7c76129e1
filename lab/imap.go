package lab

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"
)

// imapServer serves the accounts of one provider by IMAP (RFC 3501 and 9051) in one style.
type imapServer struct {
	listener net.Listener
	style    imapStyle
	accounts []*account
	tls      *tls.Config
	faults   *faultBook
	log      *slog.Logger
	closing  context.Context
	stop     context.CancelFunc

	wg    sync.WaitGroup
	mu    sync.Mutex
	conns map[net.Conn]bool
}

const (
	imapMaxConns   = 500
	imapHandshake  = 30 * time.Second
	imapPatience   = time.Minute      // for one write, and for a command begun
	imapLoginTime  = 3 * time.Minute  // to sign in
	imapIdleTime   = 30 * time.Minute // to say something (RFC 9051 section 5.4)
	imapAuthorizes = 5                // refused sign-ins in one session
)

// serveIMAP serves accounts on l until Close. Connections speak TLS from the start, or by STARTTLS
// if the style says so; without tlsConfig they speak none. A nil log is discarded.
func serveIMAP(l net.Listener, style imapStyle, accounts []*account, tlsConfig *tls.Config,
	faults *faultBook, log *slog.Logger) *imapServer {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &imapServer{listener: l, style: style, accounts: accounts, tls: tlsConfig,
		faults: faults, log: log.With("imap", style.id), conns: map[net.Conn]bool{}}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.wg.Go(s.accept)
	return s
}

// Close ends all sessions and waits for their goroutines.
func (s *imapServer) Close() error {
	s.stop()
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

func (s *imapServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if s.closing.Err() == nil {
				s.log.Error("accept", "error", err)
			}
			return
		}
		if !s.keep(conn) {
			_ = conn.Close()
			continue
		}
		s.wg.Go(func() {
			defer s.forget(conn)
			s.serve(conn)
		})
	}
}

// keep notes a connection, for Close; it reports whether there is room for it.
func (s *imapServer) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Err() != nil || len(s.conns) >= imapMaxConns {
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *imapServer) forget(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *imapServer) serve(conn net.Conn) {
	c := newIMAPConn(s, conn)
	if _, ok := s.faults.active(IMAPRefuseConnect, c.parties()...); ok {
		return
	}
	if s.tls != nil && !s.style.startTLS {
		if err := c.encrypt(); err != nil {
			s.log.Debug("TLS", "error", err)
			return
		}
	}
	defer c.leave()
	c.session()
}

// account returns the account with a login, or nil.
func (s *imapServer) account(login string) *account {
	for _, a := range s.accounts {
		if a.login == login {
			return a
		}
	}
	return nil
}
