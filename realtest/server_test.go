//go:build real

package realtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// stopTimeout is what a server has to end in order, before it is killed.
const stopTimeout = 20 * time.Second

// server is one program in the foreground, and everything that it has logged.
type server struct {
	name  string
	argv  []string
	ready string // a line like this says that it takes connections; "": the ports say it
	ports []int  // on which it listens
	log   *journal
	cmd   *exec.Cmd
	by    *parent
	ended chan struct{} // closed when the program has ended
	quiet chan struct{} // closed when nobody is left who could log
}

// newServer names a program that listens on some ports, which are its own from now on.
func (w *world) newServer(name, ready string, ports []int, argv ...string) *server {
	return &server{name: name, ready: ready, ports: ports, argv: argv, log: newJournal(),
		by: w.parent}
}

// parent is a thread of the system that starts programs. They are killed with the thread that
// started them, and Go may end any thread but one that a goroutine has locked for good.
type parent struct {
	tasks chan func()
}

func newParent() *parent {
	p := &parent{tasks: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for task := range p.tasks {
			task()
		}
	}()
	return p
}

// start starts a program that is killed when this process ends.
func (p *parent) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	err := make(chan error)
	p.tasks <- func() { err <- cmd.Start() }
	return <-err
}

// start runs the program and returns when it is ready. The program dies with the tests.
func (s *server) start(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	mark := s.log.mark()
	s.cmd = exec.Command(s.argv[0], s.argv[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = w, w
	err = s.by.start(s.cmd)
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.ended = make(chan struct{})
	s.quiet = make(chan struct{})
	go func(quiet chan struct{}) {
		s.log.read(r)
		_ = r.Close()
		close(quiet)
	}(s.quiet)
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.cmd, s.ended)
	if err := s.waitReady(ctx, mark); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	return nil
}

// waitReady returns when the program takes connections.
func (s *server) waitReady(ctx context.Context, mark int) error {
	if s.ready != "" {
		return s.waitLine(ctx, mark, s.ready)
	}
	ctx, cancel := s.whileRuns(ctx)
	defer cancel()
	for _, port := range s.ports {
		if err := waitOpen(ctx, port); err != nil {
			return err
		}
	}
	return nil
}

// waitLine returns when the program has logged a line like this after a mark.
func (s *server) waitLine(ctx context.Context, mark int, pattern string) error {
	ctx, cancel := s.whileRuns(ctx)
	defer cancel()
	_, err := s.log.wait(ctx, mark, pattern)
	return err
}

// whileRuns returns a context that ends with the program too, and then its cause is how.
func (s *server) whileRuns(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended, quiet := s.ended, s.quiet
	go func() {
		select {
		case <-ended:
			select {
			case <-quiet: // its last words are in the log
			case <-time.After(time.Second): // programs that it started live on
			}
			cancel(s.whyEnded())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// waitOpen returns when a port of loopback takes connections.
func waitOpen(ctx context.Context, port int) error {
	for {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("port %d takes no connection: %w", port, context.Cause(ctx))
		}
	}
}

// whyEnded tells how the program ended, and which of its ports it cannot have had: Postfix and
// Cyrus have no log yet when they fail to listen.
func (s *server) whyEnded() error {
	err := fmt.Errorf("the program has ended: %s", s.cmd.ProcessState)
	for _, port := range s.ports {
		if taken := listens(port); taken != nil {
			err = errors.Join(err, fmt.Errorf("somebody has its port: %w", taken))
		}
	}
	return err
}

// stop ends the program in order, or kills it with all of its group if it does not end.
func (s *server) stop() {
	if s.ended == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // whoever is left of its group
	<-s.ended
	s.ended = nil
}

// write fills in a file of testdata.
func write(path, name string, mode os.FileMode, data any) error {
	t, err := template.ParseFiles(filepath.Join("testdata", name))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	return errors.Join(t.Option("missingkey=error").Execute(f, data), f.Close())
}

// command runs a program of a server's package to its end.
func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// TestServerEnds: whoever cannot start a server learns how it ended and what it could not have.
func TestServerEnds(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, ready := range []string{"", "never said"} {
		s := site.newServer("ending", ready, []int{1, port}, "sh", "-c", "exit 7")
		err = s.start(t.Context())
		if err == nil {
			t.Fatal("a program that ends has started")
		}
		for _, want := range []string{"ending", "exit status 7", fmt.Sprintf("127.0.0.1:%d", port)} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q: %v", want, err)
			}
		}
		s.stop()
	}
}

// TestServerOutlivesThread: a server does not end with the thread on which a test asked for it.
func TestServerOutlivesThread(t *testing.T) {
	t.Parallel()
	s := site.newServer("lasting", "ready", nil, "sh", "-c", "echo ready; sleep 1; echo there; exec cat")
	defer s.stop()
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocks: the thread ends with the goroutine
		started <- s.start(t.Context())
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if err := s.waitLine(t.Context(), 0, "there"); err != nil {
		t.Error(err)
	}
}
