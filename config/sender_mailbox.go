package config

import (
	"strings"

	"seedtest"
)

// returnPath reads mailbox = {...} of a sender: the account that delivery reports come to. It is
// signed in to as a seed is.
func (t *table) returnPath(id seedtest.Identity, presets *presets) *seedtest.Seed {
	sub := t.sub("mailbox", `mailbox = { imap = { host = "imap.example.org" }, password = `+
		secretForms+` }`)
	if sub == nil {
		return nil
	}
	box := seedtest.Seed{Name: "return path of " + id.Name, Address: untagged(id.EnvelopeFrom)}
	box.Provider = sub.preset(box.Address, presets)
	box.Own = sub.flag("own")
	box.Pace = sub.pace()
	box.CA = sub.authorities()
	box.Login = sub.login()
	box.Server = sub.imap(&box)
	sub.checkServer(box)
	sub.checkSeedLogin(&box)
	sub.checkPace(box)
	sub.done()
	if box.Login.OAuth != nil {
		sub.r.fail(sub.get("oauth"), "a return path is not signed in to by consent",
			`write token = { command = ["prog", "arg"] }, or a password`)
	}
	return &box
}

// untagged is the address of an account to which all that an envelope's sender with a tag stands for
// is delivered.
func untagged(address string) string {
	before, after, tagged := strings.Cut(address, seedtest.TagMark)
	if !tagged {
		return address
	}
	return strings.TrimRight(before, "+-=._") + after
}
