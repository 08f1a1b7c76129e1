package analyze

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"seedtest"
	"seedtest/provider"
)

// What providers deliver, in their shape: the fields they write above the sender's and, behind a
// line "%% tail", those they append. Each file says how its shape is known, and names its preset
// where the file's name is another. A new file is a new provider for every test here.
//
//go:embed testdata/trust/shapes/*.txt
var shapeFiles embed.FS

type shape struct {
	name      string
	trust     seedtest.Trust
	top, tail string
}

func shapes(t *testing.T) []*shape {
	t.Helper()
	entries, err := shapeFiles.ReadDir("testdata/trust/shapes")
	if err != nil {
		t.Fatal(err)
	}
	var list []*shape
	for _, entry := range entries {
		data, err := shapeFiles.ReadFile("testdata/trust/shapes/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, readShape(t, strings.TrimSuffix(entry.Name(), ".txt"), string(data)))
	}
	return list
}

func readShape(t *testing.T, name, text string) *shape {
	t.Helper()
	s := &shape{name: name}
	id := name
	for strings.HasPrefix(text, "#") {
		var comment string
		comment, text, _ = strings.Cut(text, "\n")
		if _, after, ok := strings.Cut(comment, "Preset: "); ok {
			id = after
		}
		if _, after, ok := strings.Cut(comment, "Trust: "); ok {
			id, s.trust = "", seedtest.Trust{AuthservIDs: []string{after}}
		}
	}
	if id != "" {
		s.trust = preset(t, id)
	}
	s.top, s.tail, _ = strings.Cut(text, "%% tail\n")
	return s
}

// delivery is what happened to one message: the truth, or a forger's lie about it.
type delivery struct {
	ip               netip.Addr
	helo, rdns, id   string
	spf, dkim, dmarc string
}

// arrived draws a delivery. The addresses are those of documentation.
func arrived(r *rand.Rand) delivery {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	return delivery{
		ip: netip.MustParseAddr(pick("192.0.2.", "198.51.100.", "2001:db8::") +
			fmt.Sprint(1+r.IntN(250))),
		id: fmt.Sprintf("%012x", r.Uint64()>>16), helo: "mail.example.org", rdns: "mail.example.org",
		spf: pick("fail", "softfail", "none", "pass"), dkim: pick("fail", "none", "pass"),
		dmarc: pick("fail", "none", "pass"),
	}
}

// lie is what a forger wishes that the provider had said.
func (d delivery) lie() delivery {
	other := func(result string) string {
		if result == "pass" {
			return "fail"
		}
		return "pass"
	}
	return delivery{ip: netip.MustParseAddr("203.0.113.66"), helo: "trusted.example",
		rdns: "trusted.example", id: "f00d" + d.id[4:], spf: other(d.spf), dkim: other(d.dkim),
		dmarc: other(d.dmarc)}
}

// fill writes the fields of a shape for a delivery.
func (d delivery) fill(text string) string {
	designates := "does not designate"
	if d.spf == "pass" {
		designates = "designates"
	}
	return strings.NewReplacer("{ip}", d.ip.String(), "{helo}", d.helo, "{rdns}", d.rdns, "{id}", d.id,
		"{spf}", d.spf, "{dkim}", d.dkim, "{dmarc}", d.dmarc, "{designates}", designates,
		"{from}", "a@example.org", "{to}", "anna@example.net", "{date}", date).Replace(text)
}

// results are the ones that a provider of this shape states.
func (d delivery) results(s *shape) map[string]string {
	stated := map[string]string{}
	for method, result := range map[string]string{"spf": d.spf, "dkim": d.dkim, "dmarc": d.dmarc} {
		if strings.Contains(s.top+s.tail, method+"={"+method+"}") {
			stated[method] = result
		}
	}
	return stated
}

// TestShapes holds that each preset believes all that its provider writes when nobody forges, and
// that every preset with a described edge has a fixture.
func TestShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, s := range shapes(t) {
		m := compose(s, arrived(r), forgery{})
		if lost := m.lost(m.analyze()); len(lost) > 0 {
			t.Errorf("%s: lost %s", s.name, strings.Join(lost, "\n\t"))
		}
	}
	have := map[string]bool{}
	for _, s := range shapes(t) {
		have[s.trust.BoundaryBy] = true
	}
	for _, id := range provider.IDs() {
		p, _ := provider.Details(id)
		if p.Headers.Shape == "observed" && !have[p.Headers.BoundaryBy] && id != "gmx-com" {
			t.Errorf("%s: the shape of its headers is observed: want a fixture", id)
		}
	}
}

// TestContributingTrust holds the example in CONTRIBUTING.md against every forgery.
func TestContributingTrust(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### A provider's trust")
	block := func(kind string) string {
		_, rest, _ := strings.Cut(section, "```"+kind+"\n")
		inside, _, _ := strings.Cut(rest, "```")
		return inside
	}
	var entry struct{ Headers provider.Headers }
	if _, err := toml.Decode(block("toml"), &entry); err != nil {
		t.Fatal(err)
	}
	s := readShape(t, "gmail", block("shape"))
	s.trust = entry.Headers.Trust()
	r := rand.New(rand.NewPCG(5, 5))
	for _, o := range operators {
		d := arrived(r)
		m := compose(s, d, o.forge(&forger{r, s, d, d.lie()}))
		a := m.analyze()
		if wrong := append(m.believed(a), m.lost(a)...); len(wrong) > 0 {
			t.Errorf("%s: %s", o.name, strings.Join(wrong, "\n\t"))
		}
	}
}
