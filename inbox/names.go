package inbox

import (
	_ "embed"
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
	}
	if _, err := toml.Decode(data, &file); err != nil {
		return nil, err
	}
	roles := map[string]seedtest.Role{}
	for role, list := range map[seedtest.Role]names{
		seedtest.RoleJunk: file.Junk, seedtest.RoleTrash: file.Trash, seedtest.RoleSent: file.Sent,
		seedtest.RoleDrafts: file.Drafts, seedtest.RoleArchive: file.Archive,
	} {
		for _, n := range list.Names {
			roles[plainName(n)] = role
		}
	}
	return roles, nil
}

// plainName is a name without case and with its accents composed, as names are compared.
func plainName(s string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
}
