package analyze

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"seedtest"
)

// authWriter writes a field of results by the grammar of RFC 8601 section 2.2, with blanks and
// comments wherever they may stand.
type authWriter struct {
	t        *rapid.T
	text     strings.Builder
	comments []string
}

// space writes what the grammar calls CFWS; where it need not stand it may be empty.
func (w *authWriter) space(needed bool) {
	kinds := []string{" ", "\t ", "(", " ( "}
	if !needed {
		kinds = append(kinds, "", "", "")
	}
	kind := rapid.SampledFrom(kinds).Draw(w.t, "space")
	if !strings.Contains(kind, "(") {
		w.text.WriteString(kind)
		return
	}
	pieces := []string{"a", " ", ";", "=", "(b; c=d)", `\)`, `\(`, `"`, "x@y", "spf=fail", "."}
	content := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 5).Draw(w.t, "comment"), "")
	w.comments = append(w.comments, strings.TrimSpace(content))
	w.text.WriteString(strings.Replace(kind, "(", "("+content+")", 1))
}

func (w *authWriter) write(s string) { w.text.WriteString(s) }

func (w *authWriter) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.t, label)
}

// quoted writes a text between quotation marks.
func (w *authWriter) quoted(text string) {
	w.write(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`)
}

// value writes a token or a quoted string.
func (w *authWriter) value() string {
	if rapid.Bool().Draw(w.t, "quoted") {
		text := w.pick("text", "", "a b", "a; b=c", `say "no"`, `a\b`, "(not a comment)", "a@b")
		w.quoted(text)
		return text
	}
	text := w.pick("token", "a", "example.org", "rsa-sha256", "1362471462", "a_b'c!", "pass", "smtp")
	w.write(text)
	return text
}

// property writes the value of a property: one of value, or an address.
func (w *authWriter) property() string {
	switch rapid.IntRange(0, 3).Draw(w.t, "form") {
	case 0:
		w.write("@example.org")
		return "@example.org"
	case 1:
		w.write("a.b+c@example.org")
		return "a.b+c@example.org"
	case 2:
		w.quoted("a; (b")
		w.write("@example.org")
		return "a; (b@example.org"
	}
	return w.value()
}

func (w *authWriter) result() seedtest.AuthResult {
	var r seedtest.AuthResult
	w.write(";")
	w.space(false)
	r.Method = w.pick("method", "spf", "dkim", "dmarc", "x-sender", "dkim-adsp", "foo", "arc")
	w.write(r.Method)
	if rapid.Bool().Draw(w.t, "method version") {
		w.space(false)
		w.write("/")
		w.space(false)
		r.Version = w.pick("number", "1", "23")
		w.write(r.Version)
	}
	w.equals()
	r.Result = w.pick("result", "pass", "fail", "none", "temperror", "x-odd", "perm_fail")
	w.write(r.Result)
	if rapid.Bool().Draw(w.t, "with a reason") {
		w.space(true)
		w.write("reason")
		w.equals()
		r.Reason = w.value()
	}
	for range rapid.IntRange(0, 3).Draw(w.t, "properties") {
		w.space(true)
		p := seedtest.Property{Type: w.pick("type", "smtp", "header", "body", "policy"),
			Name: w.pick("name", "mailfrom", "d", "iprev", "x-1")}
		w.write(p.Type)
		w.space(false)
		w.write(".")
		w.space(false)
		w.write(p.Name)
		w.equals()
		p.Value = w.property()
		r.Properties = append(r.Properties, p)
	}
	w.space(false)
	return r
}

func (w *authWriter) equals() {
	w.space(false)
	w.write("=")
	w.space(false)
}

// TestReadAuthReadsTheGrammar holds that whatever RFC 8601 allows to be written is read as it was
// meant, without a problem.
func TestReadAuthReadsTheGrammar(t *testing.T) {
	reader := new(authReader)
	rapid.Check(t, func(t *rapid.T) {
		w := &authWriter{t: t}
		var want seedtest.AuthField
		want.AuthservID = w.pick("id", "mx.example.net", "localhost", "bücher.example")
		w.space(false)
		w.write(want.AuthservID)
		if rapid.Bool().Draw(t, "version") {
			w.space(true)
			want.Version = w.pick("number", "1", "23")
			w.write(want.Version)
		}
		w.space(false)
		for range rapid.IntRange(0, 4).Draw(t, "results") {
			want.Results = append(want.Results, w.result())
		}
		if len(want.Results) == 0 {
			w.write("; none")
		}
		reader.spent = 0
		got := reader.one(w.text.String(), false)
		var comments []string
		comments, got.Comments = append(comments, got.Comments...), nil
		for i := range got.Results {
			comments = append(comments, got.Results[i].Comments...)
			got.Results[i].Comments = nil
		}
		if describeAuth(got) != describeAuth(want) ||
			strings.Join(comments, "|") != strings.Join(w.comments, "|") {
			t.Fatalf("read(%q)\n got %s, comments %q\nwant %s, comments %q", w.text.String(),
				describeAuth(got), comments, describeAuth(want), w.comments)
		}
	})
}
