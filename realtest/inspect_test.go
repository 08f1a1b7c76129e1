//go:build real

package realtest

import (
	"fmt"
	"strings"
	"testing"
)

// TestInspect asks Dovecot and Postfix what they are.
func TestInspect(t *testing.T) {
	t.Parallel()
	const user = "relayed@dovecot.example"
	for _, x := range []struct {
		args []string
		want []string
	}{
		{[]string{fmt.Sprintf("127.0.0.1:%d", site.dovecot.IMAPS), "--user", user, "--password-file",
			site.path("secrets", user)},
			[]string{"# ID: Dovecot", "dovecot", "# INBOX: inbox by protocol", "junk by special-use",
				`junk = ["Junk"]`}},
		{[]string{fmt.Sprintf("127.0.0.1:%d", site.relay.Submission), "--smtp"},
			[]string{"ESMTP", "8BITMIME", "[route.127-0-0-1]", `tls = "starttls"`}},
	} {
		p := begin(t, append([]string{"inspect", "--ca", site.path("ca.pem")}, x.args...)...)
		if status := p.end(t); status != 0 {
			t.Errorf("inspect %q: exit status %d\n%s", x.args, status, &p.stderr)
		}
		for _, want := range x.want {
			if !strings.Contains(p.stdout.String(), want) {
				t.Errorf("inspect %q does not say %q:\n%s", x.args, want, &p.stdout)
			}
		}
		if strings.Contains(p.stdout.String(), "@") {
			t.Errorf("inspect shows an address:\n%s", &p.stdout)
		}
	}
}
