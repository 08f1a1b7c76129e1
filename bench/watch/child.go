package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// openLimit bounds how long a watcher may take to open everything.
const openLimit = 10 * time.Minute

// child is a watcher that runs.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	seen  chan sight
	lines chan string
	base  int // KiB, before anything was opened
}

// sight is what a watcher says of one message.
type sight struct {
	token string
	at    time.Time
}

// start starts a watcher, has it open everything, and says how long that took.
func start(s settings, name string) (*child, time.Duration, error) {
	told, err := json.Marshal(s)
	if err != nil {
		return nil, 0, err
	}
	c := &child{seen: make(chan sight, 1<<16), lines: make(chan string, 4)}
	c.cmd = exec.Command(os.Args[0], name, string(told))
	if name == "imapflow" {
		c.cmd = exec.Command("node", s.Script, string(told))
	}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, 0, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, 0, err
	}
	go c.read(out)
	if err := c.expect("started"); err != nil {
		return c, 0, err
	}
	if c.base, err = c.resident(); err != nil {
		return c, 0, err
	}
	begun := time.Now()
	if _, err := fmt.Fprintln(c.in, "open"); err != nil {
		return c, 0, err
	}
	err = c.expect("ready")
	return c, time.Since(begun), err
}

// read takes what the watcher says, until it ends.
func (c *child) read(out io.Reader) {
	defer close(c.lines)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "seen" {
			c.lines <- lines.Text()
			continue
		}
		micro, _ := strconv.ParseInt(words[2], 10, 64)
		c.seen <- sight{words[1], time.UnixMicro(micro)}
	}
}

func (c *child) expect(want string) error {
	select {
	case line, ok := <-c.lines:
		if !ok || line != want {
			return fmt.Errorf("a watcher says %q, want %q", line, want)
		}
		return nil
	case <-time.After(openLimit):
		return fmt.Errorf("a watcher does not say %q", want)
	}
}

// stop ends the watcher by its input's end.
func (c *child) stop() {
	_ = c.in.Close()
	timer := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	_ = c.cmd.Wait()
}

// resident is the resident memory of the watcher, in KiB.
func (c *child) resident() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0, fmt.Errorf("no VmRSS in /proc")
	}
	return strconv.Atoi(words[0])
}

// memory is what the watcher holds for each of its users, in KiB, above what it held before.
func (c *child) memory(users int) (float64, error) {
	now, err := c.resident()
	return float64(now-c.base) / float64(users), err
}

// busy is how much processor time the watcher has used.
func (c *child) busy() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	words := strings.Fields(rest)
	if len(words) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(words[11])
	system, _ := strconv.Atoi(words[12])
	return time.Duration(user+system) * 10 * time.Millisecond // a tick is 1/100 s
}
