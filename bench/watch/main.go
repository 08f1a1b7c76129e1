// Command watch measures watchers of many mailboxes; watch.sh runs it on a real Dovecot.
//
//	watch drive SETTINGS     delivers, starts the watchers by turns, prints the tables
//	watch seedtest SETTINGS  this project's inbox.Watcher
//	watch goimap SETTINGS    a plain go-imap client, two connections a mailbox with IDLE
//
// A watcher says "started" before it opens anything, opens when it reads a line, says "ready" when
// it watches all its users, reads "await USER TOKEN UNIXMICRO" when a message is on its way, and
// says "seen TOKEN UNIXMICRO". It ends with its input.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// settings are what a watcher is told: a JSON object on the command line.
type settings struct {
	Imaps    string // HOST:PORT
	LMTP     string // the socket of Dovecot's LMTP
	CA       string // files
	Key      string
	Password string
	First    int  // the number of the first user
	Users    int  // how many are watched
	Idle     bool // seedtest: its looks are off
	Follow   bool // seedtest: it follows a message at every seed
	Modules  string
	Script   string // imapflow's watcher
	Seeds    int    // drive: how many seeds are held at most
	Rate     int    // drive: messages a second
	Only     string // drive: the trials whose name and size begin so
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		if errors.Is(err, errMissed) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: watch drive, seedtest or goimap SETTINGS")
	}
	var s settings
	if err := json.Unmarshal([]byte(args[1]), &s); err != nil {
		return err
	}
	ctx := context.Background()
	switch args[0] {
	case "drive":
		return drive(s)
	case "seedtest":
		return watchOurs(ctx, s)
	case "goimap":
		return watchPlain(s)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func user(number int) string { return fmt.Sprintf("u%d@main.example", number) }

func (s settings) secret() (string, error) {
	text, err := os.ReadFile(s.Password)
	return strings.TrimSpace(string(text)), err
}

func (s settings) tls() (*tls.Config, error) {
	pem, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots}, nil
}

// notice is a message that is awaited.
type notice struct {
	user  int
	token string
	at    time.Time
}

// orders reads the notices of an input, and gives each to take.
func orders(r io.Reader, take func(notice)) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 4 {
			continue
		}
		number, err1 := strconv.Atoi(words[1])
		micro, err2 := strconv.ParseInt(words[3], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		take(notice{user: number, token: words[2], at: time.UnixMicro(micro)})
	}
	return lines.Err()
}

// opened says so when n watches are ready, and gives each notice to take until the input ends or a
// watch fails.
func opened(in io.Reader, ready <-chan error, n int, take func(notice)) error {
	over := make(chan error, 1)
	go func() { over <- orders(in, take) }()
	for {
		select {
		case err := <-over:
			return err
		case err := <-ready:
			if err != nil {
				return err
			}
		}
		if n--; n == 0 {
			say("ready")
		}
	}
}

var printing sync.Mutex

// say writes one line of a watcher.
func say(format string, args ...any) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Printf(format+"\n", args...)
}
