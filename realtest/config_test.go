//go:build real

package realtest

import (
	"errors"
	"os"
)

// suite is a suite of the program with one seed, at each IMAP server. Both have its name, after the
// server's: "cyrus-junk".
type suite struct {
	Seed    string
	Routes  string // in TOML; "": the mx, directly
	Message string // "": plain
	Missing bool   // it is missing after three seconds
	More    string // further lines of the suite
	Settles bool   // it settles 20 seconds after it was seen

	Access  string // what the mx does with it; "": delivers it
	AtRelay bool   // the relay does that, and the mx delivers it
	Twice   bool   // it delivers it twice
	Fragile bool   // at the servers that are stopped
	Silent  bool   // it offers the relay no delivery reports
	Others  bool   // the seed is at a provider of others, and asked so little that pushes must tell
	Wrong   bool   // the seed's password is
}

// suites lists what the tests run.
func suites() []suite {
	const relay, patient = `"starttls"`, `retry = ["500ms", "1s", "3s", "5s"]`
	return []suite{
		{Seed: "inbox"},
		{Seed: "relayed", Routes: relay + `, "implicit"`},
		{Seed: "logged", Routes: relay + `, "implicit", "exim"`},
		{Seed: "logged-busy", Routes: relay + `, "exim"`, Access: "greylist"},
		{Seed: "logged-refused", Routes: relay + `, "exim"`, Access: "REJECT", More: `deadline = "1m"`},
		{Seed: "relay-greylists", Routes: relay, Access: "greylist", AtRelay: true, More: patient},
		{Seed: "relay-refuses", Routes: relay + `, "implicit"`, Access: "REJECT", AtRelay: true},
		{Seed: "junk", Routes: relay, Message: "newsletter"},
		{Seed: "flagged", Message: "bulk"},
		{Seed: "other", Message: "list"},
		{Seed: "moved", Settles: true},
		{Seed: "moved-later", Settles: true},
		{Seed: "duplicate", Settles: true, Twice: true},
		{Seed: "dropped", Routes: relay, Missing: true, Access: "DISCARD"},
		{Seed: "discarded", Routes: relay, Message: "unwanted", Missing: true},
		{Seed: "pushed", Others: true},
		{Seed: "pushed-junk", Message: "newsletter", Others: true},
		{Seed: "clean", Routes: `"mx", "starttls"`},
		{Seed: "unknown"},
		{Seed: "sendmail"},  // see ways.toml
		{Seed: "certified"}, // see connect.toml
		{Seed: "proxied"},
		{Seed: "sendmail-astray"},
		{Seed: "direct"},
		{Seed: "direct-greylisted", Access: "greylist"},
		{Seed: "external-each"}, // see external.toml
		{Seed: "external-one-message"},
		{Seed: "reported", Silent: true}, // see bounces.toml
		{Seed: "reported-further"},
		{Seed: "busy", Access: "450 4.2.0 the mailbox is busy"},
		{Seed: "greylisted", Access: "greylist", More: patient},
		{Seed: "wrong-route", Routes: `"wrong"`, More: `retry = []`},
		{Seed: "wrong-seed", Routes: relay, Wrong: true, More: `baseline_timeout = "3s"`},
		{Seed: "restarted", Routes: relay, Fragile: true, Access: "HOLD", More: `deadline = "2m"`},
		{Seed: "stopped", Routes: relay, Fragile: true, Access: "HOLD", More: `deadline = "20s"`},
		{Seed: "lost", Routes: relay, Fragile: true, Access: "DISCARD", More: `deadline = "20s"`},
	}
}

// suiteAt is a suite at one server, as the template of the configuration wants it.
type suiteAt struct {
	suite
	Name, Address string
	Port          int
}

// writeConfig writes the program's configuration and the files of secrets beside it.
func (w *world) writeConfig() error {
	errs := []error{os.Mkdir(w.path("secrets"), 0o700)}
	var all []suiteAt
	for _, h := range w.allHosts() {
		for address, password := range h.passwords {
			errs = append(errs, os.WriteFile(w.path("secrets", address), []byte(password+"\n"), 0o600))
		}
		for _, s := range suites() {
			if _, there := h.passwords[h.address(s.Seed)]; there {
				all = append(all, suiteAt{s, h.Name + "-" + s.Seed, h.address(s.Seed), h.IMAPS})
			}
		}
	}
	errs = append(errs, write(w.path("seeds.toml"), "seeds.toml", 0o644, map[string]any{
		"Submission": w.relay.Submission, "Submissions": w.relay.Submissions, "MX": w.mx.MX,
		"RelayLog": w.path("relay", "mail.log"), "Exim": w.exim.Port, "EximLog": w.exim.mainlog(),
		"Suites": all,
	}))
	return errors.Join(errs...)
}

// environment is what the program finds in its environment.
func (w *world) environment() []string {
	return append(os.Environ(), "NO_COLOR=1",
		"OPS_PASSWORD="+w.dovecot.passwords["ops@example.org"], "WRONG_PASSWORD="+w.wrongPassword)
}

// passwords are all secrets that the program is given.
func (w *world) passwords() []string {
	all := []string{w.wrongPassword}
	for _, h := range w.allHosts() {
		for _, password := range h.passwords {
			all = append(all, password)
		}
	}
	return all
}
