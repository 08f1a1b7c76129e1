package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// betrayed is the secret of a route to a server that repeats what it was given.
const betrayed = `Tr0ub"4dor\r&3=x/%<y> z`

// parrot is a server on loopback that repeats the secret in every reply, in the forms that quoting
// has, and refuses the recipient. It returns its port.
func parrot(t *testing.T) int {
	t.Helper()
	inJSON, _ := json.Marshal(betrayed)
	forms := strings.Join([]string{betrayed, fmt.Sprintf("%q", betrayed), string(inJSON),
		base64.StdEncoding.EncodeToString([]byte(betrayed)),
		base64.StdEncoding.EncodeToString([]byte("\x00ops\x00" + betrayed)), url.QueryEscape(betrayed)}, " ")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	answers := map[string]string{"EHLO": "250-mx\r\n250 AUTH PLAIN", "AUTH": "235 " + forms,
		"MAIL": "250 " + forms, "RCPT": "550 5.1.1 (secret)" + forms, "QUIT": "221 " + forms}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "220 mx\r\n")
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					verb, _, _ := strings.Cut(lines.Text(), " ")
					fmt.Fprint(conn, answers[strings.ToUpper(verb)]+"\r\n")
				}
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// TestSecretsStandNowhere: not in what commands print of a run in any format, not in their log, and
// not in the store.
func TestSecretsStandNowhere(t *testing.T) {
	b := newBench(t)
	secret := filepath.Join(b.dir, "parrot.secret")
	if err := os.WriteFile(secret, []byte(betrayed), 0o600); err != nil {
		t.Fatal(err)
	}
	b.configure(func(text string) string {
		return text + fmt.Sprintf("\n[route.parrot]\nhost = \"127.0.0.1\"\nport = %d\ntls = \"none\"\n"+
			"username = \"ops\"\npassword = { file = %q }\n\n[suite.parrot]\nroutes = [\"parrot\"]\n"+
			"seeds = [\"gmail-a\"]\nmessages = [\"notice\"]\n", parrot(t), secret)
	})
	var said strings.Builder
	for _, args := range [][]string{{"run", "parrot", "--verbose"}, {"show", "last", "parrot/gmail-a", "--verbose"},
		{"show", "last", "--format", "json"}, {"show", "last", "--format", "markdown"},
		{"show", "last", "--format", "junit"}, {"show", "last", "--format", "nagios"},
		{"check", "parrot", "--verbose"}, {"check", "parrot", "--format", "json"}} {
		got := b.run(t.Context(), nil, args...)
		said.WriteString(got.stdout + got.stderr)
	}
	if text := said.String(); !strings.Contains(text, "550 5.1.1 (secret)") {
		t.Fatalf("the server did not repeat the secret:\n%s", text)
	}
	stored, err := filepath.Glob(b.db + "*")
	if err != nil || len(stored) == 0 {
		t.Fatalf("no store: %v", err)
	}
	for _, path := range stored {
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(kept)
	}
	text := strings.ToLower(said.String())
	for i := range len(betrayed) - 7 {
		for _, form := range []string{betrayed[i : i+8], url.QueryEscape(betrayed[i : i+8])} {
			if strings.Contains(text, strings.ToLower(form)) {
				t.Errorf("%q of the secret stands somewhere", form)
			}
		}
	}
	for _, form := range []string{base64.StdEncoding.EncodeToString([]byte(betrayed)),
		base64.StdEncoding.EncodeToString([]byte("\x00ops\x00" + betrayed))[8:]} {
		if strings.Contains(text, strings.ToLower(form[:8])) || strings.Contains(text, strings.ToLower(form[12:20])) {
			t.Errorf("the secret stands somewhere in base64")
		}
	}
}
