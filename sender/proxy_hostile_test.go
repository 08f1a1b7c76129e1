package sender_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// TestHostileProxy: whatever a proxy says, and however slowly, an attempt ends in time, keeps little, and
// nothing is sent.
func TestHostileProxy(t *testing.T) {
	hears := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 512)) }
	for name, c := range map[string]struct {
		does  func(conn net.Conn)
		stage seedtest.Stage
		words string
		took  time.Duration
	}{
		"an octet and silence": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5})
			_, _ = io.Copy(io.Discard, conn)
		}, "connect", "no answer within 30s", 30 * time.Second},
		"silence about the server": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0})
			_, _ = io.Copy(io.Discard, conn)
		}, "connect", "no answer within 30s", 30 * time.Second},
		"an answer an octet a second": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0})
			hears(conn)
			for _, b := range append([]byte{5, 0, 0, 3, 255}, make([]byte, 257)...) {
				time.Sleep(time.Second) // of the bubble's clock
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
			}
		}, "connect", "no answer within 30s", 30 * time.Second},
		"half of the second answer": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0})
			hears(conn)
			_, _ = conn.Write([]byte{5, 0, 0, 1, 192, 0})
		}, "connect", "gave no connection", 0},
		"an address of no kind": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0})
			hears(conn)
			_, _ = conn.Write([]byte{5, 0, 0, 9, 1, 1, 1, 1, 0, 25})
		}, "connect", "gave no connection", 0},
		"a way to sign in that was not offered": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0x80})
		}, "connect", "gave no connection", 0},
		"a connection to no end of zeros": {func(conn net.Conn) {
			hears(conn)
			_, _ = conn.Write([]byte{5, 0})
			hears(conn)
			_, _ = conn.Write([]byte{5, 0, 0, 1, 192, 0, 2, 1, 0, 25})
			for zeros := bytes.Repeat([]byte{0}, 4096); ; {
				if _, err := conn.Write(zeros); err != nil {
					return
				}
			}
		}, "banner", "more than 2000 octets", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := sender.New((&socks{script: &script{t: t}}).proxied(), sender.Options{Dial: played(t, c.does)})
				defer client.Close()
				begun := time.Now()
				got, commits := sent(t, client, composed(t))
				if got.Outcome != failed || got.Stage != c.stage || commits != 0 || !strings.Contains(got.Error, c.words) {
					t.Errorf("%s at %s after %d commits: %s", got.Outcome, got.Stage, commits, got.Error)
				}
				if took := time.Since(begun); took != c.took {
					t.Errorf("it took %v, want %v", took, c.took)
				}
				if kept := got.Error + strings.Join(got.Dialog, ""); len(kept) > 4<<10 || strings.ContainsFunc(kept, unfit) {
					t.Errorf("kept %d octets: %.200q", len(kept), kept)
				}
			})
		})
	}
}

// TestProxyCancelled: the end of a run does not wait for a proxy.
func TestProxyCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := sender.New((&socks{script: &script{t: t}}).proxied(), sender.Options{
			Dial: played(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })})
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		got := client.Send(ctx, composed(t), committed)
		if got.Outcome != seedtest.OutcomeUnsent || time.Since(begun) != time.Second {
			t.Errorf("%s after %v: %s", got.Outcome, time.Since(begun), got.Error)
		}
	})
}

// played is a dial to who does something and hangs up.
func played(t *testing.T, does func(conn net.Conn)) sender.Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer server.Close()
			does(server)
		}()
		t.Cleanup(func() {
			client.Close()
			<-done
		})
		return client, nil
	}
}
