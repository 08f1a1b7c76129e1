package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"seedtest/config"
)

func TestFindProvider(t *testing.T) {
	exchangers := func(_ context.Context, domain string) ([]*net.MX, error) {
		switch domain {
		case "workspace.net":
			return []*net.MX{{Host: "relay.unknown.net."}, {Host: "ASPMX.L.GOOGLE.COM."}}, nil
		case "broken.net":
			return nil, errors.New("no such host")
		case "reserved.example":
			t.Error("a reserved domain was looked up")
		}
		return []*net.MX{{Host: "mail." + domain}}, nil
	}
	for _, x := range []struct {
		what  string
		entry config.SeedEntry
		id    string   // of the provider that the entry names afterwards
		says  []string // to the user
		err   string
	}{
		{"a known domain", config.SeedEntry{Address: "a@gmail.com"}, "",
			[]string{"provider: Gmail, imap.gmail.com:993", "2-step", "https://myaccount.google.com/apppasswords"}, ""},
		{"a region", config.SeedEntry{Address: "a@126.com"}, "", []string{"imap.126.com:993"}, ""},
		{"a domain of one's own", config.SeedEntry{Address: "a@workspace.net"}, "google-workspace",
			[]string{`provider = "google-workspace"`, "imap.gmail.com:993"}, ""},
		{"named", config.SeedEntry{Address: "a@own.net", Provider: "fastmail"}, "fastmail",
			[]string{"imap.fastmail.com"}, ""},
		{"a host of one's own", config.SeedEntry{Address: "a@own.net", Host: "imap.own.net"}, "", nil, ""},
		{"unknown", config.SeedEntry{Address: "a@own.net"}, "", nil, "no provider is known"},
		{"no answer", config.SeedEntry{Address: "a@broken.net"}, "", nil, "no provider is known"},
		{"reserved", config.SeedEntry{Address: "a@reserved.example"}, "", nil, "no provider is known"},
	} {
		var told bytes.Buffer
		a := &app{stderr: &told, stdout: &told}
		entry := x.entry
		err := a.findProvider(t.Context(), &entry, exchangers)
		if (err == nil) != (x.err == "") || err != nil && !strings.Contains(err.Error(), x.err) {
			t.Errorf("%s: %v, want %q", x.what, err, x.err)
		}
		if entry.Provider != x.id {
			t.Errorf("%s: provider %q, want %q", x.what, entry.Provider, x.id)
		}
		for _, want := range x.says {
			if !strings.Contains(told.String(), want) {
				t.Errorf("%s: said %q, want %q in it", x.what, told.String(), want)
			}
		}
	}
	var told bytes.Buffer
	a := &app{stderr: &told, stdout: &told}
	_ = a.findProvider(t.Context(), &config.SeedEntry{Address: "a@gmail.com", SecretEnv: "X"}, exchangers)
	if strings.Contains(told.String(), "app password") {
		t.Errorf("said %q to somebody who has a password", told.String())
	}
}
