//go:build real

package realtest

import (
	"errors"
	"os"
	"strings"
)

// seed is a mailbox to watch, as the template of the configuration wants it.
type seed struct {
	Name, Address string
	Port          int
	Wrong         bool // with a password that the server refuses
}

// writeConfig writes the program's configuration and the files of secrets beside it.
func (w *world) writeConfig() error {
	errs := []error{os.Mkdir(w.path("secrets"), 0o700)}
	var seeds []seed
	for _, d := range w.mx.Dovecots {
		for address, password := range d.passwords {
			errs = append(errs, os.WriteFile(w.path("secrets", address), []byte(password+"\n"), 0o600))
			local, domain, _ := strings.Cut(address, "@")
			if domain != d.Domain {
				continue
			}
			name := d.Name + "-" + local
			seeds = append(seeds, seed{name, address, d.IMAPS, local == "wrongpassword"})
		}
	}
	for address, password := range w.cyrus.passwords {
		errs = append(errs, os.WriteFile(w.path("secrets", address), []byte(password+"\n"), 0o600))
		local, _, _ := strings.Cut(address, "@")
		seeds = append(seeds, seed{"cyrus-" + local, address, w.cyrus.IMAPS, local == "wrongpassword"})
	}
	errs = append(errs, write(w.path("seeds.toml"), "seeds.toml", 0o644, map[string]any{
		"Submission": w.relay.Submission, "Submissions": w.relay.Submissions, "MX": w.mx.MX,
		"Seeds": seeds,
	}))
	return errors.Join(errs...)
}

// environment is what the program finds in its environment.
func (w *world) environment() []string {
	return append(os.Environ(), "NO_COLOR=1",
		"OPS_PASSWORD="+w.main.passwords["ops@example.org"], "WRONG_PASSWORD="+w.wrongPassword)
}

// passwords are all secrets that the program is given.
func (w *world) passwords() []string {
	all := []string{w.wrongPassword}
	for _, d := range w.mx.Dovecots {
		for _, password := range d.passwords {
			all = append(all, password)
		}
	}
	for _, password := range w.cyrus.passwords {
		all = append(all, password)
	}
	return all
}
