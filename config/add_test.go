package config

import (
	"bytes"
	"strings"
	"testing"
)

func TestAddSeed(t *testing.T) {
	entries := []SeedEntry{
		{Address: "g@gmail.com", SecretEnv: "SEED_PASSWORD"},
		{Address: "h@gmail.com", SecretCommand: []string{"prog", `a "quoted" \ arg`}, Token: true},
		{Name: "hand", Address: "hand@example.com", ByHand: true, Replaces: "gmail-a"},
		{Name: "own-1", Address: "own@example.com", Own: true, Host: "127.0.0.1", Port: 143,
			TLS: "none", Junk: "Bulk & Co", Username: "own", SecretEnv: "SEED_PASSWORD"},
	}
	for _, text := range []string{least, strings.TrimRight(least, "\n"),
		strings.ReplaceAll(least, "\n", "\r\n")} {
		data := []byte(text)
		for _, e := range entries {
			out, err := AddSeed(data, e)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(out, data) {
				t.Fatalf("AddSeed changed bytes of %q:\n%q", data, out)
			}
			data = out
		}
		c := parse(t, string(data))
		if len(c.Seeds) != 5 || c.Seeds[1].Name != "gmail-a" || c.Seeds[2].Name != "gmail-b" {
			t.Fatalf("seeds after AddSeed = %+v", c.Seeds)
		}
		if hand := c.Seeds[3]; !hand.ByHand || hand.Replaces != "gmail-a" {
			t.Errorf("hand = %+v", hand)
		}
		own := c.Seeds[4]
		if own.Junk != "Bulk & Co" || !own.Own || own.Server.Port != 143 ||
			own.Login.Username != "own" {
			t.Errorf("own = %+v", own)
		}
		lines, crlf := bytes.Count(data, []byte("\n")), bytes.Count(data, []byte("\r\n"))
		if strings.Contains(text, "\r") && lines != crlf {
			t.Error("AddSeed mixed line breaks")
		}
	}
}

func TestAddSeedRefuses(t *testing.T) {
	for name, e := range map[string]SeedEntry{
		"name":    {Name: "A", Address: "x@example.com"},
		"address": {Address: "A@example.net"},
		"form":    {Address: "nobody"},
	} {
		if out, err := AddSeed([]byte(least), e); err == nil {
			t.Errorf("%s: AddSeed(%+v) = %s, want an error", name, e, out)
		}
	}
	if _, err := AddSeed([]byte("[x"), SeedEntry{Address: "x@example.com"}); err == nil {
		t.Error("AddSeed to what is not TOML: no error")
	}
	for _, data := range []string{"seed = []\n", "seed = {}\n", "seed = 1\n", "[[seed]]\n"} {
		out, err := AddSeed([]byte(data), SeedEntry{Address: "x@example.com"})
		if _, bad := parseTree(out); err == nil && bad != nil {
			t.Errorf("AddSeed(%q) = %q, which is not TOML: %v", data, out, bad)
		}
	}
	if _, err := AddSeed([]byte("seed = []\n"), SeedEntry{Address: "x@example.com"}); err == nil ||
		!strings.Contains(err.Error(), "[seed.NAME]") {
		t.Errorf("AddSeed to a list: error %v, want how to write seeds", err)
	}
}
