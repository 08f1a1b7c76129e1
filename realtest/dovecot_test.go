//go:build real

package realtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dovecot is a Dovecot for one domain: LMTP on a socket, IMAP with TLS on a port, SASL for Postfix.
type dovecot struct {
	*server
	Name, Dir, Domain string
	Certificates      string
	IMAPS             int
	OAuth             string            // of the authorization server whose tokens it takes; empty: none's
	Mechanism         string            // by which it takes them
	passwords         map[string]string // by user
}

// newDovecot lays out a directory for a Dovecot and its users.
func newDovecot(ctx context.Context, name, dir, certificates string, users ...string) (*dovecot,
	error) {
	d := &dovecot{Name: name, Dir: dir, Domain: name + ".example", Certificates: certificates,
		passwords: map[string]string{}}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	d.IMAPS = port
	var accounts strings.Builder
	for _, user := range users {
		if !strings.Contains(user, "@") {
			user += "@" + d.Domain
		}
		d.passwords[user] = newPassword()
		fmt.Fprintf(&accounts, "%s:%s\n", user, d.passwords[user])
	}
	mail, config := filepath.Join(dir, "mail"), filepath.Join(dir, "dovecot.conf")
	template, err := dovecotTemplate(ctx)
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.MkdirAll(mail, 0o755), os.Chmod(mail, 0o777),
		os.WriteFile(filepath.Join(dir, "users"), []byte(accounts.String()), 0o644),
		write(filepath.Join(dir, "before.sieve"), "before.sieve", 0o644, nil),
		write(config, template, 0o644, d))
	if err != nil {
		return nil, err
	}
	if err := command(ctx, "sievec", "-c", config, filepath.Join(dir, "before.sieve")); err != nil {
		return nil, err
	}
	d.server = newServer("dovecot "+name, `starting up for imap, lmtp`, "dovecot", "-F", "-c", config)
	return d, nil
}

// dovecotTemplate names the configuration for the Dovecot that is installed: 2.4 has a language of
// its own.
func dovecotTemplate(ctx context.Context) (string, error) {
	version, err := exec.CommandContext(ctx, "dovecot", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("dovecot --version: %w", err)
	}
	if bytes.HasPrefix(version, []byte("2.3.")) {
		return "dovecot-2.3.conf", nil
	}
	return "dovecot-2.4.conf", nil
}

// mailboxes names the mailboxes of a user in which, on disk, a file holds the text; "INBOX" is one.
func (d *dovecot) mailboxes(user, text string) ([]string, error) {
	root := filepath.Join(d.Dir, "mail", user, "Maildir")
	var found []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		parent := filepath.Base(filepath.Dir(path))
		if err != nil || !e.Type().IsRegular() || parent != "new" && parent != "cur" {
			return err
		}
		message, err := os.ReadFile(path)
		if err == nil && bytes.Contains(message, []byte(text)) {
			name, _ := filepath.Rel(root, filepath.Dir(filepath.Dir(path)))
			found = append(found, mailboxName(name))
		}
		return err
	})
	return found, err
}

// mailboxName turns a directory of Maildir++ into the name of its mailbox.
func mailboxName(dir string) string {
	if dir == "." {
		return "INBOX"
	}
	return strings.TrimPrefix(dir, ".")
}
