// Command receiver is the receiving server of the benchmark: it takes a message by SMTP, hands it
// to Dovecot by LMTP, and answers 250 when Dovecot has. So its 250 is the moment from which the
// message can be seen, and no queue stands in between. The time of each, in seconds of Unix time,
// goes to standard output.
//
// Usage: receiver ADDRESS LMTP-SOCKET
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: receiver ADDRESS LMTP-SOCKET")
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{socket: os.Args[2]}, nil
	}))
	s.Addr, s.Domain = os.Args[1], "mx.example.net"
	s.ReadTimeout, s.WriteTimeout = time.Minute, time.Minute
	s.MaxMessageBytes = 1 << 20
	log.Fatal(s.ListenAndServe())
}

// session is one SMTP session.
type session struct {
	socket string
	from   string
	to     []string
}

// Reset forgets the envelope.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to do.
func (s *session) Logout() error { return nil }

// Mail takes the envelope's sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt takes a recipient; Dovecot says whether it exists.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data hands the message on and returns what Dovecot says of it.
func (s *session) Data(r io.Reader) error {
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	c := smtp.NewClientLMTP(conn)
	if err := c.Mail(s.from, nil); err != nil {
		return err
	}
	for _, to := range s.to {
		if err := c.Rcpt(to, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	received := "Received: by mx.example.net with ESMTP; " + time.Now().Format(time.RFC1123Z) + "\r\n"
	if _, err := io.Copy(w, io.MultiReader(strings.NewReader(received), r)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := c.Quit(); err != nil {
		return err
	}
	_, err = fmt.Printf("%.6f\n", float64(time.Now().UnixMicro())/1e6)
	return err
}
