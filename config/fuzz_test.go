package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, error %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("a.b.c = [[{x = 1}], 2]\n[[a.d]]\n[a.d.e]\n"))
	f.Add([]byte("[[seed]]\n[seed.x]\n"))
	f.Add([]byte("seed = []\n"))
	env := Env{
		Getenv: func(string) string { return "" },
		Open:   func(string) (fs.File, error) { return nil, fs.ErrNotExist },
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz.toml", data, env)
		if (c == nil) == (err == nil) {
			t.Fatalf("Parse(%q) = %v, %v", data, c, err)
		}
		var all Errors
		if err != nil && !errors.As(err, &all) {
			t.Fatalf("Parse(%q) = %T", data, err)
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, e := range all {
			if e.Line > lines || e.Line < 0 {
				t.Fatalf("Parse(%q): %v is beyond the %d lines", data, e, lines)
			}
		}
		out, err := AddSeed(data, SeedEntry{Address: "x@example.com", SecretEnv: "X"})
		if err == nil {
			if _, bad := parseTree(out); bad != nil {
				t.Fatalf("AddSeed(%q) = %q, which is not TOML: %v", data, out, bad)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	env := testEnv()
	for b.Loop() {
		if _, err := Load("testdata/good/least.toml", env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadScheduled(b *testing.B) {
	env := testEnv()
	for b.Loop() {
		if _, err := Load("testdata/good/scheduled.toml", env); err != nil {
			b.Fatal(err)
		}
	}
}
