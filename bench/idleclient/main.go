// Command idleclient is what most programs of this kind do, written plainly with the same
// libraries: a session with IDLE on each of INBOX and Junk, a message sent by SMTP, and a FETCH
// when the server pushes. It prints the mailbox and when it saw the message, in seconds of Unix
// time.
//
// Usage: idleclient SMTP-ADDRESS IMAPS-ADDRESS CA-FILE USER PASSWORD-FILE CAMPAIGN
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"
)

// timeout bounds one measurement.
const timeout = 30 * time.Second

// settings are what the command line says.
type settings struct {
	smtp, imaps, user, password, campaign string
	tls                                   *tls.Config
}

func main() {
	s, err := read(os.Args[1:])
	if err == nil {
		err = s.measure()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func read(args []string) (settings, error) {
	if len(args) != 6 {
		return settings{}, errors.New("six arguments are wanted")
	}
	ca, err1 := os.ReadFile(args[2])
	password, err2 := os.ReadFile(args[4])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return settings{smtp: args[0], imaps: args[1], user: args[3], campaign: args[5],
		password: strings.TrimSpace(string(password)), tls: &tls.Config{RootCAs: roots},
	}, errors.Join(err1, err2)
}

// measure watches both mailboxes, sends, and prints where and when the message was seen.
func (s settings) measure() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	id := rand.Text() + "@example.org"
	ready, seen, failed := make(chan bool, 2), make(chan string, 2), make(chan error, 2)
	for _, mailbox := range []string{"INBOX", "Junk"} {
		go func() {
			if err := s.watch(mailbox, id, ready, seen); err != nil {
				failed <- err
			}
		}()
	}
	for range 2 {
		select {
		case <-ready:
		case err := <-failed:
			return err
		}
	}
	if err := s.send(id); err != nil {
		return err
	}
	select {
	case mailbox := <-seen:
		_, err := fmt.Printf("%s %.6f\n", mailbox, float64(time.Now().UnixMicro())/1e6)
		return err
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch waits in IDLE for messages in a mailbox until one has the Message-ID.
func (s settings) watch(mailbox, id string, ready chan<- bool, seen chan<- string) error {
	more := make(chan uint32, 100)
	c, err := imapclient.DialTLS(s.imaps, &imapclient.Options{TLSConfig: s.tls,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(d *imapclient.UnilateralDataMailbox) {
				if d.NumMessages != nil {
					more <- *d.NumMessages
				}
			}}})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Login(s.user, s.password).Wait(); err != nil {
		return err
	}
	if _, err := c.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return err
	}
	for first := true; ; first = false {
		idle, err := c.Idle()
		if err != nil {
			return err
		}
		if first {
			ready <- true
		}
		n := <-more
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			return err
		}
		if found, err := holds(c, n, id); err != nil || found {
			seen <- mailbox
			return err
		}
	}
}

// holds reports whether the message of a number has the Message-ID.
func holds(c *imapclient.Client, number uint32, id string) (bool, error) {
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	messages, err := c.Fetch(imap.SeqSetNum(number), &imap.FetchOptions{
		BodySection: []*imap.FetchItemBodySection{header}}).Collect()
	if err != nil || len(messages) == 0 {
		return false, err
	}
	return bytes.Contains(messages[0].FindBodySection(header), []byte(id)), nil
}

// send hands a message to the receiving server.
func (s settings) send(id string) error {
	date := time.Now().Format(time.RFC1123Z)
	text := fmt.Sprintf("From: ops@example.org\r\nTo: %s\r\nMessage-ID: <%s>\r\nDate: %s\r\n"+
		"Subject: Your notice\r\nX-Campaign: %s\r\n\r\nHello.\r\n", s.user, id, date, s.campaign)
	c, err := smtp.Dial(s.smtp)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.SendMail("ops@example.org", []string{s.user}, strings.NewReader(text))
}
