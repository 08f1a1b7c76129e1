package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestOutputsObeyTheirSchema holds what whole commands print against docs/schema.
func TestOutputsObeyTheirSchema(t *testing.T) {
	b := newBench(t)
	message := filepath.Join("testdata", "message.eml")
	for _, c := range []struct {
		schema string
		args   []string
	}{
		{"check", []string{"check", "--addresses"}},
		{"plan", []string{"plan", "pair"}},
		{"dryrun", []string{"run", "pair", "--dry-run"}},
		{"run", []string{"run", "pair"}},
		{"run", []string{"show", "last"}},
		{"runs", []string{"show"}},
		{"analysis", []string{"analyze", "--provider", "gmail", message}},
	} {
		args := append(c.args, "--format", "json")
		got := b.run(t.Context(), nil, args...)
		obey(t, c.schema, strings.Join(args, " "), got.stdout)
	}
}

func obey(t *testing.T, schema, command, output string) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	rules, err := compiler.Compile(filepath.Join("..", "..", "docs", "schema",
		"seedtest."+schema+".v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(output)))
	if err != nil {
		t.Fatalf("seedtest %s: %v in %q", command, err, output)
	}
	if err := rules.Validate(value); err != nil {
		t.Errorf("seedtest %s: %v", command, err)
	}
}
