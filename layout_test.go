package seedtest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "seedtest"

// room is one row of the table in docs/architecture.md.
type room struct {
	imports []string // packages of this module that it may import; "all"
	io      string
}

// source is one Go file of the module.
type source struct {
	file    string
	pkg     string // directory, "." for the root
	test    bool
	imports []string
	code    string
}

// rooms reads the table of the house.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`([^`]+)`")
	table := map[string]room{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !name.MatchString(cells[1]) {
			continue
		}
		r := room{io: strings.TrimSpace(cells[4])}
		for _, m := range name.FindAllStringSubmatch(cells[3], -1) {
			r.imports = append(r.imports, m[1])
		}
		if strings.TrimSpace(cells[3]) == "all" {
			r.imports = []string{"all"}
		}
		table[name.FindStringSubmatch(cells[1])[1]] = r
	}
	if len(table) < 10 {
		t.Fatalf("docs/architecture.md: read %d rooms of the table", len(table))
	}
	return table
}

// sources reads every Go file of the module, whatever its build constraints.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".go" {
			return err
		}
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, code, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{file: file, pkg: path.Dir(filepath.ToSlash(file)), code: string(code),
			test: strings.HasSuffix(file, "_test.go")}
		for _, i := range parsed.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		list = append(list, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Fatalf("read %d Go files, want all of the module", len(list))
	}
	return list
}

// TestLayout holds every package against its row in docs/architecture.md.
func TestLayout(t *testing.T) {
	table := rooms(t)
	seen := map[string]bool{}
	for _, s := range sources(t) {
		r, ok := table[s.pkg]
		if strings.HasPrefix(s.pkg, "bench") {
			continue // programs that stand beside the product
		}
		if !ok {
			t.Errorf("%s: package %s has no row in docs/architecture.md", s.file, s.pkg)
			continue
		}
		seen[s.pkg] = true
		if s.test {
			continue
		}
		for _, p := range s.imports {
			if mine, ok := inModule(p); ok && !slices.Contains(r.imports, "all") &&
				!slices.Contains(r.imports, mine) {
				t.Errorf("%s imports %s, which its row does not name", s.file, p)
			}
		}
		if r.io == "none" {
			checkPure(t, s)
		}
	}
	for name := range table {
		if !seen[name] {
			t.Errorf("docs/architecture.md: package %s does not exist", name)
		}
	}
}

// inModule returns the directory of a package of this module.
func inModule(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// impure are packages of the standard library that bring I/O or chance.
var impure = regexp.MustCompile(`^(net|net/http|net/smtp|os|os/.*|io/ioutil|syscall|math/rand|math/rand/v2|crypto/rand|log|time/.*)$`)

// clock are the calls by which code asks for the time or waits.
var clock = regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|AfterFunc|NewTimer|NewTicker|Tick)\(`)

func checkPure(t *testing.T, s source) {
	t.Helper()
	for _, p := range s.imports {
		if impure.MatchString(p) {
			t.Errorf("%s imports %s, but its package does no I/O", s.file, p)
		}
	}
	if call := clock.FindString(s.code); call != "" {
		t.Errorf("%s calls %s), but its package has no clock", s.file, call)
	}
}

// TestLibraries keeps each library that shapes code in the rooms that are built around it.
func TestLibraries(t *testing.T) {
	homes := map[string][]string{
		"github.com/emersion/go-imap/":  {"inbox", "lab"},
		"github.com/emersion/go-smtp":   {"sender", "lab"},
		"golang.org/x/oauth2":           {"signin"},
		"github.com/zalando/go-keyring": {"signin"},
		"database/sql":                  {"store"},
		"modernc.org/sqlite":            {"store"},
		"github.com/spf13/cobra":        {"cmd/seedtest"},
	}
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.pkg, "bench") {
			continue
		}
		for _, p := range s.imports {
			for prefix, rooms := range homes {
				if strings.HasPrefix(p, prefix) && !slices.Contains(rooms, s.pkg) {
					t.Errorf("%s imports %s, which belongs in %v", s.file, p, rooms)
				}
			}
		}
	}
}

// TestRules demands a test for every numbered rule of docs/semantics.md, named after it.
func TestRules(t *testing.T) {
	text, err := os.ReadFile("docs/semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	numbers := regexp.MustCompile(`(?m)^(\d+)\. `).FindAllStringSubmatch(string(text), -1)
	if len(numbers) != 24 {
		t.Fatalf("docs/semantics.md: %d numbered rules, want 24", len(numbers))
	}
	var tests strings.Builder
	for _, s := range sources(t) {
		if s.test {
			tests.WriteString(s.code)
		}
	}
	for i, n := range numbers {
		if n[1] != strconv.Itoa(i+1) {
			t.Errorf("docs/semantics.md: rule %s stands at place %d", n[1], i+1)
		}
		name := "TestRule" + strings.Repeat("0", 2-len(n[1])) + n[1]
		if !strings.Contains(tests.String(), "func "+name) {
			t.Errorf("rule %s has no test named %s...", n[1], name)
		}
	}
}
