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
	"syscall"
	"text/template"
	"time"
)

// stopTimeout is what a server has to end in order, before it is killed.
const stopTimeout = 20 * time.Second

// server is one program in the foreground, and everything that it has logged.
type server struct {
	name  string
	argv  []string
	ready string // a line like this says that it takes connections
	log   *journal
	cmd   *exec.Cmd
	ended chan struct{} // closed when the program has ended
}

func newServer(name, ready string, argv ...string) *server {
	return &server{name: name, ready: ready, argv: argv, log: newJournal()}
}

// start runs the program and returns when it is ready. The program dies with its parent.
func (s *server) start(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	mark := s.log.mark()
	s.cmd = exec.Command(s.argv[0], s.argv[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = w, w
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		_ = r.Close()
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.ended = make(chan struct{})
	go s.log.read(r)
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.cmd, s.ended)
	return s.waitReady(ctx, mark)
}

func (s *server) waitReady(ctx context.Context, mark int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := s.ended
	go func() {
		select {
		case <-ended:
			cancel(errors.New("the program has ended"))
		case <-ctx.Done():
		}
	}()
	if _, err := s.log.wait(ctx, mark, s.ready); err != nil {
		return fmt.Errorf("start %s: %w", s.name, errors.Join(err, context.Cause(ctx)))
	}
	return nil
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

// freePort returns a port of loopback that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
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
