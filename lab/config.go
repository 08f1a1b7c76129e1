package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"seedtest"
)

// Routes returns the ways out: "old", "new" and "control".
func (w *World) Routes() []seedtest.Route {
	var out []seedtest.Route
	for _, r := range w.relays {
		route := seedtest.Route{Name: r.route, Type: seedtest.RouteSMTP, Server: r.submission(),
			HELO: workstationName, CA: w.CA(), Control: r.control, Sender: r.sender}
		route.Login = login(r.login, r.secret, r.token)
		route.Sender.Mailbox, route.Notify = r.returnMailbox(), r.reportsAsked()
		out = append(out, route)
	}
	return out
}

// Seeds returns the mailboxes to watch.
func (w *World) Seeds() []seedtest.Seed {
	var out []seedtest.Seed
	for _, s := range w.seeds {
		out = append(out, seedtest.Seed{Name: s.name, Address: s.address,
			Provider: s.provider.preset, Server: s.provider.mailbox(),
			Login: login(s.address, s.secret, s.provider.token), CA: w.CA(), Own: true})
	}
	return out
}

// Messages returns what to send.
func (w *World) Messages() []seedtest.Message {
	return []seedtest.Message{{Name: "notice", Subject: "Your weekly notice",
		Text: "Hello,\n\nhere is your notice for this week. All scheduled work was done, and\n" +
			"nothing needs your attention.\n\nThe next one follows in a week.\n"}}
}

func login(name string, secret seedtest.Secret, token bool) seedtest.Login {
	if token {
		return seedtest.Login{Username: name, Token: secret}
	}
	return seedtest.Login{Username: name, Password: secret}
}

// Config writes what [World.Routes], [World.Seeds] and [World.Messages] return as a seeds.toml for
// other processes, with the real ports on loopback. Secrets and the certificate authority go to
// files in dir, which the configuration names by their whole paths. There is none on pipes.
func (w *World) Config(dir string) ([]byte, error) {
	if w.dns == nil {
		return nil, errors.New("lab: configuration: pipes cannot be reached by other processes")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("lab: configuration: %w", err)
	}
	c := &configWriter{world: w, dir: dir}
	c.file("ca.pem", w.CA())
	c.line("# A mail world on loopback. It is there as long as the process that made it.\n")
	c.line("[dns]\nservers = [%q]\n", w.DNS())
	c.senders()
	for _, r := range w.relays {
		c.route(r)
	}
	for _, m := range w.mxs {
		c.provider(m.preset, m.domain)
	}
	for _, s := range w.seeds {
		c.seed(s)
	}
	for _, m := range w.Messages() {
		c.line("[message.%s]\nsubject = %q\ntext = %q\n", m.Name, m.Subject, m.Text)
	}
	c.suite()
	if c.err != nil {
		return nil, fmt.Errorf("lab: configuration: %w", c.err)
	}
	return []byte(c.text.String()), nil
}

type configWriter struct {
	world *World
	dir   string
	text  strings.Builder
	err   error
}

func (c *configWriter) line(format string, v ...any) {
	fmt.Fprintf(&c.text, format+"\n", v...)
}

// file writes a file that only its owner can read, and returns its path.
func (c *configWriter) file(name string, data []byte) string {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		c.err = errors.Join(c.err, err)
	}
	return path
}

func (c *configWriter) ca() string { return filepath.Join(c.dir, "ca.pem") }

func (c *configWriter) senders() {
	seen := map[string]bool{}
	for _, r := range c.world.relays {
		id := r.sender
		if !seen[id.Name] {
			c.line("[sender.%s]\nfrom = %q\nenvelope_from = %q\n", id.Name, id.From, id.EnvelopeFrom)
			c.returnPath(r)
		}
		seen[id.Name] = true
	}
}

// returnPath writes how the account is read that reports of a sender's mail come to.
func (c *configWriter) returnPath(r *relay) {
	box := r.returnMailbox()
	if box == nil {
		return
	}
	s := c.world.returns
	c.line("[sender.%s.mailbox]\nown = true", r.sender.Name)
	c.line("imap = { host = \"127.0.0.1\", port = %d, tls = %q }",
		c.port(s.provider.imapIP, box.Server.Port), string(box.Server.TLS))
	c.secret("return-path", s.secret, false)
	c.line("ca = %q\n", c.ca())
}

// secret writes a login's secret to a file and names it.
func (c *configWriter) secret(file string, secret seedtest.Secret, token bool) {
	key := "password"
	if token {
		key = "token"
	}
	path := c.file(file, []byte(secret.Reveal()+"\n"))
	c.line("%s = { file = %q }", key, path)
}

func (c *configWriter) route(r *relay) {
	c.line("[route.%s]", r.route)
	c.line("host = \"127.0.0.1\"\nport = %d\ntls = %q\nhelo = %q\nusername = %q",
		c.port(r.ip, r.submission().Port), string(r.tls), workstationName, r.login)
	c.secret("route-"+r.route, r.secret, r.token)
	if r.control {
		c.line("control = true")
	}
	var events []string
	for _, event := range r.reportsAsked() {
		events = append(events, string(event))
	}
	c.list("notify", events)
	c.line("sender = %q\nca = %q\n", r.sender.Name, c.ca())
}

func (c *configWriter) seed(s *seed) {
	c.line("[seed.%s]\naddress = %q\nprovider = %q\nown = true", s.name, s.address,
		s.provider.id())
	at := s.provider.mailbox()
	c.line("imap = { host = \"127.0.0.1\", port = %d, tls = %q }",
		c.port(s.provider.imapIP, at.Port), string(at.TLS))
	if s.account.oauth != nil {
		c.oauth()
	} else {
		c.secret("seed-"+s.name, s.secret, s.provider.token)
	}
	c.line("ca = %q\n", c.ca())
}

// oauth writes where the tokens of a seed come from.
func (c *configWriter) oauth() {
	at, o := c.world.OAuthURL(true), c.world.options.OAuth.options
	secret := ""
	if o.ClientSecret != "" {
		secret = fmt.Sprintf(", client_secret = { file = %q }",
			c.file("oauth-client", []byte(o.ClientSecret+"\n")))
	}
	c.line("oauth = { client_id = %q, auth_url = %q, token_url = %q, device_url = %q, "+
		"scopes = [%q, \"offline_access\"]%s }", o.ClientID, at+"/authorize", at+"/token",
		at+"/device", o.Scopes[0], secret)
}

// port returns the port on loopback behind a documentation address.
func (c *configWriter) port(ip netip.Addr, port int) uint16 {
	at, err := netip.ParseAddrPort(c.world.network.real(netip.AddrPortFrom(ip, uint16(port))))
	if err != nil {
		c.err = errors.Join(c.err, err)
	}
	return at.Port()
}

func (c *configWriter) provider(p seedtest.Provider, domain string) {
	c.line("[provider.%s]\nname = %q\ndomains = [%q]\nusername = %q", p.ID, p.Name, domain,
		p.Username)
	c.list("junk", p.Junk)
	c.list("essential", p.Essential)
	c.list("classes", p.Classes)
	if p.ClassBy != "" {
		c.line("class_by = %q", string(p.ClassBy))
	}
	c.line("\n[provider.%s.trust]", p.ID)
	t := p.Trust
	c.list("authserv_ids", t.AuthservIDs)
	c.line("no_authserv_id = %t\nreceived_spf = %t\nboundary_by = %q", t.NoAuthservID,
		t.ReceivedSPF, t.BoundaryBy)
	if t.BoundaryMarker != "" {
		c.line("boundary_marker = %q", t.BoundaryMarker)
	}
	c.list("origin_from", t.OriginFrom)
	c.line("")
}

// list writes a list of strings, if there are any.
func (c *configWriter) list(key string, values []string) {
	if len(values) == 0 {
		return
	}
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, fmt.Sprintf("%q", v))
	}
	c.line("%s = [%s]", key, strings.Join(quoted, ", "))
}

// suite writes a run of everything that ends soon: nothing takes long in this world.
func (c *configWriter) suite() {
	wait := (c.world.options.Greylist + time.Second).Round(time.Second)
	c.line("[suite.move]\nroutes = [\"*\"]\nseeds = [\"*\"]\nmessages = [\"*\"]")
	c.line("retry = [%q, %q]\ndeadline = \"10s\"\nfollow = \"1m\"", wait, 2*wait)
}
