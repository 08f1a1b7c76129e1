package verify_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"seedtest"
	"seedtest/header"
	"seedtest/verify"
)

// oneKey is a resolver that knows the Ed25519 key of RFC 8463 appendix A.
type oneKey struct{}

func (oneKey) TXT(_ context.Context, name string) ([]string, error) {
	if name == "brisbane._domainkey.football.example.com" {
		return []string{"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}, nil
	}
	return nil, seedtest.ErrNXDOMAIN
}

func (oneKey) IP4(context.Context, string) ([]netip.Addr, error) { return nil, seedtest.ErrNODATA }
func (oneKey) IP6(context.Context, string) ([]netip.Addr, error) { return nil, seedtest.ErrNODATA }
func (oneKey) MX(context.Context, string) ([]string, error)      { return nil, seedtest.ErrNODATA }
func (oneKey) PTR(context.Context, netip.Addr) ([]string, error) { return nil, seedtest.ErrNODATA }

// The message of RFC 8463 appendix A, and what a mailing list makes of it.
func ExampleDKIM() {
	message := `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
`
	now := time.Date(2018, 6, 11, 0, 0, 0, 0, time.UTC)
	for _, m := range []string{message, message + "-- \nThe list\n"} {
		raw := []byte(strings.ReplaceAll(m, "\n", "\r\n"))
		for _, c := range verify.DKIM(context.Background(), raw, header.Parse(raw), oneKey{}, now) {
			fmt.Printf("%s %s: %s %q\n", c.Domain, c.Selector, c.Result, c.Reason)
		}
	}
	// Output:
	// football.example.com brisbane: pass ""
	// football.example.com brisbane: fail "the body was changed"
}
