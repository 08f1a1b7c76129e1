package verify

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// mute is a Resolver that answers nothing, and lets go when its caller gives up.
type mute struct{}

func (mute) wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (s mute) TXT(ctx context.Context, _ string) ([]string, error)     { return nil, s.wait(ctx) }
func (s mute) IP4(ctx context.Context, _ string) ([]netip.Addr, error) { return nil, s.wait(ctx) }
func (s mute) IP6(ctx context.Context, _ string) ([]netip.Addr, error) { return nil, s.wait(ctx) }
func (s mute) MX(ctx context.Context, _ string) ([]string, error)      { return nil, s.wait(ctx) }
func (s mute) PTR(ctx context.Context, _ netip.Addr) ([]string, error) { return nil, s.wait(ctx) }

// TestMessageOutOfTime holds an evaluation to the time that it is given, whatever there is to ask,
// and that nothing is said against a message, its sender or its provider for want of answers.
func TestMessageOutOfTime(t *testing.T) {
	var b strings.Builder
	for i := range maxDKIM {
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=%s; b=AA=="+
			"\r\n", i, emptySum)
	}
	b.WriteString("ARC-Seal: i=1; a=rsa-sha256; d=arc.example; s=s; cv=none; b=AA==\r\n" +
		"ARC-Message-Signature: i=1; a=rsa-sha256; d=arc.example; s=s; h=from; bh=" + emptySum +
		"; b=AA==\r\nARC-Authentication-Results: i=1; arc.example; none\r\n" +
		"From: a@author.example\r\n\r\nHello\r\n")
	a := seedtest.Analysis{Authentication: []seedtest.AuthField{{Trusted: true,
		Results: []seedtest.AuthResult{{Method: "spf", Result: "pass"}, {Method: "dkim", Result: "pass"},
			{Method: "dmarc", Result: "pass"}, {Method: "arc", Result: "pass"}}}}}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		v, findings := Message(ctx, []byte(b.String()), a, mute{}, Options{Now: begun,
			IP: netip.MustParseAddr("192.0.2.1"), MailFrom: "a@author.example", HELO: "mx.author.example"})
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("it took %s, where a minute was given", took)
		}
		for _, c := range v.DKIM {
			if c.Result != resultTempError {
				t.Errorf("DKIM of %s: %s (%s)", c.Domain, c.Result, c.Reason)
			}
		}
		if v.SPF.Result != resultTempError || v.DMARC.Result != resultTempError ||
			v.ARC.Result != resultTempError {
			t.Errorf("SPF %s, DMARC %s, ARC %s", v.SPF.Result, v.DMARC.Result, v.ARC.Result)
		}
		if len(findings) != 0 {
			t.Errorf("findings: %+v", findings)
		}
	})
}
