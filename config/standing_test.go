package config

import (
	"testing"
	"time"
)

func TestSeedsAsInstruments(t *testing.T) {
	c, err := Parse("seeds.toml", []byte(`
[sender.main]
from = "Ops <ops@example.org>"
[route.relay]
host = "mail.example.org"
[seed.gmail-a]
address = "a.example@gmail.com"
password = { env = "SEED_PASSWORD" }
last_sign_in = 2026-05-01
[seed.gmail-b]
address = "b.example@gmail.com"
password = { env = "SEED_PASSWORD" }
replaces = "gmail-a"
[seed.gmail-c]
address = "c.example@gmail.com"
by_hand = true
replaces = "gmail-b"
`), testEnv())
	if err != nil {
		t.Fatal(err)
	}
	a, b, hand := c.Seeds[0], c.Seeds[1], c.Seeds[2]
	if want := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC); !a.LastSignIn.Equal(want) {
		t.Errorf("last_sign_in = %s, want %s", a.LastSignIn, want)
	}
	if b.Replaces != "gmail-a" || hand.Replaces != "gmail-b" || a.Replaces != "" {
		t.Errorf("replaces = %q, %q, %q", a.Replaces, b.Replaces, hand.Replaces)
	}
	if !hand.ByHand || hand.Server.Host != "" || hand.Login.Username != "" {
		t.Errorf("by_hand = %+v, want no sign-in", hand)
	}
}
