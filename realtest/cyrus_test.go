//go:build real

package realtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cyrusIMAPD is where install.sh unpacks the server, which Debian does not install beside Dovecot.
const cyrusIMAPD = "/usr/local/lib/seedtest-realtest/usr/lib/cyrus/bin/imapd"

// cyrus is a Cyrus for one domain: LMTP and IMAP with TLS on ports of its own. It logs to syslog
// only.
type cyrus struct {
	*host
	IMAPD string
	LMTP  int
}

// newCyrus lays out a directory for a Cyrus and its users.
func (w *world) newCyrus(ctx context.Context, name string, users ...string) (*cyrus, error) {
	h, err := w.newHost(name, "INBOX.", users...)
	if err != nil {
		return nil, err
	}
	taken, err := w.ports.take(1)
	if err != nil {
		return nil, err
	}
	c := &cyrus{host: h, IMAPD: cyrusIMAPD, LMTP: taken[0]}
	c.Transport = fmt.Sprintf("lmtp:inet:127.0.0.1:%d", c.LMTP)
	for _, dir := range []string{"spool", "sieve", "conf/proc", "conf/socket", "conf/log", "conf/db",
		"conf/lock"} {
		err = errors.Join(err, os.MkdirAll(c.file(dir), 0o755))
	}
	for _, name := range []string{"imapd.conf", "cyrus.conf", "rules.sieve"} {
		err = errors.Join(err, write(c.file(name), name, 0o644, c))
	}
	for address, password := range c.passwords {
		err = errors.Join(err, c.addUser(ctx, address, password))
	}
	for _, name := range []string{"cert.pem", "key.pem"} {
		err = errors.Join(err, command(ctx, "cp", filepath.Join(c.Certificates, name), c.Dir))
	}
	err = errors.Join(err, command(ctx, "chown", "-R", "cyrus:mail", c.Dir))
	c.server = w.newServer("cyrus "+name, "", []int{c.IMAPS, c.LMTP},
		"/usr/lib/cyrus/bin/master", "-D", "-C", c.file("imapd.conf"), "-M", c.file("cyrus.conf"),
		"-p", c.file("pid"))
	return c, err
}

// addUser gives a user a password.
func (c *cyrus) addUser(ctx context.Context, address, password string) error {
	user, domain, _ := strings.Cut(address, "@")
	cmd := exec.CommandContext(ctx, "saslpasswd2", "-p", "-c", "-f", c.file("sasldb2"),
		"-u", domain, user)
	cmd.Stdin = strings.NewReader(password)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("saslpasswd2: %w\n%s", err, out)
	}
	return nil
}
