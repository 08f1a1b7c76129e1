package provider

import (
	"slices"
	"testing"
)

func TestForServer(t *testing.T) {
	for _, x := range []struct {
		host, greeting, id string
		want               []string
	}{
		{"imap.gmail.com", "Gimap ready for requests", "GImap", []string{"gmail", "google-workspace"}},
		{"imap.126.com", "Coremail System IMap Server Ready", "", []string{"netease"}},
		{"mail.example.org", "Dovecot (Debian) ready.", "Dovecot", []string{"dovecot"}},
		{"mail.example.org", "Dovecot ready.", "", []string{"dovecot", "cpanel", "mailcow", "mailu", "plesk"}},
		{"mail.example.org", "mail Cyrus IMAP 3.8 server ready", "Cyrus IMAPD 3.8", []string{"cyrus"}},
		{"mail.example.org", "The Microsoft Exchange IMAP4 service is ready.", "", []string{"exchange"}},
		{"mail.example.org", "ready", "Dovecotto", nil},
		{"", "", "", nil},
	} {
		if got := ForServer(x.host, x.greeting, x.id); !slices.Equal(got, x.want) {
			t.Errorf("ForServer(%q, %q, %q) = %q, want %q", x.host, x.greeting, x.id, got, x.want)
		}
	}
}
