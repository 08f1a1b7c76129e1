package provider

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"seedtest"
)

//go:embed data/*.toml
var presets embed.FS

//go:embed quirks.toml
var quirkData []byte

//go:embed defaults.toml
var defaultData []byte

// ByID returns the preset of that id, such as "gmail" or "dovecot".
func ByID(id string) (seedtest.Provider, bool) {
	p, ok := Details(id)
	if !ok {
		return seedtest.Provider{}, false
	}
	return p.provider(), true
}

// ForAddress returns the preset that serves the domain of an address: the one that lists the
// domain, else the first one with a pattern for it. The address need not be well-formed.
func ForAddress(address string) (seedtest.Provider, bool) {
	domain := strings.ToLower(strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "."))
	if domain == "" {
		return seedtest.Provider{}, false
	}
	if p := find(domain, func(p *Preset) bool { return holds(p.Domains, domain) }); p != nil {
		return p.serving(domain).provider(), true
	}
	p := findText("domain_patterns", func(p *Preset) bool {
		for _, pattern := range p.DomainPatterns {
			if regexp.MustCompile(pattern).MatchString(domain) {
				return true
			}
		}
		return false
	})
	if p == nil {
		return seedtest.Provider{}, false
	}
	return p.provider(), true
}

// ForMX returns the preset with the longest suffix, in whole labels, of a mail exchanger's name.
func ForMX(mx string) (seedtest.Provider, bool) {
	name := strings.ToLower(strings.TrimSuffix(mx, "."))
	for name != "" {
		if p := find(name, func(p *Preset) bool { return holds(p.MXSuffixes, name) }); p != nil {
			return p.provider(), true
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return seedtest.Provider{}, false
}

// All returns every preset, in the order of ids. It decodes all of the data: some milliseconds.
func All() []seedtest.Provider {
	var all []seedtest.Provider
	for _, id := range IDs() {
		p, _ := ByID(id)
		all = append(all, p)
	}
	return all
}

// IDs returns the id of every preset, sorted.
func IDs() []string {
	entries, err := fs.ReadDir(presets, "data")
	if err != nil {
		panic("provider: embedded data: " + err.Error())
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = strings.TrimSuffix(e.Name(), ".toml")
	}
	return ids
}

// Details returns everything that the data says of the provider with that id.
func Details(id string) (Preset, bool) {
	data, err := presets.ReadFile(path.Join("data", id+".toml"))
	if err != nil {
		return Preset{}, false
	}
	var p Preset
	decode(id, data, &p)
	return p, true
}

// Quirks returns what every quirk means.
func Quirks() []Quirk { return slices.Clone(allQuirks()) }

var allQuirks = sync.OnceValue(func() []Quirk {
	var file struct{ Quirk []Quirk }
	decode("quirks", quirkData, &file)
	return file.Quirk
})

// Edition is the day on which the data was last checked as a whole, as YYYY-MM-DD.
func Edition() string { return Silent().Edition }

// Silent returns what holds where a preset says nothing.
func Silent() Defaults {
	var d Defaults
	decode("defaults", defaultData, &d)
	return d
}

// find returns the first preset whose text holds the quoted name and which is.
func find(name string, is func(*Preset) bool) *Preset {
	if strings.ContainsAny(name, "\"'\\") {
		return nil
	}
	return findText(`"`+name+`"`, is)
}

// findText decodes the presets whose text holds some words, and returns the first which is.
// Looking for the words first is what makes a look-up cheap.
func findText(words string, is func(*Preset) bool) *Preset {
	for _, id := range IDs() {
		data, err := presets.ReadFile(path.Join("data", id+".toml"))
		if err != nil || !bytes.Contains(data, []byte(words)) {
			continue
		}
		var p Preset
		decode(id, data, &p)
		if is(&p) {
			return &p
		}
	}
	return nil
}

// decode reads embedded data. The tests read all of it strictly, so that a failure here is a
// broken build.
func decode(what string, data []byte, to any) {
	if err := toml.Unmarshal(data, to); err != nil {
		panic(fmt.Sprintf("provider: embedded data of %s: %v", what, err))
	}
}

func holds(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
