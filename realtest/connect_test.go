//go:build real

package realtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// connecting writes a configuration with a suite for each way to connect.
func connecting(t *testing.T, seed string, proxy, nobody int) string {
	t.Helper()
	dir := t.TempDir()
	for name, secret := range map[string]string{"proxy": proxyPassword, "wrong": newPassword()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "seeds.toml")
	err := write(config, "connect.toml", 0o644, map[string]any{"Submission": site.relay.Submission,
		"Submissions": site.relay.Submissions, "Certificates": site.dir, "IMAPS": site.dovecot.IMAPS,
		"Address": site.dovecot.address(seed), "Proxy": proxy, "Nobody": nobody,
		"Routes": []string{"certified", "stranger", "uncertified", "proxied", "behind", "locked", "gone"}})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

var proxyPassword = newPassword()

// freePorts are ports of loopback on which nobody listens.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	taken, err := site.ports.take(n)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// TestClientCertificate: Postfix relays for the certificate that it knows, and for nobody else.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	ports := freePorts(t, 2)
	config := connecting(t, "certified", ports[0], ports[1])
	p := runWay(t, config, "certified", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	if s := p.Submission; s.TLS == nil || !s.TLS.Asked || s.TLS.Shown != "CN=client.example.org" {
		t.Errorf("TLS %+v, want our certificate asked for and shown", s.TLS)
	}
	for suite, shown := range map[string]string{"stranger": "CN=stranger.example.org", "uncertified": ""} {
		p := runWay(t, config, suite, 3).one(t)
		s := p.Submission
		if s.Outcome != "refused" || s.Stage != "rcpt" || s.Reply.Code/100 != 5 || s.TLS == nil ||
			!s.TLS.Asked || s.TLS.Shown != shown {
			t.Errorf("%s: submission %+v, TLS %+v, want refused at rcpt with %q shown", suite, s, s.TLS, shown)
		}
	}
}

// TestProxy: by a SOCKS 5 proxy the relay is reached as without, and the trouble of the proxy is told
// from that of the server behind it.
func TestProxy(t *testing.T) {
	t.Parallel()
	ports := freePorts(t, 2)
	proxy := exec.CommandContext(t.Context(), "microsocks", "-i", "127.0.0.1", "-p", strconv.Itoa(ports[0]),
		"-u", "ops", "-P", proxyPassword)
	if err := site.parent.start(proxy); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = proxy.Process.Kill()
		_ = proxy.Wait()
	})
	if err := waitOpen(t.Context(), ports[0]); err != nil {
		t.Fatal(err)
	}
	config := connecting(t, "proxied", ports[0], ports[1])
	p := runWay(t, config, "proxied", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	if s := p.Submission; s.Proxy != "127.0.0.1:"+strconv.Itoa(ports[0]) ||
		s.Remote != "localhost:"+strconv.Itoa(site.relay.Submission) || s.TLS == nil || !s.TLS.Verified {
		t.Errorf("submission %+v, want the proxy and the relay's name on record, and TLS", s)
	}
	for suite, words := range map[string]string{
		"behind": "says of localhost:" + strconv.Itoa(ports[1]) + ": connection refused",
		"locked": "authentication failed",
		"gone":   "cannot be reached",
	} {
		p := runWay(t, config, suite, 3).one(t)
		if s := p.Submission; s.Outcome != "failed" || s.Stage != "connect" ||
			!strings.Contains(s.Error, "the proxy 127.0.0.1:") || !strings.Contains(s.Error, words) {
			t.Errorf("%s: %s at %s: %s, want %q", suite, s.Outcome, s.Stage, s.Error, words)
		}
	}
}
