package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/resolve"
	"seedtest/verify"
)

// TestOneMessageCannotHoldUpOthers holds the evaluation of a message to mostAsking, though its
// sender named more servers that do not answer than can be waited for.
func TestOneMessageCannotHoldUpOthers(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AA==; b=AA==\n",
			i)
	}
	b.WriteString("From: a@author.example\n\nHello\n")
	synctest.Test(t, func(t *testing.T) {
		silent := func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { // takes questions and answers none
				buf := make([]byte, 512)
				for {
					if _, err := theirs.Read(buf); err != nil {
						return
					}
				}
			}()
			return ours, nil
		}
		r, err := resolve.New(resolve.Options{Servers: []string{"192.0.2.53"}, Dial: silent})
		if err != nil {
			t.Fatal(err)
		}
		c := checker{resolver: r, options: verify.Options{Now: time.Now()}}
		begun := time.Now()
		a := c.analyze(t.Context(), letter{raw: []byte(b.String())}, seedtest.Trust{})
		if took := time.Since(begun); took != mostAsking {
			t.Errorf("it took %s, want %s", took, mostAsking)
		}
		if got := a.Verified.DKIM[0].Result; got != "temperror" {
			t.Errorf("the first signature is %s, want temperror", got)
		}
		if len(a.Findings) != 0 {
			t.Errorf("findings: %+v", a.Findings)
		}
	})
}
