//go:build real

package realtest

import (
	"path/filepath"
	"strings"
)

// host is an IMAP server of the tests, with accounts of one domain. Its name is the first part of
// its seeds' names, and of its domain.
type host struct {
	*server
	Name, Dir    string
	Certificates string
	IMAPS        int
	Transport    string            // by which Postfix delivers to it
	Prefix       string            // of the names of its mailboxes, but for INBOX
	passwords    map[string]string // by address
}

// newHost names an IMAP server and its users, who are of its domain unless they say another.
func (w *world) newHost(name, prefix string, users ...string) (*host, error) {
	taken, err := w.ports.take(1)
	if err != nil {
		return nil, err
	}
	h := &host{Name: name, Dir: w.path(name), Certificates: w.dir, IMAPS: taken[0], Prefix: prefix,
		passwords: map[string]string{}}
	for _, user := range users {
		h.passwords[h.address(user)] = newPassword()
	}
	return h, nil
}

// Domain is that of the host's users.
func (h *host) Domain() string { return h.Name + ".example" }

// address is that of a user, who is named by it or by its local part.
func (h *host) address(user string) string {
	if strings.Contains(user, "@") {
		return user
	}
	return user + "@" + h.Domain()
}

// mailbox is the name by which the host knows a mailbox.
func (h *host) mailbox(name string) string {
	if name == "INBOX" {
		return name
	}
	return h.Prefix + name
}

// file is a path in the host's directory.
func (h *host) file(parts ...string) string {
	return filepath.Join(append([]string{h.Dir}, parts...)...)
}
