package inbox

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/unicode/norm"

	"seedtest"
)

//go:embed names.toml
var namesTOML string

// nameRoles gives the role that a mailbox's own name tells, by the data of names.toml.
var nameRoles = sync.OnceValue(func() map[string]seedtest.Role {
	roles, err := readNames(namesTOML)
	if err != nil {
		panic("inbox: names.toml: " + err.Error()) // embedded: a test reads it
	}
	return roles
})

func readNames(data string) (map[string]seedtest.Role, error) {
	type names struct {
		Names []string `toml:"names"`
	}
	var file struct {
		Schema  int   `toml:"schema"`
		Junk    names `toml:"junk"`
		Trash   names `toml:"trash"`
		Sent    names `toml:"sent"`
		Drafts  names `toml:"drafts"`
		Archive names `toml:"archive"`
		All     names `toml:"all"`
	}
	if _, err := toml.Decode(data, &file); err != nil {
		return nil, err
	}
	roles := map[string]seedtest.Role{}
	for role, list := range map[seedtest.Role]names{
		seedtest.RoleJunk: file.Junk, seedtest.RoleTrash: file.Trash, seedtest.RoleSent: file.Sent,
		seedtest.RoleDrafts: file.Drafts, seedtest.RoleArchive: file.Archive, seedtest.RoleAll: file.All,
	} {
		for _, n := range list.Names {
			if other, met := roles[plainName(n)]; met && other != role {
				return nil, fmt.Errorf("%q stands under %s and %s", n, other, role)
			}
			roles[plainName(n)] = role
		}
	}
	return roles, nil
}

// plainName is a name without case and with its accents composed, as names are compared. A Greek
// sigma is the same letter at the end of a word.
func plainName(s string) string {
	s = strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
	return strings.ReplaceAll(s, "ς", "σ")
}
