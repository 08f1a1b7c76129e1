package content

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"seedtest"
)

//go:embed texts.toml
var data []byte

// Any is the name that stands for all texts.
const Any = "any"

// Text is one built-in text.
type Text struct {
	Name     string `toml:"-"` // KIND-LANGUAGE-N
	Kind     string
	Language string
	Subject  string
	Text     string
}

// All returns every text, in the order of the data.
func All() []Text { return slices.Clone(texts()) }

var texts = sync.OnceValue(func() []Text {
	var file struct {
		Text []Text
	}
	if err := toml.Unmarshal(data, &file); err != nil {
		panic(fmt.Sprintf("content: texts.toml: %v", err)) // embedded, and held by a test
	}
	count := map[string]int{}
	for i, t := range file.Text {
		name := t.Kind + "-" + t.Language
		count[name]++
		file.Text[i].Name = name + "-" + strconv.Itoa(count[name])
		file.Text[i].Text = strings.TrimLeft(t.Text, "\n")
	}
	return file.Text
})

// Known reports whether a name stands for a text or several.
func Known(name string) bool { return len(named(name)) > 0 }

// Names returns the names KIND-LANGUAGE, in the order of the data.
func Names() []string {
	var names []string
	for _, t := range texts() {
		if name := t.Kind + "-" + t.Language; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func named(name string) []Text {
	if name == "" {
		return nil
	}
	var list []Text
	for _, t := range texts() {
		if name == Any || t.Name == name || strings.HasPrefix(t.Name, name+"-") {
			list = append(list, t)
		}
	}
	return list
}

// Prepare gives messages the built-in words that they name, drawn by random, and makes variants
// what their names say. Equal arguments give equal messages.
func Prepare(messages []seedtest.Message, random uint64) []seedtest.Message {
	out := make([]seedtest.Message, len(messages))
	for i, m := range messages {
		m = withWords(m, random)
		if m.Variant != "" {
			m = vary(m)
		}
		out[i] = m
	}
	return out
}

// withWords puts a text where the message names one. All variants of a message get the same.
func withWords(m seedtest.Message, random uint64) seedtest.Message {
	list := named(m.Content)
	if len(list) == 0 {
		return m
	}
	of := m.Name
	if m.Matrix != "" {
		of = m.Matrix
	}
	t := list[draw(random, of)%uint64(len(list))]
	m.Content = t.Name
	if m.Subject == "" {
		m.Subject = t.Subject
	}
	m.Text = t.Text
	return m
}

// draw makes a number of the run's random seed and a name.
func draw(random uint64, name string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %s", random, name)
	sum := h.Sum64()
	return sum ^ sum>>32 // FNV's low bits follow the last octets closely
}
