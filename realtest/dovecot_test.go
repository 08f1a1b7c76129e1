//go:build real

package realtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// dovecot is a Dovecot for one domain: LMTP on a socket, IMAP with TLS on a port, SASL for Postfix.
type dovecot struct {
	*host
	OAuth     string // of the authorization server whose tokens it takes; empty: none's
	Mechanism string // by which it takes them
}

// newDovecot lays out a directory for a Dovecot and its users.
func (w *world) newDovecot(ctx context.Context, name string, users ...string) (*dovecot, error) {
	h, err := w.newHost(name, "", users...)
	if err != nil {
		return nil, err
	}
	d := &dovecot{host: h}
	d.Transport = "lmtp:unix:" + d.file("lmtp")
	var accounts strings.Builder
	for address, password := range d.passwords {
		fmt.Fprintf(&accounts, "%s:%s\n", address, password)
	}
	mail, config, script := d.file("mail"), d.file("dovecot.conf"), d.file("rules.sieve")
	err = errors.Join(os.MkdirAll(mail, 0o755), os.Chmod(mail, 0o777),
		os.WriteFile(d.file("users"), []byte(accounts.String()), 0o644),
		write(script, "rules.sieve", 0o644, d), d.configure(ctx))
	if err != nil {
		return nil, err
	}
	if err := command(ctx, "sievec", "-c", config, script); err != nil {
		return nil, err
	}
	d.server = w.newServer("dovecot "+name, `starting up for imap, lmtp`, []int{d.IMAPS},
		"dovecot", "-F", "-c", config)
	return d, nil
}

// configure writes the configuration for the Dovecot that is installed: 2.4 has a language of its
// own.
func (d *dovecot) configure(ctx context.Context) error {
	version, err := exec.CommandContext(ctx, "dovecot", "--version").Output()
	if err != nil {
		return fmt.Errorf("dovecot --version: %w", err)
	}
	template := "dovecot-2.4.conf"
	if bytes.HasPrefix(version, []byte("2.3.")) {
		template = "dovecot-2.3.conf"
	}
	return write(d.file("dovecot.conf"), template, 0o644, d)
}
