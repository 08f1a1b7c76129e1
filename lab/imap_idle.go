package lab

import (
	"slices"
	"strings"
	"time"
)

// heard is a line that came while IDLE.
type heard struct {
	line string
	err  error
}

// idle tells what changes as it changes, until the client says DONE (RFC 2177).
func (c *imapConn) idle(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.printf("+ idling\r\n")
	_ = c.conn.SetReadDeadline(time.Now().Add(imapIdleTime))
	lines := make(chan heard, 1)
	go func() {
		line, err := c.readLine(imapMaxBefore)
		lines <- heard{strings.TrimSpace(string(line)), err}
	}()
	h, ok := c.push(lines)
	if !ok { // nothing can be said any more: the reader must not wait
		c.breakOff()
		<-lines
		return imapReply{}
	}
	if h.err != nil {
		c.hangUp(h.err)
		c.breakOff()
		return imapReply{}
	}
	if c.stalled() {
		c.breakOff()
		return imapReply{}
	}
	if !strings.EqualFold(h.line, "DONE") {
		return imapBad("Expected DONE")
	}
	return imapOK("IDLE terminated")
}

// push tells until the client's line comes. It returns false if the session is over before.
func (c *imapConn) push(lines <-chan heard) (heard, bool) {
	var changed <-chan struct{}
	if c.view != nil {
		changed = c.view.changed
	}
	var alive <-chan time.Time
	if c.style.keepalive > 0 {
		ticker := time.NewTicker(c.style.keepalive)
		defer ticker.Stop()
		alive = ticker.C
	}
	for {
		if c.viewLost() {
			c.bye(imapViewLost)
			return heard{}, false
		}
		if !c.mute(IMAPStall, IMAPMuteIdle) {
			c.tell("IDLE")
			c.tellNotice()
		}
		if !c.mute(IMAPStall) && c.flush() != nil {
			return heard{}, false
		}
		select {
		case <-changed:
			if c.cutOff() {
				return heard{}, false
			}
		case <-c.notice.bell:
			if c.cutOff() {
				return heard{}, false
			}
		case <-alive:
			if !c.mute(IMAPStall, IMAPMuteIdle) {
				c.untagged("OK Still here")
			}
		case h := <-lines:
			return h, true
		}
	}
}

// mute reports whether a fault of one of some kinds keeps the server from saying anything.
func (c *imapConn) mute(kinds ...FaultKind) bool {
	return slices.ContainsFunc(kinds, func(kind FaultKind) bool {
		_, ok := c.server.faults.active(kind, c.parties()...)
		return ok
	})
}
