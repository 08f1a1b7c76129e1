package sender_test

import (
	"fmt"
	"time"

	"seedtest"
	"seedtest/sender"
)

// A message is composed for a route, and looked through before it is sent.
func ExampleLint() {
	route := seedtest.Route{Name: "new", Type: seedtest.RouteSMTP, Sender: seedtest.Identity{
		From: "Shop <news@example.org>", EnvelopeFrom: "bounces@mailer.example.com"}}
	m, err := sender.Compose(sender.Draft{
		Message: seedtest.Message{Name: "news", Subject: "NEWS FOR YOU",
			Text: "Hello {{first_name}}"},
		From: route.Sender, To: []string{"anna@example.net"},
		Token: token, Date: time.Date(2026, 11, 21, 14, 2, 3, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range sender.Lint(m, route) {
		fmt.Printf("%s: %s\n", r.Rule, r.Evidence)
	}
	// Output:
	// spf-unaligned: mailer.example.com
	// subject-capitals: NEWS FOR YOU
	// variable: {{first_name}}
}
