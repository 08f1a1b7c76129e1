package inbox

import (
	"slices"
	"strings"

	"seedtest"
)

// Listed is one mailbox as a LIST reply told it (RFC 9051 section 7.3.1).
type Listed struct {
	Name  string   // modified UTF-7 decoded
	Attrs []string // mailbox attributes, with their backslash
	Delim rune     // hierarchy delimiter; 0: none

	XAttrs []string // what XLIST told of it, at servers that have that instead of SPECIAL-USE
}

// How a role was found, in the order in which the ways are tried.
const (
	foundProtocol      = "protocol" // INBOX needs no finding
	foundConfiguration = seedtest.FoundByConfiguration
	foundSpecialUse    = "special-use"
	foundXLIST         = "xlist"
	foundPreset        = "preset"
	foundName          = "name"
)

// Roles says what each mailbox is for: by the seed's configuration, by a flag on its LIST line
// (RFC 6154) or its XLIST line, by the provider's preset, by the localised names of names.toml.
// Names are asked only for roles that nothing surer has given. Where several mailboxes are junk,
// all are: mail may land in any of them. INBOX and what counts as inbox, junk, trash and what the
// preset adds are essential (rule 7). A mailbox that cannot be selected holds no mail, and has no
// role. The result has the order of listed.
func Roles(listed []Listed, seed seedtest.Seed) []seedtest.Mailbox {
	boxes := make([]seedtest.Mailbox, len(listed))
	for i, l := range listed {
		boxes[i] = seedtest.Mailbox{Name: l.Name, Selectable: selectable(l)}
		if boxes[i].Selectable {
			give(&boxes[i], l, seed)
		}
	}
	byPreset(boxes, listed, seed.Provider.Junk)
	byName(boxes, listed)
	for i, l := range listed {
		boxes[i].Essential = essential(boxes[i], l, seed.Provider.Essential)
	}
	return boxes
}

// is reports whether a mailbox has a name that a person wrote: without regard to case, and with "/"
// for whatever separates its parts here.
func (l Listed) is(name string) bool {
	have, want := plainName(l.Name), plainName(name)
	if have == want || l.Delim == 0 {
		return have == want
	}
	return strings.ReplaceAll(have, string(l.Delim), "/") == want
}

func selectable(l Listed) bool {
	return !hasAttr(l.Attrs, `\Noselect`) && !hasAttr(l.Attrs, `\NonExistent`)
}

func hasAttr(attrs []string, attr string) bool {
	return slices.ContainsFunc(attrs, func(a string) bool { return strings.EqualFold(a, attr) })
}

// give gives the role that is sure for one mailbox alone.
func give(box *seedtest.Mailbox, l Listed, seed seedtest.Seed) {
	set := func(role seedtest.Role, by string) { box.Role, box.FoundBy = role, by }
	if strings.EqualFold(l.Name, inboxName) {
		set(seedtest.RoleInbox, foundProtocol)
		return
	}
	if seed.Junk != "" && l.is(seed.Junk) {
		set(seedtest.RoleJunk, foundConfiguration)
		return
	}
	for _, c := range seed.Provider.InboxLike {
		if l.is(c.Mailbox) {
			set(seedtest.RoleInboxLike, foundPreset)
			box.Class = c.Class
			return
		}
	}
	if role := flagRole(l.Attrs); role != seedtest.RoleNone {
		set(role, foundSpecialUse)
	} else if role := flagRole(l.XAttrs); role != seedtest.RoleNone {
		set(role, foundXLIST)
	}
}

// flagRole reads the attributes of RFC 6154 and RFC 8457, and those of XLIST.
func flagRole(attrs []string) seedtest.Role {
	for _, f := range []struct {
		attr string
		role seedtest.Role
	}{
		{`\Junk`, seedtest.RoleJunk}, {`\Spam`, seedtest.RoleJunk},
		{`\Trash`, seedtest.RoleTrash}, {`\Sent`, seedtest.RoleSent},
		{`\Drafts`, seedtest.RoleDrafts}, {`\Archive`, seedtest.RoleArchive},
		{`\All`, seedtest.RoleAll}, {`\AllMail`, seedtest.RoleAll},
		{`\Flagged`, seedtest.RoleFlagged}, {`\Starred`, seedtest.RoleFlagged},
		{`\Important`, seedtest.RoleImportant},
	} {
		if hasAttr(attrs, f.attr) {
			return f.role
		}
	}
	return seedtest.RoleNone
}

// byPreset gives junk by the preset's names, unless its owner told where junk is. A flag elsewhere
// does not stand against it: webmail makes a "Junk" with a flag at servers whose filter files into
// "spam".
func byPreset(boxes []seedtest.Mailbox, listed []Listed, names []string) {
	told := func(b seedtest.Mailbox) bool { return b.FoundBy == foundConfiguration }
	if slices.ContainsFunc(boxes, told) {
		return
	}
	for i, l := range listed {
		if slices.ContainsFunc(names, l.is) && boxes[i].Selectable && boxes[i].Role == seedtest.RoleNone {
			boxes[i].Role, boxes[i].FoundBy = seedtest.RoleJunk, foundPreset
		}
	}
}

// byName gives the roles that no mailbox has yet by localised names.
func byName(boxes []seedtest.Mailbox, listed []Listed) {
	taken := map[seedtest.Role]bool{seedtest.RoleNone: true}
	for _, b := range boxes {
		taken[b.Role] = true
	}
	for i := range boxes {
		role := nameRoles()[ownName(listed[i], listed)]
		if boxes[i].Selectable && boxes[i].Role == seedtest.RoleNone && !taken[role] {
			boxes[i].Role, boxes[i].FoundBy = role, foundName
		}
	}
}

// ownName is the last component of a mailbox's name, if the mailbox stands where servers put such
// mailboxes: at the top, in INBOX, in a bracketed one ("[Gmail]") or in one that holds no mail.
// Elsewhere ("Projects/Spam") the name is its owner's, and "" is returned.
func ownName(l Listed, listed []Listed) string {
	if l.Delim == 0 {
		return plainName(l.Name)
	}
	i := strings.LastIndex(l.Name, string(l.Delim))
	if i < 0 {
		return plainName(l.Name)
	}
	parent, own := l.Name[:i], l.Name[i+len(string(l.Delim)):]
	if strings.EqualFold(parent, inboxName) ||
		strings.HasPrefix(parent, "[") && strings.HasSuffix(parent, "]") {
		return plainName(own)
	}
	for _, p := range listed {
		if p.Name == parent && !selectable(p) && !strings.ContainsRune(parent, l.Delim) {
			return plainName(own)
		}
	}
	return ""
}

// essential tells whether the reading of a mailbox is part of every proof of absence (rule 7). The
// preset names what it adds by name, or by attribute ("\All") where the name is localised.
func essential(b seedtest.Mailbox, l Listed, more []string) bool {
	if !b.Selectable {
		return false
	}
	switch b.Role {
	case seedtest.RoleInbox, seedtest.RoleInboxLike, seedtest.RoleJunk, seedtest.RoleTrash:
		return true
	}
	return slices.ContainsFunc(more, func(n string) bool {
		if strings.HasPrefix(n, `\`) {
			return b.Role != seedtest.RoleNone && flagRole([]string{n}) == b.Role
		}
		return l.is(n)
	})
}
