package maillog

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// command reads what a program prints, such as journalctl over ssh. No shell is involved.
type command struct {
	argv []string
	dir  string
}

func (c *command) read(ctx context.Context, lines chan<- batch, trouble func(error)) {
	wait := retryFirst
	for old := true; ; old = false {
		begun := time.Now()
		err := c.run(ctx, lines, old, trouble)
		if ctx.Err() != nil {
			return
		}
		pause := againAfter
		if err != nil {
			trouble(fmt.Errorf("command %s: %w", c.argv[0], err))
			if time.Since(begun) > retryMost {
				wait = retryFirst // it had lasted
			}
			pause, wait = wait, min(2*wait, retryMost)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// run runs the program to its end. It can be read as soon as it prints a line or ends in order. What
// it prints at once the first time may be old.
func (c *command) run(ctx context.Context, lines chan<- batch, old bool, trouble func(error)) error {
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Dir = c.dir
	cmd.WaitDelay = time.Second // what the program started may outlive it, and hold the pipe open
	complaint := &tail{}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var cut cutter
	buf := make([]byte, 64<<10)
	fresh := time.Now().Add(retryFirst)
	for {
		n, err := out.Read(buf)
		if n > 0 {
			trouble(nil)
			if send(ctx, lines, batch{cut.lines(buf[:n]), old && time.Now().Before(fresh)}) != nil {
				break
			}
		}
		if err != nil {
			break // its end
		}
	}
	err = cmd.Wait()
	if err != nil {
		return complaint.explain(err)
	}
	trouble(nil)
	return nil
}

// tail keeps the end of what a program says on standard error.
type tail struct{ said []byte }

const maxComplaint = 300

func (t *tail) Write(p []byte) (int, error) {
	t.said = append(t.said, p...)
	if over := len(t.said) - maxComplaint; over > 0 {
		t.said = append([]byte(nil), t.said[over:]...)
	}
	return len(p), nil
}

// explain adds what the program said to how it ended.
func (t *tail) explain(err error) error {
	said := strings.Join(strings.Fields(strings.ToValidUTF8(string(t.said), "")), " ")
	if said == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, said)
}
