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
	"strings"
	"testing"
	"time"
)

// cyrusIMAPD is where install.sh unpacks the server, which Debian does not install beside Dovecot.
const cyrusIMAPD = "/usr/local/lib/seedtest-realtest/usr/lib/cyrus/bin/imapd"

// cyrus is a Cyrus for the domain cyrus.example: LMTP and IMAP with TLS on ports of its own. It runs
// without idled.
type cyrus struct {
	*server
	Dir, IMAPD  string
	IMAPS, LMTP int
	passwords   map[string]string // by user
}

// newCyrus lays out a directory for a Cyrus and its users.
func newCyrus(ctx context.Context, dir, certificates string, users ...string) (*cyrus, error) {
	c := &cyrus{Dir: dir, IMAPD: cyrusIMAPD, passwords: map[string]string{}}
	var err1, err2 error
	c.IMAPS, err1 = freePort()
	c.LMTP, err2 = freePort()
	err := errors.Join(err1, err2, os.MkdirAll(filepath.Join(dir, "spool"), 0o755),
		write(filepath.Join(dir, "imapd.conf"), "imapd.conf", 0o644, c),
		write(filepath.Join(dir, "cyrus.conf"), "cyrus.conf", 0o644, c))
	for _, sub := range []string{"proc", "socket", "log", "db", "lock"} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(dir, "conf", sub), 0o755))
	}
	for _, user := range users {
		err = errors.Join(err, c.addUser(ctx, user))
	}
	for _, name := range []string{"cert.pem", "key.pem"} {
		err = errors.Join(err, command(ctx, "cp", filepath.Join(certificates, name), dir))
	}
	err = errors.Join(err, command(ctx, "chown", "-R", "cyrus:mail", dir))
	c.server = newServer("cyrus", `starting`, "sh", "-c", `echo starting; exec "$@"`, "sh",
		"/usr/lib/cyrus/bin/master", "-D", "-C", filepath.Join(dir, "imapd.conf"),
		"-M", filepath.Join(dir, "cyrus.conf"), "-p", filepath.Join(dir, "pid"))
	return c, err
}

// addUser gives a user a password.
func (c *cyrus) addUser(ctx context.Context, user string) error {
	password := newPassword()
	c.passwords[user+"@cyrus.example"] = password
	cmd := exec.CommandContext(ctx, "saslpasswd2", "-p", "-c", "-f",
		filepath.Join(c.Dir, "sasldb2"), "-u", "cyrus.example", user)
	cmd.Stdin = strings.NewReader(password)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("saslpasswd2: %w\n%s", err, out)
	}
	return nil
}

// waitOpen returns when both ports take connections: Cyrus logs to syslog only.
func (c *cyrus) waitOpen(ctx context.Context) error {
	for _, port := range []int{c.IMAPS, c.LMTP} {
		for {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-c.ended:
				return errors.New("cyrus has ended")
			case <-ctx.Done():
				return fmt.Errorf("cyrus: %w", err)
			}
		}
	}
	return nil
}

func TestCyrusInbox(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "cyrus-inbox", 0).one(t)
	if p.Placement.Current != "inbox" || len(p.Sightings) != 1 || p.Sightings[0].Mailbox != "INBOX" {
		t.Errorf("placement %s (%s), sightings %+v, want one in INBOX", p.Placement.Current,
			p.Placement.Why, p.Sightings)
	}
}

// TestCyrusMissing also holds the roles: Cyrus names no special use here, so they are by name.
func TestCyrusMissing(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "cyrus-dropped", 3).one(t)
	if p.Placement.Current != "missing" || p.Proof == nil {
		t.Fatalf("placement %s (%s), proof %v, want missing with a proof", p.Placement.Current,
			p.Placement.Why, p.Proof)
	}
	roles := map[string]string{}
	for _, m := range p.Proof.Mailboxes {
		roles[m.Name] = m.Role
		if m.Essential && !m.OK {
			t.Errorf("the proof could not read %s", m.Name)
		}
	}
	if roles["INBOX"] != "inbox" || roles["INBOX.Junk"] != "junk" || roles["INBOX.Trash"] != "trash" {
		t.Errorf("the proof has the roles %v, want inbox, junk and trash below INBOX", roles)
	}
}

func TestCyrusRefusesLogin(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "cyrus-wrong", 1).one(t)
	if p.Placement.Current != "blind" || p.Submission != nil {
		t.Errorf("placement %s, submission %+v, want blind and none", p.Placement.Current, p.Submission)
	}
}
