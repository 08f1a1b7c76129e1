package sender_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/sender"
)

// The bytes of a message follow from values alone, so that a second try sends the same ones.
func ExampleCompose() {
	id := uuid.MustParse("019a8b7c-0000-7000-8000-00000000002a")
	m, err := sender.Compose(sender.Draft{
		Message: seedtest.Message{Name: "notice", Subject: "Your weekly notice", Text: "All is well."},
		From:    seedtest.Identity{Name: "main", From: "Ops <ops@example.org>"},
		To:      []string{"anna@example.net"},
		Token:   seedtest.MintToken(id, []byte("key of this installation")),
		Date:    time.Date(2026, 11, 21, 14, 2, 3, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(string(m.Data), "\r\n", "\n"))
	// Output:
	// Date: Sat, 21 Nov 2026 14:02:03 +0000
	// From: "Ops" <ops@example.org>
	// To: <anna@example.net>
	// Subject: Your weekly notice (gbmkigodbm)
	// Message-ID: <agniw7aaabyabaaaaaaaaaaafl7y2ks2gbmkigodbm@example.org>
	// X-Entity-Ref-ID: agniw7aaabyabaaaaaaaaaaafl7y2ks2gbmkigodbm
	// MIME-Version: 1.0
	// Content-Type: text/plain; charset=utf-8
	// Content-Transfer-Encoding: 7bit
	//
	// All is well.
	//
	// Reference: agniw7aaabyabaaaaaaaaaaafl7y2ks2gbmkigodbm
}

// A client hands messages to one route. What came of it is a submission: a fact, not an error.
func ExampleClient_Send() {
	relay, stop, err := start(nil, false)
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	client := sender.New(seedtest.Route{Name: "old", Type: seedtest.RouteSMTP,
		HELO: "mail1.example.org",
		Server: seedtest.Endpoint{
			Host: "127.0.0.1", Port: relay.addr.Port, TLS: seedtest.TLSNone},
	}, sender.Options{})
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := client.Send(ctx, seedtest.Composed{
		EnvelopeFrom: "ops@example.org",
		To:           []string{"anna@example.net"},
		Data:         []byte("From: ops@example.org\r\n\r\nGood morning.\r\n"),
	}, func(context.Context) error {
		return nil // here the attempt is written to disk; only then do the last octets leave
	})
	fmt.Println(s.Outcome, "at", s.Stage, s.Reply.Code, s.Reply.Enhanced)
	for _, st := range s.Stages {
		fmt.Print(st.Stage, " ")
	}
	// Output:
	// accepted at final 250 2.0.0
	// resolve connect banner ehlo mail rcpt data body final
}

// Check tells of a route what can be told without a message.
func ExampleClient_Check() {
	relay, stop, err := start(nil, false)
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	client := sender.New(seedtest.Route{Name: "old", Type: seedtest.RouteSMTP,
		Server: seedtest.Endpoint{
			Host: "127.0.0.1", Port: relay.addr.Port, TLS: seedtest.TLSStartTLS},
	}, sender.Options{})
	defer client.Close()

	c := client.Check(context.Background())
	fmt.Println(c.OK, c.Stage)
	fmt.Println(c.Error)
	// Output:
	// false starttls
	// starttls: the server does not offer STARTTLS
}
