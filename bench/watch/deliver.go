package main

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"seedtest"
)

// posts is how many connections deliver.
const posts = 8

// deliver hands Dovecot a message for each of the notices, rate a second, and returns the moment of
// each one's 250. Every second message is one that Sieve files in Junk.
func deliver(socket string, rate int, notices []notice, ended func(i int)) ([]time.Time, error) {
	accepted := make([]time.Time, len(notices))
	work, failed := make(chan int), make(chan error, posts)
	var workers sync.WaitGroup
	for range posts {
		workers.Go(func() {
			if err := post(socket, notices, work, func(i int) {
				accepted[i] = time.Now()
				ended(i)
			}); err != nil {
				failed <- err
			}
		})
	}
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	var err error
	for i := 0; i < len(notices) && err == nil; i++ {
		<-tick.C
		select {
		case work <- i:
		case err = <-failed:
		}
	}
	close(work)
	workers.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	return accepted, err
}

// post delivers by one connection.
func post(socket string, notices []notice, work <-chan int, done func(int)) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	c := smtp.NewClientLMTP(conn)
	defer func() { _ = c.Close() }()
	for i := range work {
		if err := send(c, i, notices[i]); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		done(i)
	}
	return nil
}

func send(c *smtp.Client, i int, n notice) error {
	campaign := "notice"
	if i%2 == 1 {
		campaign = "newsletter"
	}
	text := fmt.Sprintf("From: ops@example.org\r\nTo: %s\r\nMessage-ID: <%s@example.org>\r\n"+
		"Date: %s\r\nSubject: Your notice\r\nX-Campaign: %s\r\n\r\nHello.\r\n",
		user(n.user), n.token, time.Now().Format(time.RFC1123Z), campaign)
	if err := c.Mail("ops@example.org", nil); err != nil {
		return err
	}
	if err := c.Rcpt(user(n.user), nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := strings.NewReader(text).WriteTo(w); err != nil {
		return err
	}
	return w.Close()
}

func mint() string { return string(seedtest.MintToken(uuid.New(), []byte("bench"))) }
