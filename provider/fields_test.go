package provider

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// unread are the fields of the data that no code reads, and why not.
var unread = map[string]string{
	"Sources":                   "for whoever checks the data",
	"Unverified":                "for whoever checks the data",
	"Auth.Methods":              "what a seed has, password or token, says how it signs in",
	"Auth.SASL":                 "the server announces what it takes",
	"OAuth.AppScopeRole":        "granted by an administrator: the note says so",
	"OAuth.PKCE":                "PKCE is always used (RFC 9700)",
	"OAuth.RefreshIdleDays":     "tokens are renewed in every run; one that has lapsed says so",
	"Mailboxes.JunkFlag":        "flags are read wherever they stand",
	"Mailboxes.Other":           "whatever has no role is read, and is neither inbox nor junk",
	"Limits.IdleKeepalive":      "what a server says unasked is taken for news, and costs one look",
	"Limits.DailyUploadMB":      "nothing is uploaded",
	"Headers.ARHeaders":         "results are merged, however many there are",
	"Headers.Shape":             "for whoever checks the data",
	"Sender.Rules":              "the rules of diagnosis have their own data",
	"Sender.URL":                "the rules of diagnosis have their own data",
	"Sender.SMTPCodes":          "the rules of replies have their own data",
	"Placement[].JunkPrefix":    "the mailbox decides; the analysis of stamps has its own data",
	"Placement[].JunkContains":  "the mailbox decides; the analysis of stamps has its own data",
	"Placement[].InboxPrefix":   "the mailbox decides; the analysis of stamps has its own data",
	"Placement[].InboxContains": "the mailbox decides; the analysis of stamps has its own data",
	"Placement[].Unclear":       "the mailbox decides; the analysis of stamps has its own data",
	"Stamp[].Meaning":           "the analysis of stamps has its own data",
	"Defaults.ConnectTimeout":   "the watcher has a timeout of its own, which tests bound",
	"Defaults.CommandTimeout":   "the watcher has a timeout of its own, which tests bound",
	"Defaults.PollInterval":     "the pace of rule 23 decides; a preset may only make it slower",
}

// TestFieldsAreRead demands that every field of the data is read somewhere, or has a reason.
func TestFieldsAreRead(t *testing.T) {
	code := sources(t)
	var fields []string
	fields = append(fields, fieldsOf("", reflect.TypeFor[Preset]())...)
	fields = append(fields, fieldsOf("Defaults.", reflect.TypeFor[Defaults]())...)
	if len(fields) < 80 {
		t.Fatalf("%d fields, want all of the data", len(fields))
	}
	known := map[string]bool{}
	for _, f := range fields {
		known[f] = true
		name := strings.TrimSuffix(f[strings.LastIndex(f, ".")+1:], "[]")
		read := regexp.MustCompile(`\.` + name + `\b`).MatchString(code)
		if why, excused := unread[f]; !read && !excused {
			t.Errorf("%s: no code reads it, and no reason says why", f)
		} else if excused && why == "" {
			t.Errorf("%s: has no reason", f)
		}
	}
	for f := range unread {
		if !known[f] {
			t.Errorf("%s: there is no such field", f)
		}
	}
}

// fieldsOf returns the paths of all fields of a type, those of nested types too.
func fieldsOf(prefix string, typ reflect.Type) []string {
	var fields []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		path, inner := prefix+f.Name, f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
				path += "[]"
			}
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != typ {
			fields = append(fields, fieldsOf(path+".", inner)...)
			continue
		}
		fields = append(fields, path)
	}
	return fields
}

// sources returns all code of the module but the tests and the types themselves.
func sources(t *testing.T) string {
	var b strings.Builder
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") ||
			strings.HasSuffix(file, "_test.go") || file == filepath.Join("..", "provider", "preset.go") {
			return err
		}
		code, err := os.ReadFile(file)
		b.Write(code)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
