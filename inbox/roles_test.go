package inbox

import (
	"slices"
	"testing"

	"seedtest"
)

func listedAs(names ...string) []Listed {
	list := []Listed{{Name: "INBOX", Delim: '/'}}
	for _, n := range names {
		list = append(list, Listed{Name: n, Delim: '/'})
	}
	return list
}

// roleOf returns what Roles says of a mailbox.
func roleOf(t *testing.T, listed []Listed, seed seedtest.Seed, name string) seedtest.Mailbox {
	t.Helper()
	for _, m := range Roles(listed, seed) {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("Roles(%v) lacks %q", listed, name)
	return seedtest.Mailbox{}
}

func TestRolesInManyLanguages(t *testing.T) {
	for name, want := range map[string]seedtest.Role{
		"Spam": seedtest.RoleJunk, "Junk E-mail": seedtest.RoleJunk, "SPAMVERDACHT": seedtest.RoleJunk,
		"Courrier indésirable": seedtest.RoleJunk, "Correo no deseado": seedtest.RoleJunk,
		"Posta indesiderata": seedtest.RoleJunk, "Нежелательная почта": seedtest.RoleJunk,
		"Спам": seedtest.RoleJunk, "迷惑メール": seedtest.RoleJunk, "垃圾邮件": seedtest.RoleJunk,
		"스팸메일함": seedtest.RoleJunk, "דואר זבל": seedtest.RoleJunk, "هرزنامه": seedtest.RoleJunk,
		"INBOX/Spam": seedtest.RoleJunk, "[Mail]/Spam": seedtest.RoleJunk,
		"Papierkorb": seedtest.RoleTrash, "Corbeille": seedtest.RoleTrash,
		"Deleted Items": seedtest.RoleTrash, "Gesendet": seedtest.RoleSent, "Drafts": seedtest.RoleDrafts,
		// Decomposed accents are the same name.
		"Courrier inde\u0301sirable": seedtest.RoleJunk,
	} {
		m := roleOf(t, listedAs(name), seedtest.Seed{}, name)
		if m.Role != want || m.FoundBy != foundName {
			t.Errorf("Roles of %q: %q by %q, want %q by name", name, m.Role, m.FoundBy, want)
		}
		essential := want == seedtest.RoleJunk || want == seedtest.RoleTrash
		if m.Essential != essential {
			t.Errorf("Roles of %q: essential %t, want %t", name, m.Essential, essential)
		}
	}
}

func TestRolesLeaveOwnersMailboxesAlone(t *testing.T) {
	for _, name := range []string{"Junk food recipes", "Spam filter reports", "Projects/Spam",
		"No Junk", "Trash talk", "Sentinel", "spa", "Junkers", "Anti-Spam"} {
		m := roleOf(t, listedAs("Projects", name), seedtest.Seed{}, name)
		if m.Role != seedtest.RoleNone || m.Essential {
			t.Errorf("Roles of %q: %q, want none", name, m.Role)
		}
	}
}

func TestRolesTakeTheSurestWay(t *testing.T) {
	flagged := []Listed{{Name: "INBOX"}, {Name: "Spam"}, {Name: "Rubbish", Attrs: []string{`\JUNK`}}}
	preset := seedtest.Seed{Provider: seedtest.Provider{Junk: []string{"Bulk"},
		InboxLike: []seedtest.MailboxClass{{Mailbox: "Promotions", Class: "promotions"}},
		Essential: []string{`\All`, "Quarantine"}}}
	configured := seedtest.Seed{Junk: "Dustbin"}
	for _, x := range []struct {
		what      string
		listed    []Listed
		seed      seedtest.Seed
		name      string
		role      seedtest.Role
		by        string
		essential bool
	}{
		{"a flag", flagged, seedtest.Seed{}, "Rubbish", seedtest.RoleJunk, foundSpecialUse, true},
		{"a name beside a flag", flagged, seedtest.Seed{}, "Spam", seedtest.RoleNone, "", false},
		{"the preset", listedAs("Bulk", "Spam"), preset, "Bulk", seedtest.RoleJunk, foundPreset, true},
		{"a name beside the preset", listedAs("Bulk", "Spam"), preset, "Spam", "", "", false},
		{"inbox-like", listedAs("Promotions"), preset, "Promotions", seedtest.RoleInboxLike,
			foundPreset, false},
		{"essential by name", listedAs("Quarantine"), preset, "Quarantine", "", "", true},
		{"essential by flag", []Listed{{Name: "Alle", Attrs: []string{`\All`}}}, preset, "Alle",
			seedtest.RoleAll, foundSpecialUse, true},
		{"configuration", []Listed{{Name: "dustbin"}, {Name: "Junk", Attrs: []string{`\Sent`}}},
			configured, "dustbin", seedtest.RoleJunk, foundConfiguration, true},
		{"no mail", []Listed{{Name: "Spam", Attrs: []string{`\Noselect`}}}, seedtest.Seed{}, "Spam",
			seedtest.RoleNone, "", false},
		{"inbox in any case", []Listed{{Name: "Inbox"}}, seedtest.Seed{}, "Inbox",
			seedtest.RoleInbox, foundProtocol, true},
		{"XLIST", []Listed{{Name: "S", Attrs: []string{`\Spam`}}}, seedtest.Seed{}, "S",
			seedtest.RoleJunk, foundSpecialUse, true},
	} {
		m := roleOf(t, x.listed, x.seed, x.name)
		if m.Role != x.role || m.FoundBy != x.by || m.Essential != x.essential {
			t.Errorf("%s: %q is %q by %q, essential %t; want %q by %q, %t", x.what, x.name, m.Role,
				m.FoundBy, m.Essential, x.role, x.by, x.essential)
		}
	}
}

func TestNamesAreOfOneRoleEach(t *testing.T) {
	if _, err := readNames(namesTOML); err != nil {
		t.Fatal(err)
	}
	if n := len(nameRoles()); n < 300 {
		t.Errorf("names.toml has %d names", n)
	}
	if _, err := readNames("[junk]\nnames = 3"); err == nil {
		t.Error("readNames took a number for a list")
	}
}

func TestRelistKeepsHostileNamesAway(t *testing.T) {
	boxes := boxesOf([]listedBox{
		{Listed: Listed{Name: "INBOX"}, usable: true}, {Listed: Listed{Name: "INBOX"}, usable: true},
		{Listed: Listed{Name: "a\x1b[2Jb"}, usable: true}, {Listed: Listed{Name: "Notes/x", Delim: '/'},
			usable: true},
	}, seedtest.Seed{Provider: seedtest.Provider{Skip: []string{"Notes"}}})
	if len(boxes) != 3 {
		t.Fatalf("%d boxes, want 3: a name that comes twice is one mailbox", len(boxes))
	}
	if boxes[1].Name != "a [2Jb" || boxes[1].readable() {
		t.Errorf("%+v, want a clean name that is never sent back", boxes[1])
	}
	if boxes[2].readable() {
		t.Error("a mailbox within one that the preset skips is opened")
	}
	if !slices.Contains(mailboxesOf(boxesOf(nil, seedtest.Seed{})), seedtest.Mailbox{Name: "INBOX",
		Role: seedtest.RoleInbox, FoundBy: foundProtocol, Essential: true, Selectable: true}) {
		t.Error("INBOX is not there when no server lists it")
	}
}
