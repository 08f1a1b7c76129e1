//go:build real

package realtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// postfix is a Postfix instance with a directory of its own. It is the relay or the mx.
type postfix struct {
	*server
	Name, Dir, Host         string
	Certificates            string
	Submission, Submissions int     // the relay's ports
	MX                      int     // the mx's port
	Silent                  int     // its port where it offers no delivery reports
	SASL                    string  // the socket that the relay asks about passwords
	Postgrey                string  // the socket that it asks about greylisting
	Hosts                   []*host // where the mx delivers
	Tagged                  []rule  // expressions for further recipients of the mx
	Access                  []rule  // what it does with a recipient
	Local                   string  // the domain whose users are those of this machine
	Aliases                 []rule  // whom the mx delivers to instead of a recipient
	Known                   []rule  // fingerprints of the clients that the relay is open to
	Ways                    []rule  // by which the relay sends to a recipient
}

// rule is a line of a map.
type rule struct{ Address, Value string }

// createPostfix lays out an instance's directory and makes it ready to start.
func (w *world) createPostfix(ctx context.Context, p *postfix) error {
	if err := p.makeDirectories(); err != nil {
		return err
	}
	var text strings.Builder
	for _, name := range []string{"common.cf", p.Name + ".cf"} {
		file := filepath.Join(p.Dir, name)
		if err := write(file, name, 0o644, p); err != nil {
			return err
		}
		part, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text.Write(part)
	}
	err := errors.Join(p.writeMaps(),
		os.WriteFile(filepath.Join(p.Dir, "main.cf"), []byte(text.String()), 0o644),
		write(filepath.Join(p.Dir, "master.cf"), "master.cf", 0o644, p))
	if err != nil {
		return err
	}
	// "check" makes the directories of the queue, with their owners and modes.
	if err := command(ctx, "postfix", "-c", p.Dir, "check"); err != nil {
		return err
	}
	ask := exec.CommandContext(ctx, "postconf", "-c", p.Dir, "-h", "daemon_directory")
	daemons, err := ask.Output()
	if err != nil {
		return fmt.Errorf("postconf: %w", err)
	}
	ports := []int{p.MX, p.Silent}
	if p.Submission != 0 {
		ports = []int{p.Submission, p.Submissions}
	}
	p.server = w.newServer(p.Name, `daemon started`, ports,
		filepath.Join(strings.TrimSpace(string(daemons)), "master"), "-c", p.Dir, "-s")
	return nil
}

// makeDirectories makes those that "postfix check" does not.
func (p *postfix) makeDirectories() error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	data := filepath.Join(p.Dir, "data")
	return errors.Join(os.MkdirAll(filepath.Join(p.Dir, "spool"), 0o755),
		os.Mkdir(data, 0o755), os.Chown(data, uid, -1))
}

// writeMaps writes who gets mail, by which way, and who is treated in a way of their own.
func (p *postfix) writeMaps() error {
	var recipients []rule
	transport := p.Ways
	for _, h := range p.Hosts {
		transport = append(transport, rule{h.Domain(), h.Transport})
		for address := range h.passwords {
			if !strings.HasPrefix(address, "unknown@") {
				recipients = append(recipients, rule{address, "ok"})
			}
		}
	}
	return errors.Join(p.writeMap("recipients", recipients), p.writeMap("transport", transport),
		p.writeMap("tagged", p.Tagged), p.writeMap("access", p.Access), p.writeMap("aliases", p.Aliases),
		p.writeMap("clients", p.Known))
}

func (p *postfix) writeMap(name string, rules []rule) error {
	var lines strings.Builder
	for _, r := range rules {
		fmt.Fprintln(&lines, r.Address, r.Value)
	}
	return os.WriteFile(filepath.Join(p.Dir, name), []byte(lines.String()), 0o644)
}

// release lets a held message go on.
func (p *postfix) release(ctx context.Context, queueID string) error {
	return command(ctx, "postsuper", "-c", p.Dir, "-H", queueID)
}

// expire has Postfix give a message up when it is tried next.
func (p *postfix) expire(ctx context.Context, queueID string) error {
	return command(ctx, "postsuper", "-c", p.Dir, "-f", queueID)
}

// flush tries now to deliver everything that is queued.
func (p *postfix) flush(ctx context.Context) error {
	return command(ctx, "postqueue", "-c", p.Dir, "-f")
}

// keepFlushing has what is queued tried each two seconds until stop is called: by itself Postfix waits
// five minutes after a deferral.
func (p *postfix) keepFlushing(t *testing.T) (stop func()) {
	ended, tick := make(chan struct{}), time.NewTicker(2*time.Second)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				_ = p.flush(t.Context())
			}
		}
	}()
	return func() {
		tick.Stop()
		close(ended)
	}
}
