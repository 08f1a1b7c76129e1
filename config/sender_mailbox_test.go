package config

import (
	"testing"

	"seedtest"
)

func TestReturnPath(t *testing.T) {
	c, err := Load("testdata/good/return-path.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	own, other := c.Routes[0].Sender.Mailbox, c.Routes[1].Sender.Mailbox
	if own == nil || own.Address != "bounces@example.org" || own.Login.Username != "bounces@example.org" ||
		!own.Own || own.Server != (seedtest.Endpoint{Host: "imap.example.org", Port: 143,
		TLS: seedtest.TLSStartTLS}) {
		t.Errorf("the return path of relay: %+v", own)
	}
	if other == nil || other.Provider.ID != "gmail" || other.Server.Host != "imap.gmail.com" ||
		other.Login.Username != "ops.example@gmail.com" || other.Own {
		t.Errorf("the return path of new: %+v", other)
	}
}
