package inbox

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

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

// TestRolesInManyLanguages holds Roles against the words of mail programs and providers.
func TestRolesInManyLanguages(t *testing.T) {
	data, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	languages, n := map[string]bool{}, 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(row) != 4 {
			t.Fatalf("names.tsv: %q has %d columns, want 4", line, len(row))
		}
		language, want := row[1], seedtest.Role(row[2])
		languages[language], n = true, n+1
		for _, name := range []string{row[3], strings.ToUpper(row[3]), "INBOX/" + row[3],
			"[Gmail]/" + row[3], norm.NFD.String(row[3])} {
			m := roleOf(t, listedAs(name), seedtest.Seed{}, name)
			if m.Role != want || m.FoundBy != foundName {
				t.Errorf("%s, %s: Roles of %q: %q by %q, want %q by name", row[0], language, name,
					m.Role, m.FoundBy, want)
			}
			if must := want == seedtest.RoleJunk || want == seedtest.RoleTrash; m.Essential != must {
				t.Errorf("Roles of %q: essential %t, want %t", name, m.Essential, must)
			}
		}
	}
	if len(languages) < 40 || n < 600 {
		t.Errorf("names.tsv has %d names in %d languages, want 600 in 40", n, len(languages))
	}
}

func TestRolesLeaveOwnersMailboxesAlone(t *testing.T) {
	own := []string{"Junk food recipes", "Junk food", "Junkers", "No Junk", "Not junk", "Junkyard",
		"Spam filter reports", "Spam filter rules", "Spam/2024", "Spamhaus", "Anti-Spam", "Not spam",
		"Kein Spam", "No spam", "spa", "Spam?", "confirmed-ham", "Projects/Spam", "Kunden/Junk",
		"INBOX/Projects/Spam", "Clients/Papierkorb", "Trash talk", "Trash metal", "White trash",
		"Papierkorb Umbau", "Bulk orders", "Bulk buying", "Sentinel", "Sent to customers", "Drafts 2024",
		"Archiv 2019", "Archive/2020", "Werbung", "Todos", "Quarantine", "Rejects", "Newsletter",
		"Нежелательная почта отчёты", "迷惑メール報告", "垃圾邮件规则", "Courrier indésirable - rapports"}
	for _, name := range own {
		listed := listedAs("Projects", "Clients", "Kunden", "INBOX/Projects", name)
		m := roleOf(t, listed, seedtest.Seed{}, name)
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
		{"the preset beside a flag", []Listed{{Name: "Junk", Attrs: []string{`\Junk`}}, {Name: "bulk"}},
			preset, "bulk", seedtest.RoleJunk, foundPreset, true},
		{"the preset beside configuration", []Listed{{Name: "Dustbin"}, {Name: "Bulk"}},
			seedtest.Seed{Junk: "dustbin", Provider: preset.Provider}, "Bulk", "", "", false},
		{"a name beside the preset", listedAs("Bulk", "Spam"), preset, "Spam", "", "", false},
		{"inbox-like", listedAs("Promotions"), preset, "Promotions", seedtest.RoleInboxLike,
			foundPreset, true},
		{"a separator of its own", []Listed{{Name: "INBOX.Wanted.Spam", Delim: '.'}},
			seedtest.Seed{Junk: "INBOX/Wanted/Spam"}, "INBOX.Wanted.Spam", seedtest.RoleJunk,
			foundConfiguration, true},
		{"no separator", []Listed{{Name: "INBOX.Wanted.Spam"}},
			seedtest.Seed{Junk: "INBOX/Wanted/Spam"}, "INBOX.Wanted.Spam", "", "", false},
		{"essential by name", listedAs("Quarantine"), preset, "Quarantine", "", "", true},
		{"essential by flag", []Listed{{Name: "Alle", Attrs: []string{`\All`}}}, preset, "Alle",
			seedtest.RoleAll, foundSpecialUse, true},
		{"configuration", []Listed{{Name: "dustbin"}, {Name: "Junk", Attrs: []string{`\Sent`}}},
			configured, "dustbin", seedtest.RoleJunk, foundConfiguration, true},
		{"no mail", []Listed{{Name: "Spam", Attrs: []string{`\Noselect`}}}, seedtest.Seed{}, "Spam",
			seedtest.RoleNone, "", false},
		{"inbox in any case", []Listed{{Name: "Inbox"}}, seedtest.Seed{}, "Inbox",
			seedtest.RoleInbox, foundProtocol, true},
		{"XLIST", []Listed{{Name: "S", XAttrs: []string{`\Spam`}}}, seedtest.Seed{}, "S",
			seedtest.RoleJunk, foundXLIST, true},
		{"a flag beside XLIST", []Listed{{Name: "S", Attrs: []string{`\Trash`},
			XAttrs: []string{`\Spam`}}}, seedtest.Seed{}, "S", seedtest.RoleTrash, foundSpecialUse, true},
		{"XLIST's words in LIST", []Listed{{Name: "A", Attrs: []string{`\AllMail`}}}, seedtest.Seed{},
			"A", seedtest.RoleAll, foundSpecialUse, false},
		{"nonexistent", []Listed{{Name: "Spam", Attrs: []string{`\NonExistent`, `\Junk`}}},
			seedtest.Seed{}, "Spam", seedtest.RoleNone, "", false},
		{"inbox-like over a flag", []Listed{{Name: "Promotions", Attrs: []string{`\Archive`}}}, preset,
			"Promotions", seedtest.RoleInboxLike, foundPreset, true},
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
	if _, err := readNames("[junk]\nnames = ['x']\n[trash]\nnames = ['X']"); err == nil {
		t.Error("readNames gave one name two roles")
	}
}

// Mail may land in any mailbox that is called junk.
func TestRolesTakeSeveralJunk(t *testing.T) {
	flagged := []Listed{{Name: "Junk", Attrs: []string{`\Junk`}}, {Name: "Spam", Attrs: []string{`\Junk`}},
		{Name: "Junk-E-Mail", Attrs: []string{`\Junk`}}}
	for _, listed := range [][]Listed{flagged, listedAs("Junk", "Spam", "Junk-E-Mail")} {
		for _, name := range []string{"Junk", "Spam", "Junk-E-Mail"} {
			if m := roleOf(t, listed, seedtest.Seed{}, name); m.Role != seedtest.RoleJunk || !m.Essential {
				t.Errorf("%v: %+v, want junk and essential", listed, m)
			}
		}
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
