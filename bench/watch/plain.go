package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"os"
	"regexp"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// atOnce is how many plain clients sign in at a time.
const atOnce = 32

// watchPlain watches as most programs do: a connection with IDLE for each of INBOX and Junk, and a
// FETCH when the server pushes.
func watchPlain(s settings) error {
	password, err := s.secret()
	if err != nil {
		return err
	}
	config, err := s.tls()
	if err != nil {
		return err
	}
	say("started")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	slots, ready := make(chan struct{}, atOnce), make(chan error, 2*s.Users)
	go func() {
		for i := range 2 * s.Users {
			slots <- struct{}{}
			p := plain{user: user(s.First + i/2), password: password,
				mailbox: [...]string{"INBOX", "Junk"}[i%2]}
			go func() { ready <- p.watch(s.Imaps, config, func() { <-slots; ready <- nil }) }()
		}
	}()
	return opened(in, ready, 2*s.Users, func(notice) {}) // it is told by the server
}

// plain is one connection.
type plain struct{ user, password, mailbox string }

func (p plain) watch(addr string, config *tls.Config, ready func()) error {
	more := make(chan uint32, 100)
	c, err := imapclient.DialTLS(addr, &imapclient.Options{TLSConfig: config,
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
	if err := c.Login(p.user, p.password).Wait(); err != nil {
		return err
	}
	selected, err := c.Select(p.mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return err
	}
	seen := selected.NumMessages
	for first := true; ; first = false {
		idle, err := c.Idle()
		if err != nil {
			return err
		}
		if first {
			ready()
		}
		n := <-more
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			return err
		}
		if n > seen {
			if err := tell(c, seen+1, n); err != nil {
				return err
			}
			seen = n
		}
	}
}

var tokens = regexp.MustCompile(`(?i)Message-ID: <([a-z2-7]+)@`)

// tell fetches messages by their number and says whose tokens they are.
func tell(c *imapclient.Client, from, to uint32) error {
	var set imap.SeqSet
	set.AddRange(from, to)
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	messages, err := c.Fetch(set, &imap.FetchOptions{
		BodySection: []*imap.FetchItemBodySection{header}}).Collect()
	for _, m := range messages {
		if found := tokens.FindSubmatch(m.FindBodySection(header)); found != nil {
			say("seen %s %d", found[1], time.Now().UnixMicro())
		}
	}
	return err
}
