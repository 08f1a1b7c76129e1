//go:build real

package realtest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// greylistDelay is how many seconds Postgrey makes an unknown sender wait.
const greylistDelay = "3"

// world is every server of the tests.
type world struct {
	dir                      string
	relay, mx                *postfix
	main, stopped, restarted *dovecot
	cyrus                    *cyrus
	postgrey                 *server
	wrongPassword            string
}

func newPassword() string { return rand.Text() }

// startWorld starts all servers. It returns the world with an error too, so that its logs can be
// read and what has started can be stopped.
func startWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{dir: dir, wrongPassword: newPassword()}
	if err := w.create(ctx); err != nil {
		return nil, err
	}
	for _, s := range w.servers() {
		if err := s.start(ctx); err != nil {
			return w, err
		}
	}
	if err := w.cyrus.waitOpen(ctx); err != nil {
		return w, err
	}
	return w, w.writeConfig()
}

// create lays out the directories of all servers.
func (w *world) create(ctx context.Context) error {
	if err := writeCertificates(w.dir); err != nil {
		return err
	}
	var err1, err2, err3, err4 error
	w.main, err1 = newDovecot(ctx, "main", w.path("main"), w.dir, "ops@example.org", "inbox",
		"inbox2", "junk", "unknown", "greylisted", "accessdrop", "sievedrop", "wrongpassword")
	w.stopped, err2 = newDovecot(ctx, "stopped", w.path("stopped"), w.dir, "held", "dropped")
	w.restarted, err3 = newDovecot(ctx, "restarted", w.path("restarted"), w.dir, "held")
	w.cyrus, err4 = newCyrus(ctx, w.path("cyrus"), w.dir, "inbox", "dropped", "wrongpassword")
	if err := errors.Join(err1, err2, err3, err4, w.createPostgrey()); err != nil {
		return err
	}
	return w.createPostfix(ctx)
}

func (w *world) createPostfix(ctx context.Context) error {
	var ports [3]int
	for i := range ports {
		port, err := freePort()
		if err != nil {
			return err
		}
		ports[i] = port
	}
	w.relay = &postfix{Name: "relay", Dir: w.path("relay"), Host: "relay.example.org",
		Certificates: w.dir, Submission: ports[0], Submissions: ports[1], MX: ports[2],
		SASL: w.path("main", "sasl")}
	w.mx = &postfix{Name: "mx", Dir: w.path("mx"), Host: "mx.example.net", Certificates: w.dir,
		MX: ports[2], Postgrey: w.path("postgrey", "socket"),
		Dovecots: []*dovecot{w.main, w.stopped, w.restarted}, Cyrus: w.cyrus,
		Access: []rule{
			{"greylisted@main.example", "greylist"},
			{"accessdrop@main.example", "DISCARD"},
			{"dropped@cyrus.example", "DISCARD"},
			{"dropped@stopped.example", "DISCARD"},
			{"held@stopped.example", "HOLD"},
			{"held@restarted.example", "HOLD"},
		}}
	return errors.Join(w.relay.create(ctx), w.mx.create(ctx))
}

// createPostgrey makes room for Postgrey, which runs as a user of its own.
func (w *world) createPostgrey() error {
	dir := w.path("postgrey")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(dir, 0o777)); err != nil {
		return err
	}
	none := filepath.Join(dir, "whitelist")
	if err := os.WriteFile(none, nil, 0o644); err != nil {
		return err
	}
	w.postgrey = newServer("postgrey", `Binding to UNIX socket`, "postgrey",
		"--unix="+filepath.Join(dir, "socket"), "--dbdir="+dir, "--delay="+greylistDelay,
		"--auto-whitelist-clients=0", "--whitelist-clients="+none, "--whitelist-recipients="+none)
	return nil
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

// servers lists all servers in the order in which they start.
func (w *world) servers() []*server {
	return []*server{w.main.server, w.stopped.server, w.restarted.server, w.postgrey,
		w.cyrus.server, w.mx.server, w.relay.server}
}

// stop stops every server.
func (w *world) stop() {
	for _, s := range w.servers() {
		s.stop()
	}
}

// marks are where the logs of all servers end now.
func (w *world) marks() []int {
	var marks []int
	for _, s := range w.servers() {
		marks = append(marks, s.log.mark())
	}
	return marks
}

// logs shows the logs of all servers since the marks.
func (w *world) logs(marks []int) string {
	var all strings.Builder
	for i, s := range w.servers() {
		mark := 0
		if i < len(marks) {
			mark = marks[i]
		}
		all.WriteString(s.log.show(s.name, mark))
	}
	return all.String()
}

// showLogs shows every server's log from here on if the test fails.
func (w *world) showLogs(t *testing.T) {
	t.Helper()
	marks := w.marks()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + w.logs(marks))
		}
	})
}
