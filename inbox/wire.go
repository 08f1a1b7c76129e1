package inbox

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// wire stands between the IMAP library and the network.
//
// The library writes the commands and matches their tags. It waits for ever, gives a connection
// up at the first response that it does not know, loses messages whose UID comes late, and drops
// what a server says before it hangs up. So the wire bounds every wait, reads all untagged
// responses itself, tolerantly, into the answer of the command that is open, and hands the library
// only greetings, continuations and the ends of commands. It keeps a capped transcript without
// secrets where one is wanted, and writes the few things in a provider's dialect that the library
// cannot, and IDLE, so that nothing of the library is there while a session waits (library.go).
type wire struct {
	conn   net.Conn      // the TLS connection, if there is one
	first  [1]byte       // of a response
	br     *bufio.Reader // nil: nothing is read ahead
	news   chan struct{} // has room for one: something came while IDLE
	closed chan struct{} // nobody reads any more

	mu        sync.Mutex
	turn      sync.Cond     // the library has taken what was handed on, or has something to take
	library   *line         // nil: none listens
	silence   time.Duration // the longest silence allowed now
	until     time.Time     // the end of all patience
	open      []*command    // sent and not ended, in order
	last      *command      // the newest
	idling    *command      // IDLE, while it is open
	instead   string        // goes out in place of the next NOOP
	corked    bool
	held      []byte // written while corked
	line      []byte // client's line so far
	begun     string // tag of the command that this line begins
	hushed    string // tag of the sign-in whose lines are secret
	secrets   []string
	dialog    *transcript // nil: none is wanted
	said      string      // the last BYE, ALERT or untagged NO
	slowed    string      // the last OK that says that the server slows us down
	greeting  string
	caps      map[string]bool // shared: never changed
	utf8      bool            // mailbox names are in UTF-8
	announced bool            // a literal: the server is to let it come
	server    string          // ID reply
	commands  int
	kept      int   // bytes of the answers to what is open
	unasked   int   // bytes that came while nothing was open
	in, sent  int64 // bytes
	err       error // why reading ended
}

// command is one that was sent.
type command struct {
	tag, name string
	asked     string // its tag by the library's count; empty: the library did not send it
	answer    answer

	goes, over chan struct{} // of one sent alone: it was let go on or has ended; it has ended
}

const (
	restSilence = 45 * time.Minute // nothing is open: servers hang up after 30
	patience    = 10               // silences that one command may take in all
)

func newWire(conn net.Conn, secrets []string) *wire {
	w := &wire{
		conn: conn, news: make(chan struct{}, 1), closed: make(chan struct{}),
		silence: restSilence, secrets: secrets,
	}
	w.turn.L = &w.mu
	return w
}

// allow sets how long the server may be silent from now on, also for a read that waits already.
func (w *wire) allow(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silence, w.until = d, time.Now().Add(patience*d)
	_ = w.conn.SetReadDeadline(time.Now().Add(d))
}

// patient sets the deadline of the next read. It keeps the lock meanwhile: else it could put an
// older deadline in place of one that has just been allowed.
func (w *wire) patient() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.conn.SetReadDeadline(w.due())
}

// deadline is when what begins now must have ended.
func (w *wire) deadline() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.due()
}

// due is deadline for who holds the lock.
func (w *wire) due() time.Time {
	at := time.Now().Add(w.silence)
	if !w.until.IsZero() && w.until.Before(at) {
		return w.until
	}
	return at
}

// broken returns why reading ended, nil if it did not.
func (w *wire) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// take reads one response and returns what the library is told of it.
func (w *wire) take(raw []byte) ([]byte, error) {
	w.in += int64(len(raw))
	w.note("S: ", raw)
	switch tag, rest, _ := bytes.Cut(raw, []byte(" ")); {
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, nil
	case w.greeting == "" && string(tag) != "*":
		return nil, fmt.Errorf("no IMAP server: it greets with %q", w.tidy(string(raw)))
	case raw[0] == '+':
		return w.goOn(raw)
	case string(tag) != "*":
		return w.ended(string(tag), rest), nil
	case w.greeting == "":
		return w.greet(rest), nil
	default:
		return w.untagged(rest)
	}
}

// greet takes the greeting. The library is told of no capabilities, so that it does not ask on
// its own; we ask when we need to know.
func (w *wire) greet(rest []byte) []byte {
	status, code, text := statusLine(rest)
	w.greeting = w.tidy(text)
	if w.greeting == "" {
		w.greeting = status
	}
	w.learn(code)
	switch status {
	case "OK", "PREAUTH":
		return fmt.Appendf(nil, "* %s [CAPABILITY%s] ready\r\n", status, w.plainCaps())
	}
	w.said = w.tidy(string(rest))
	return []byte("* BYE refused\r\n")
}

// ended takes the end of a command.
func (w *wire) ended(tag string, rest []byte) []byte {
	i := 0
	for i < len(w.open) && w.open[i].tag != tag {
		i++
	}
	if i == len(w.open) {
		return nil // of no command of ours
	}
	cmd := w.open[i]
	w.open = append(w.open[:i:i], w.open[i+1:]...)
	a := &cmd.answer
	a.status, a.code, a.text = statusLine(rest)
	if !slices.Contains([]string{"OK", "NO", "BAD"}, a.status) {
		a.status, a.code, a.text = "BAD", "", string(rest) // whatever it means, it is no OK
	}
	w.learn(a.code)
	a.code, a.text = w.tidy(a.code), w.tidy(a.text)
	if a.status == "OK" && slowedDown(a.code, a.text) {
		w.slowed = cmd.name + ": " + w.tidy(string(rest))
	}
	if tag == w.hushed {
		w.hushed = ""
	}
	if cmd == w.idling {
		w.ring() // also when the server ended it by itself
	}
	if cmd.asked == "" {
		cmd.proceed()
		close(cmd.over)
		return nil
	}
	if a.status != "OK" {
		return []byte(cmd.asked + " NO refused\r\n")
	}
	return fmt.Appendf(nil, "%s OK [CAPABILITY%s] done\r\n", cmd.asked, w.plainCaps())
}

// untagged reads a response into the answer of the command that is open.
func (w *wire) untagged(rest []byte) ([]byte, error) {
	into := &answer{said: w.unasked}
	if len(w.open) > 0 {
		into = &w.open[0].answer
	}
	before := into.held
	kind, err := into.add(rest)
	if len(w.open) == 0 {
		w.unasked = into.said
	}
	if w.kept += into.held - before; err == nil && w.kept > maxHeld {
		err = errTooMuch
	}
	if err != nil {
		return nil, err
	}
	switch kind {
	case "EXISTS", "RECENT", "EXPUNGE", "STATUS":
		if w.idling != nil {
			w.ring()
		}
	case "LIST":
		if n := len(into.listed); n > 0 && into.listed[n-1].spelling == spelledUTF8 {
			w.utf8 = true
			return enabledUTF8, nil // the library must write such names as the server does
		}
	case "ENABLED":
		if bytes.Contains(bytes.ToUpper(rest), []byte("UTF8=ACCEPT")) {
			w.utf8 = true
			return enabledUTF8, nil
		}
	case "CAPABILITY":
		w.learn(strings.TrimRight(string(rest), "\r\n"))
		return fmt.Appendf(nil, "* CAPABILITY%s\r\n", w.plainCaps()), nil
	case "ID":
		w.server = w.tidy(serverName(parseValues(rest)))
	case "BYE", "NO", "BAD":
		w.said = w.tidy(string(rest))
	case "OK":
		if _, code, _ := statusLine(rest); strings.EqualFold(code, "ALERT") {
			w.said = w.tidy(string(rest))
		}
	}
	return nil, nil
}

// enabledUTF8 has the library write mailbox names in UTF-8 (RFC 6855 section 3).
var enabledUTF8 = []byte("* ENABLED UTF8=ACCEPT\r\n")

// ring tells whoever waits in IDLE, without waiting.
func (w *wire) ring() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// learn takes a "CAPABILITY ..." list.
func (w *wire) learn(list string) {
	words := strings.Fields(strings.ToUpper(list))
	if len(words) == 0 || words[0] != "CAPABILITY" || len(words) > 500 {
		return
	}
	w.caps = capabilitySet(words[1:])
}

// plainCaps is what the library is told of the capabilities: only what it needs to write
// commands. It would take others as implied by IMAP4rev2, which some servers announce falsely.
func (w *wire) plainCaps() string {
	caps := " IMAP4rev1"
	for _, c := range []string{"SASL-IR", "LITERAL+", "LITERAL-", "MOVE"} {
		if w.caps[c] {
			caps += " " + c
		}
	}
	return caps
}

func (w *wire) send(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_ = w.conn.SetWriteDeadline(w.deadline())
	n, err := w.conn.Write(p)
	w.mu.Lock()
	w.sent += int64(n)
	w.mu.Unlock()
	if err != nil {
		w.hearOut()
	}
	return err
}

// lastWords is how long a server may take to say what it said before it hung up.
const lastWords = time.Second

// hearOut waits until all that the server has said is read. Who fails to write knows only that the
// connection is closed; a BYE that came before says why.
func (w *wire) hearOut() {
	w.allow(lastWords)
	<-w.closed
}

// shut closes the connection. What is written afterwards fails, also while corked.
func (w *wire) shut() error {
	w.mu.Lock()
	if w.err == nil {
		w.err = net.ErrClosed
	}
	w.turn.Broadcast()
	w.mu.Unlock()
	return w.conn.Close()
}

// cork holds what is written until uncork sends it as one.
func (w *wire) cork() {
	w.mu.Lock()
	w.corked = true
	w.mu.Unlock()
}

func (w *wire) uncork() error {
	w.mu.Lock()
	out := w.held
	w.held, w.corked = nil, false
	w.mu.Unlock()
	return w.send(out)
}

// newest returns the command that was sent last.
func (w *wire) newest() *command {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// forgetCaps makes room for the capabilities that hold after sign-in.
func (w *wire) forgetCaps() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.caps = nil
}
