//go:build campaign

package campaign

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"

	"seedtest/lab"
)

// holding is what a holder does with a message that it has not answered.
type holding int

const (
	arrives      holding = iota // at once, though nobody is told
	arrivesLater                // once the connection has ended
	isLost
	holdings
)

// holder is an SMTP server that keeps back the reply to the final dot until it is told that its client
// is dead. From then on it answers at once.
type holder struct {
	ln      net.Listener
	world   *lab.World
	seeds   map[string]string // names by address
	content chan struct{}     // content of a message begins to come
	serving sync.WaitGroup

	mu       sync.Mutex
	draw     *rand.Rand
	dead     bool
	whole    map[string]int // how often a message came up to its final dot, by Message-ID
	arrived  map[string]bool
	troubles []error
}

func hold(t *testing.T, world *lab.World, random uint64) *holder {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &holder{ln: ln, world: world, seeds: map[string]string{}, content: make(chan struct{}, 100),
		draw: rand.New(rand.NewPCG(random, 5)), whole: map[string]int{}, arrived: map[string]bool{}}
	for _, s := range world.Seeds() {
		h.seeds[s.Address] = s.Name
	}
	h.serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			h.serving.Go(func() { h.serve(conn) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		h.serving.Wait()
	})
	return h
}

// serve answers one client. PIPELINING is offered, as most servers do.
func (h *holder) serve(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	_ = c.PrintfLine("220 holder.example ESMTP")
	for to := ""; ; {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(line, " "); verb {
		case "EHLO":
			_ = c.PrintfLine("250-holder.example\r\n250 PIPELINING")
		case "DATA":
			_ = c.PrintfLine("354 go ahead")
			if !h.take(c, to) {
				return
			}
		case "QUIT":
			_ = c.PrintfLine("221 bye")
			return
		case "RCPT":
			to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			fallthrough
		default:
			_ = c.PrintfLine("250 fine")
		}
	}
}

// take hears a message and answers it, or waits for the end of its client.
func (h *holder) take(c *textproto.Conn, to string) bool {
	if _, err := c.R.Peek(1); err != nil {
		return false
	}
	h.content <- struct{}{}
	raw, err := io.ReadAll(c.DotReader())
	if err != nil {
		return false
	}
	answers, what := h.decide(raw)
	if answers || what == arrives {
		h.deliver(to, raw)
	}
	if answers {
		return c.PrintfLine("250 2.0.0 Ok: queued as 4XyZ") == nil
	}
	_, _ = c.R.ReadByte() // it has nothing to say before the answer: this is its end
	if what == arrivesLater {
		h.deliver(to, raw)
	}
	return false
}

func (h *holder) decide(raw []byte) (answers bool, what holding) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.whole[messageID(raw)]++
	return h.dead, holding(h.draw.IntN(int(holdings)))
}

func (h *holder) deliver(to string, raw []byte) {
	raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	err := h.world.Deliver(h.seeds[to], "INBOX", raw)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.arrived[messageID(raw)] = true
	if err != nil {
		h.troubles = append(h.troubles, err)
	}
}

// bury tells the holder that its client is dead.
func (h *holder) bury() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead = true
}

func messageID(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err.Error()
	}
	return strings.Trim(m.Header.Get("Message-ID"), "<>")
}

// heard returns what came up to its final dot so far.
func (h *holder) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ids []string
	for id, n := range h.whole {
		ids = append(ids, slices.Repeat([]string{id}, n)...)
	}
	return ids
}
