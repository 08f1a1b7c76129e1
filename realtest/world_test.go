//go:build real

package realtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// greylistDelay is how many seconds Postgrey makes an unknown sender wait.
const greylistDelay = "3"

// world is every server of the tests.
type world struct {
	dir           string
	ports         ports
	parent        *parent
	relay, mx     *postfix
	exim          *exim
	dovecot       *dovecot
	cyrus         *cyrus
	hosts         []*host // those two
	fragile       []*host // a Dovecot and a Cyrus that a test stops and restarts
	postgrey      *server
	wrongPassword string
}

func newPassword() string { return rand.Text() }

// newWorld lays out the directories of all servers.
func newWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{dir: dir, ports: ports{given: map[int]bool{}}, parent: newParent(),
		wrongPassword: newPassword()}
	if err := writeCertificates(w.dir); err != nil {
		return nil, err
	}
	err := errors.Join(w.createHosts(ctx), w.createPostgrey())
	if err != nil {
		return nil, err
	}
	if err := w.createRelays(ctx); err != nil {
		return nil, err
	}
	return w, w.writeConfig()
}

// start starts all servers.
func (w *world) start(ctx context.Context) error {
	for _, s := range w.servers() {
		if err := s.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// createHosts lays out the IMAP servers with a user for each test.
func (w *world) createHosts(ctx context.Context) error {
	var users, fragile []string
	for _, s := range suites() {
		if s.Fragile {
			fragile = append(fragile, s.Seed)
		} else {
			users = append(users, s.Seed)
		}
	}
	var err1, err2, err3, err4 error
	w.dovecot, err1 = w.newDovecot(ctx, "dovecot", append(users, "ops@example.org", "bounces")...)
	w.cyrus, err2 = w.newCyrus(ctx, "cyrus", users...)
	dovecot2, err3 := w.newDovecot(ctx, "dovecot2", fragile...)
	cyrus2, err4 := w.newCyrus(ctx, "cyrus2", fragile...)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	w.hosts = []*host{w.dovecot.host, w.cyrus.host}
	w.fragile = []*host{dovecot2.host, cyrus2.host}
	return nil
}

// allHosts are all IMAP servers.
func (w *world) allHosts() []*host { return slices.Concat(w.hosts, w.fragile) }

// createRelays lays out both Postfix instances.
func (w *world) createRelays(ctx context.Context) error {
	taken, err := w.ports.take(4)
	if err != nil {
		return err
	}
	w.relay = &postfix{Name: "relay", Dir: w.path("relay"), Host: "relay.example.org",
		Certificates: w.dir, Submission: taken[0], Submissions: taken[1], MX: taken[2], Silent: taken[3],
		SASL: w.dovecot.file("sasl"), Local: "late.example", Postgrey: w.path("postgrey", "socket")}
	known, err := fingerprint(w.path("client.pem"))
	if err != nil {
		return err
	}
	w.relay.Known = []rule{{known, "client"}}
	w.mx = &postfix{Name: "mx", Dir: w.path("mx"), Host: "mx.example.net", Certificates: w.dir,
		MX: taken[2], Silent: taken[3], Postgrey: w.path("postgrey", "socket"), Hosts: w.allHosts()}
	w.mx.Tagged = []rule{{`/^bounces\+[a-z2-7]+@dovecot\.example$/`, "ok"}}
	w.mx.Aliases = []rule{{w.dovecot.address("moved-away"), w.dovecot.address("gone")}}
	for _, s := range suites() {
		for _, h := range w.mx.Hosts {
			if address := h.address(s.Seed); s.Silent {
				w.relay.Ways = append(w.relay.Ways, rule{address, fmt.Sprintf("smtp:[127.0.0.1]:%d", w.mx.Silent)})
			} else if s.AtRelay {
				w.relay.Access = append(w.relay.Access, rule{address, s.Access})
			} else if s.Access != "" {
				w.mx.Access = append(w.mx.Access, rule{address, s.Access})
			} else if s.Twice {
				again := s.Seed + "+again@" + h.Domain()
				w.mx.Aliases = append(w.mx.Aliases, rule{address, address + ", " + again})
			}
		}
	}
	err = errors.Join(w.createPostfix(ctx, w.relay), w.createPostfix(ctx, w.mx), w.createExim())
	if err == nil {
		err = w.relay.log.copyTo(w.path("relay", "mail.log"))
	}
	return err
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
	w.postgrey = w.newServer("postgrey", `Binding to UNIX socket`, nil, "postgrey",
		"--unix="+filepath.Join(dir, "socket"), "--dbdir="+dir, "--delay="+greylistDelay,
		"--auto-whitelist-clients=0", "--whitelist-clients="+none, "--whitelist-recipients="+none)
	return nil
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

// servers lists all servers in the order in which they start.
func (w *world) servers() []*server {
	var all []*server
	for _, h := range w.allHosts() {
		all = append(all, h.server)
	}
	return append(all, w.postgrey, w.mx.server, w.relay.server, w.exim.server)
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
