package provider

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/providers.md anew")

// TestManual holds docs/providers.md against the data, from which it is written.
func TestManual(t *testing.T) {
	const file = "../docs/providers.md"
	want := manual()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/providers.md is not what the data says: go test ./provider -run Manual -update")
	}
}

func manual() string {
	var b strings.Builder
	fmt.Fprintf(&b, strings.ReplaceAll(`# What is known of providers

Written from the data in provider/, as of %s. A seed's address finds its provider;
~provider = "ID"~ in its table names one, and ~[provider.ID]~ changes what is said here or defines
another ([seeds.example.toml](../seeds.example.toml) shows the keys). ~seedtest inspect HOST~ prints
what a server says of itself in that form. The data says of every value whether it rests on general
knowledge only.

## Mailbox providers

| id | name | IMAP server | signs in by | junk, where no flag tells | may be closed when unused |
|---|---|---|---|---|---|
`, "~", "`"), Edition())
	var software, notes strings.Builder
	for _, id := range IDs() {
		d, _ := Details(id)
		p, _ := ByID(id)
		junk := strings.Join(p.Junk[:min(len(p.Junk), 3)], ", ")
		if d.Kind == "software" {
			fmt.Fprintf(&software, "| %s | %s | %s |\n", id, d.Name, junk)
		} else {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", id, d.Name, server(d), access(d), junk, unused(d))
		}
		for _, h := range p.Hints {
			fmt.Fprintf(&notes, "- %s: %s.\n", id, strings.TrimSuffix(h.Text, "."))
		}
		if d.Auth.Note != "" {
			fmt.Fprintf(&notes, "- %s: %s\n", id, d.Auth.Note)
		}
	}
	b.WriteString("\n## Server software\n\n| id | name | junk, where no flag tells |\n|---|---|---|\n")
	b.WriteString(software.String())
	b.WriteString("\n## What their users have to know\n\n" + notes.String())
	b.WriteString("\n## Habits, by name\n\n`quirks = [...]` in `[provider.NAME]` says that a server has them.\n\n")
	for _, q := range Quirks() {
		fmt.Fprintf(&b, "- `%s`: %s %s\n", q.ID, q.What, q.Do)
	}
	return b.String()
}

func server(d Preset) string {
	if d.IMAP.Host == "" {
		return "none"
	}
	text := fmt.Sprintf("%s:%d", d.IMAP.Host, d.IMAP.Port)
	if d.IMAP.TLS != "implicit" {
		text += " " + d.IMAP.TLS
	}
	return text
}

func access(d Preset) string {
	words := map[string]string{"app-password": "app password", "password": "password",
		"oauth-only": "OAuth only", "bridge": "password of its bridge", "pop-only": "POP only", "none": "no IMAP"}
	text := words[d.Access]
	if d.Access != "none" && d.Access != "pop-only" && d.Access != "bridge" && d.Access != "oauth-only" &&
		d.OAuth != nil && d.OAuth.Registration != "closed" {
		text += ", OAuth"
	}
	return text
}

// guessed reports whether a field rests on general knowledge only.
func guessed(d Preset, field string) bool {
	for _, u := range d.Unverified {
		if u == field || strings.HasPrefix(field, u+".") {
			return true
		}
	}
	return false
}

func unused(d Preset) string {
	if d.Account.InactiveDays == 0 {
		return ""
	}
	text := fmt.Sprintf("%d days", d.Account.InactiveDays)
	switch c := d.Account.IMAPCounts; {
	case c == nil:
	case *c:
		text += ", IMAP counts as use"
	default:
		text += ", IMAP may not count as use"
	}
	if guessed(d, "account.inactive_days") {
		text += " (unverified)"
	}
	return text
}
