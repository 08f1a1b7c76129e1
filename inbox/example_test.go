package inbox_test

import (
	"context"
	"fmt"
	"time"

	"seedtest"
	"seedtest/inbox"
)

// A watcher is made once and watches many seeds. What is left out has its default.
func ExampleNew() {
	w := inbox.New(inbox.Options{
		Timeouts: inbox.Timeouts{Command: 20 * time.Second},
		Gentle:   inbox.Pace{LookEvery: 10 * time.Minute},
	})
	seed := seedtest.Seed{Name: "own-1", Server: seedtest.Endpoint{Host: "imap.invalid", Port: 993,
		TLS: seedtest.TLSImplicit}}
	_, err := w.Check(context.Background(), seed)
	fmt.Println(err)
	// Output: seed own-1: the seed has neither a password nor a token
}

// A watch ends at once when nothing is awaited any more.
func ExampleWatcher_Watch() {
	err := inbox.New(inbox.Options{}).Watch(context.Background(), seedtest.Seed{Name: "own-1"},
		seedtest.Awaiting{
			Pending: func() seedtest.PendingProbes { return seedtest.PendingProbes{Done: true} },
			Record:  func(context.Context, ...seedtest.FactBody) error { return nil },
			Now:     time.Now,
		})
	fmt.Println(err)
	// Output: <nil>
}

// A flag on the LIST line is surer than a name.
func ExampleRoles() {
	for _, m := range inbox.Roles([]inbox.Listed{
		{Name: "INBOX", Delim: '/'},
		{Name: "Papierkorb", Delim: '/'},
		{Name: "Werbung", Attrs: []string{`\Junk`}, Delim: '/'},
		{Name: "Spam", Delim: '/'},
	}, seedtest.Seed{}) {
		fmt.Printf("%s: %q by %q, essential %t\n", m.Name, m.Role, m.FoundBy, m.Essential)
	}
	// Output:
	// INBOX: "inbox" by "protocol", essential true
	// Papierkorb: "trash" by "name", essential true
	// Werbung: "junk" by "special-use", essential true
	// Spam: "" by "", essential false
}

type header map[string][]string

func (h header) Values(name string) []string { return h[name] }

// Any carrier in the header is enough, and those that survived are told.
func ExampleTokens() {
	token := seedtest.Token("aaaaaaaaabyabaaaaaaaaaaaahcbvnvlllagitsucy")
	h := header{
		"Message-ID":      {"<rewritten.by@gateway.example>"},
		"X-Entity-Ref-ID": {string(token)},
		"Subject":         {"[EXTERNAL] Your notice " + token.Ref()},
	}
	for _, m := range inbox.Tokens(h, []seedtest.Token{token}, nil) {
		fmt.Println(m.Token == token, m.Carriers)
	}
	// Output: true [x-entity-ref-id subject]
}
