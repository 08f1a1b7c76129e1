package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/sender"
)

// inspectedAs makes an inspection of what LIST would tell.
func inspectedAs(caps string, listed ...inbox.Listed) inbox.Inspection {
	i := inbox.Inspection{SignedIn: true, After: strings.Fields(caps)}
	i.Listed = append([]inbox.Listed{{Name: "INBOX", Delim: listed[0].Delim}}, listed...)
	i.Mailboxes = inbox.Roles(i.Listed, seedtest.Seed{})
	return i
}

const usual = "IMAP4REV1 IDLE MOVE UIDPLUS SPECIAL-USE "

func TestHabitsThatShow(t *testing.T) {
	junk := inbox.Listed{Name: "Spam", Delim: '/', Attrs: []string{`\Junk`}}
	for _, x := range []struct {
		what string
		i    inbox.Inspection
		want []string
	}{
		{"nothing odd", inspectedAs(usual, junk), nil},
		{"little offered", inspectedAs("IMAP4REV1 SPECIAL-USE", junk),
			[]string{"no-idle", "no-move", "no-uidplus"}},
		{"a flag that is not announced", inspectedAs("IDLE MOVE UIDPLUS", junk),
			[]string{"list-flag-without-capability"}},
		{"XLIST", inspectedAs("IDLE MOVE UIDPLUS XLIST", inbox.Listed{Name: "S", XAttrs: []string{`\Spam`}}),
			[]string{"xlist-only"}},
		{"names only", inspectedAs(usual, inbox.Listed{Name: "INBOX.Spam", Delim: '.'}),
			[]string{"no-special-use", "dot-separator"}},
		{"two junk", inspectedAs(usual, junk, inbox.Listed{Name: "J", Delim: '/', Attrs: []string{`\Junk`}}),
			[]string{"several-junk"}},
		{"Gmail", inspectedAs(usual+"X-GM-EXT-1", junk),
			[]string{"labels-not-mailboxes", "categories-hidden"}},
		{"a limit", inspectedAs(usual+"MESSAGELIMIT=1000", junk), []string{"message-limit"}},
	} {
		if got := habits(x.i); !slices.Equal(got, x.want) {
			t.Errorf("%s: habits = %q, want %q", x.what, got, x.want)
		}
	}
}

func TestLikenessTellsWhatIsOther(t *testing.T) {
	i := inspectedAs("IMAP4REV1 IDLE UIDPLUS MOVE ID SORT SPECIAL-USE", inbox.Listed{Name: "Junk"})
	got := strings.Join(likeness([]string{"hmailserver"}, i), "\n")
	for _, want := range []string{`provider = "hmailserver"`, "it lacks CHILDREN QUOTA ACL NAMESPACE",
		"it has SPECIAL-USE UIDPLUS MOVE ID"} {
		if !strings.Contains(got, want) {
			t.Errorf("likeness:\n%s\nwant %q in it", got, want)
		}
	}
	i.SignedIn = false
	if got := likeness([]string{"hmailserver"}, i); len(got) != 1 {
		t.Errorf("likeness to a stranger: %q, want nothing of what is told after sign-in", got)
	}
}

// The fragment is read back by config, whatever a server calls itself and its mailboxes.
func TestInspectionIsReadBack(t *testing.T) {
	evil := "x\"]\n[seed.z]\x1b]0;owned\x07\u202egnp.\u200b\u0085\xff"
	in := inspecting{host: "imap.example.net", port: 993, user: "anna@example.net"}
	for _, i := range []inbox.Inspection{
		{Greeting: evil, Server: evil, Before: []string{evil}},
		inspectedAs(usual+"X-GM-EXT-1 "+strings.ReplaceAll(evil, "\n", ""),
			inbox.Listed{Name: strings.ReplaceAll(evil, "\n", ""), Delim: '/', Attrs: []string{`\Junk`, evil}},
			inbox.Listed{Name: "Mail of anna@example.net", Delim: '/', Attrs: []string{`\Junk`}},
			inbox.Listed{Name: "垃圾邮件", Delim: '/', Attrs: []string{`\Junk`}}),
	} {
		i.Greeting = "hello anna@example.net, or anna.b@example.org " + evil
		fragment := imapFragment(in, i, []string{"dovecot", "mailu"})
		for _, c := range strings.ReplaceAll(fragment, "\n", "") {
			if !unicode.IsPrint(c) {
				t.Fatalf("the fragment holds %U:\n%s", c, fragment)
			}
		}
		var asJSON bytes.Buffer
		if err := imapOut(in, i, []string{"dovecot"}, commentless(fragment)).write(&asJSON); err != nil {
			t.Fatal(err)
		}
		obey(t, "inspect", "inspect", asJSON.String())
		if strings.Contains(fragment+asJSON.String(), "anna") {
			t.Errorf("an address is shown:\n%s\n%s", fragment, asJSON.String())
		}
		if strings.ContainsFunc(asJSON.String(), func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
			t.Errorf("the JSON can drive a terminal: %q", asJSON.String())
		}
		cfg, err := config.Parse("seeds.toml", []byte(fragment), config.Env{})
		if err != nil {
			// A name that holds a control character is refused by its own key, and nothing else is.
			if !strings.Contains(err.Error(), "control character") || strings.Contains(err.Error(), "seed.z") {
				t.Errorf("Parse of the fragment: %v\n%s", err, fragment)
			}
			continue
		}
		p := cfg.Providers[0]
		if len(cfg.Seeds) != 0 || p.ID != "imap-example-net" || p.Server.Host != "imap.example.net" {
			t.Errorf("read back %+v from\n%s", cfg, fragment)
		}
		if i.SignedIn && (!slices.Contains(p.Junk, "垃圾邮件") || p.ClassBy != seedtest.ClassXGMRAW) {
			t.Errorf("read back junk %q, classes by %q", p.Junk, p.ClassBy)
		}
	}
}

func TestInspectionOfSMTP(t *testing.T) {
	in := inspecting{host: "mail.example.net", port: 587}
	c := sender.Check{OK: true, Banner: "mail.example.net ESMTP postmaster@example.net \x1b[2J",
		Extensions: []string{"SIZE 1000", "STARTTLS"}, TLS: &seedtest.TLSInfo{Version: "TLS 1.3", Cipher: "x"}}
	route := seedtest.Route{Server: seedtest.Endpoint{Host: in.host, Port: 587, TLS: seedtest.TLSOpportunistic}}
	fragment := smtpFragment(in, route, c)
	var asJSON bytes.Buffer
	if err := smtpOut(in, c, commentless(fragment)).write(&asJSON); err != nil {
		t.Fatal(err)
	}
	obey(t, "inspect", "inspect", asJSON.String())
	if all := fragment + asJSON.String(); strings.Contains(all, "postmaster@") || strings.Contains(all, "\x1b") {
		t.Errorf("an address or an escape is shown:\n%s", all)
	}
	cfg, err := config.Parse("seeds.toml", []byte("[sender.main]\nfrom = \"a@example.org\"\n"+fragment), config.Env{})
	if err != nil || cfg.Routes[0].Server.TLS != seedtest.TLSStartTLS || cfg.Routes[0].Server.Port != 587 {
		t.Errorf("read back %+v, %v from\n%s", cfg, err, fragment)
	}
}
