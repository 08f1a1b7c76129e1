package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// relay stands before Dovecot. It swallows what is pushed in IDLE if it is mute, and counts what
// messages cost that are found. The watchers of this benchmark send no literals that hold a line
// like a command, and the headers of its messages hold none like a response.
type relay struct {
	server string // HOST:PORT
	config *tls.Config
	mute   bool

	carried sync.WaitGroup
	mu      sync.Mutex
	found   []cost
}

// cost is what it took to fetch a found message.
type cost struct {
	trips int // from the answer that told of it to its header
	bytes int // of IMAP, both ways, beyond the header's
}

// listen starts the relay, and returns its address. stop waits until all its clients have gone.
func (r *relay) listen(s settings) (addr string, stop func(), err error) {
	r.server = s.Imaps
	if r.config, err = s.tls(); err != nil {
		return "", nil, err
	}
	cert, err := tls.LoadX509KeyPair(s.CA, s.Key)
	if err != nil {
		return "", nil, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		return "", nil, err
	}
	r.carried.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.carried.Go(func() { r.carry(conn) })
		}
	})
	return l.Addr().String(), func() { _ = l.Close(); r.carried.Wait() }, nil
}

// carry carries one connection.
func (r *relay) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := tls.Dial("tcp", r.server, r.config)
	if err != nil {
		log.Print(err)
		return
	}
	d := &dialogue{relay: r}
	r.carried.Go(func() {
		lines(server, client, d.asks)
		_ = server.Close()
	})
	lines(client, server, d.tells)
	d.asks(nil) // what was answered last counts too
}

// lines copies the lines that pass.
func lines(to io.Writer, from io.Reader, passes func([]byte) bool) {
	r, w := bufio.NewReader(from), bufio.NewWriter(to)
	for {
		line, err := r.ReadBytes('\n')
		if passes(line) {
			_, _ = w.Write(line)
		}
		if r.Buffered() == 0 && w.Flush() != nil || err != nil {
			return
		}
	}
}

// dialogue is what was said on one connection. A round trip is what the client says until the
// server answers, and the answer.
type dialogue struct {
	relay *relay

	mu       sync.Mutex
	idling   bool
	answered bool // the server spoke last
	trips    int  // since it told of something new
	bytes    int  // of these round trips
	told     bool // in this answer
	literal  int  // bytes of a header that are still to come
	header   int  // its length, once it has begun to come in this answer
}

func (d *dialogue) asks(line []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.answered {
		d.settle()
	}
	d.bytes += len(line)
	switch text := strings.ToUpper(strings.TrimSpace(string(line))); {
	case strings.HasSuffix(text, " IDLE"):
		d.idling = true
	case text == "DONE":
		d.idling = false
	}
	return true
}

// settle begins the next round trip.
func (d *dialogue) settle() {
	switch {
	case d.header > 0:
		d.relay.mu.Lock()
		d.relay.found = append(d.relay.found, cost{d.trips, d.bytes - d.header})
		d.relay.mu.Unlock()
		fallthrough
	case d.told:
		d.trips, d.bytes = 0, 0
	}
	d.trips++
	d.answered, d.told, d.header = false, false, 0
}

var (
	telling  = regexp.MustCompile(`(?i)^\* (\d+ EXISTS|STATUS )`)
	carrying = regexp.MustCompile(`(?i)^\* \d+ FETCH .*BODY\[HEADER[^]]*\].*\{(\d+)\}\r\n$`)
)

func (d *dialogue) tells(line []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered = true
	d.bytes += len(line)
	if d.literal > 0 {
		d.literal -= len(line)
		return true
	}
	d.told = d.told || telling.Match(line)
	if m := carrying.FindSubmatch(line); m != nil {
		d.header, _ = strconv.Atoi(string(m[1]))
		d.literal = d.header
	}
	return !d.relay.mute || !d.idling || !bytes.HasPrefix(line, []byte("* "))
}
