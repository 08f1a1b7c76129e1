package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"seedtest"
	"seedtest/report"
)

// pageOf writes a whole page.
func pageOf(page report.AnalysisPage, all ...seedtest.Analysis) (string, error) {
	var b bytes.Buffer
	err := page.Begin(&b, len(all))
	for i, a := range all {
		if len(all) > 1 {
			err = errors.Join(err, page.Entry(&b, i+1, a))
		}
	}
	err = errors.Join(err, page.Between(&b, len(all)))
	for i, a := range all {
		err = errors.Join(err, page.Section(&b, i+1, a))
	}
	return b.String(), errors.Join(err, page.End(&b))
}

// pages are the formats that make one document of several messages.
func pages(st report.Style) map[string]report.AnalysisPage {
	return map[string]report.AnalysisPage{"html": report.AnalysisHTML(st),
		"md": report.AnalysisMarkdown(st)}
}

func TestPagesAsWanted(t *testing.T) {
	for format, page := range pages(report.Style{}) {
		for name, all := range map[string][]seedtest.Analysis{
			"one": {long()}, "three": {bounced(), checkedAgain(), {}}, "hostile": {hostileHeader(nasty)},
		} {
			got, err := pageOf(page, all...)
			if err != nil {
				t.Fatal(err)
			}
			want(t, "page-"+name+"."+format, got)
		}
	}
}

// TestPagesNameWhatDisagrees holds that an evaluation that comes to another end can be seen.
func TestPagesNameWhatDisagrees(t *testing.T) {
	for format, page := range pages(report.Style{}) {
		got, err := pageOf(page, checkedAgain())
		if err != nil || !strings.Contains(got, "DISAGREES: said pass") {
			t.Errorf("%s: the disagreement about DKIM is not told (%v)", format, err)
		}
	}
}

// attacks are texts that would do something if a page took them for its own.
var attacks = []string{"x", nasty, "<script>alert(1)</script>",
	"</title></style><img src=x onerror=a>", `" onmouseover="alert(1)`, "javascript:alert(1)",
	"[a](javascript:alert(1))", "![](http://e.example/)", "a|b|c\\|d", "``` `` `",
	"\n# head\n\n- item\n", "\n---\n", "<!--", "&lt;b&gt;", "{{.}}",
	"\u202egpj.exe", "\x00\x1b[2J", "www.evil.example", "\\", "</td></tr></table>",
	"'>\"><svg onload=x>"}

// TestHTMLIsSafeFromHeaders holds that the structure of a page, each element and each name of an
// attribute, is the same whatever a header says, and that every link leads into the page.
func TestHTMLIsSafeFromHeaders(t *testing.T) {
	for _, st := range []report.Style{{}, {Verbose: true}} {
		plain := structure(t, st, "x")
		if len(plain) < 200 {
			t.Fatalf("the page has %d elements", len(plain))
		}
		for _, text := range attacks {
			if got := structure(t, st, text); !slices.Equal(got, plain) {
				t.Errorf("%q changes the page: %d elements, want %d", text, len(got), len(plain))
			}
		}
		rapid.Check(t, func(r *rapid.T) {
			text := "x" + words().Draw(r, "text")
			if got := structure(t, st, text); !slices.Equal(got, plain) {
				r.Fatalf("%q changes the page", text)
			}
		})
	}
}

// structure lists the elements of a page about two headers of that text.
func structure(t *testing.T, st report.Style, text string) []string {
	t.Helper()
	a := hostileHeader(text)
	a.Hops[0].With = "x" + text // a hop without a protocol is told in another way
	doc, err := pageOf(report.AnalysisHTML(st), a, a)
	if err != nil {
		t.Fatal(err)
	}
	if bad := driving(strings.NewReplacer("\n", "", "\r", "").Replace(doc)); bad != "" {
		t.Fatalf("%q: the page has %q", text, bad)
	}
	var list []string
	z := html.NewTokenizer(strings.NewReader(doc))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		if kind == html.CommentToken {
			list = append(list, "comment")
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		element := token.Data
		for _, x := range token.Attr {
			element += " " + x.Key
			if (x.Key == "href" || x.Key == "src") && !strings.HasPrefix(x.Val, "#message-") {
				t.Fatalf("%q: a link leads to %q", text, x.Val)
			}
		}
		list = append(list, element)
	}
	return list
}

// TestMarkdownIsSafeFromHeaders holds that a page in Markdown has the same lines, and each line the
// same markup, whatever a header says.
func TestMarkdownIsSafeFromHeaders(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		st := report.Style{Verbose: rapid.Bool().Draw(r, "verbose")}
		text := rapid.OneOf(rapid.SampledFrom(attacks), words()).Draw(r, "text") + "x"
		plain, hostile := markup(t, st, "x"), markup(t, st, text)
		if !slices.Equal(plain, hostile) {
			for i := range min(len(plain), len(hostile)) {
				if plain[i] != hostile[i] {
					r.Fatalf("%q: line %d is %q, want %q", text, i, hostile[i], plain[i])
				}
			}
			r.Fatalf("%q: %d lines, want %d", text, len(hostile), len(plain))
		}
	})
}

var (
	fences  = regexp.MustCompile("`+")
	opening = regexp.MustCompile("^(?:`+|\\\\.)")
)

// bare removes what means nothing from a line, left to right as a reader of Markdown does: escaped
// characters, and code spans, from a run of backquotes to the next of the same length.
func bare(line string) string {
	var b strings.Builder
	for line != "" {
		open := opening.FindString(line)
		if open == "" {
			b.WriteByte(line[0])
			line = line[1:]
			continue
		}
		line = line[len(open):]
		end := 0
		if open[0] == '`' {
			end = closing(line, len(open))
		}
		if end < 0 {
			b.WriteString(open)
			end = 0
		}
		line = line[end:]
	}
	return b.String()
}

// closing is the end of the first run of n backquotes, or -1.
func closing(line string, n int) int {
	for _, run := range fences.FindAllStringIndex(line, -1) {
		if run[1]-run[0] == n {
			return run[1]
		}
	}
	return -1
}

// markup is what is left of each line without its text: without what is escaped, stands in a code
// span, or means nothing.
func markup(t *testing.T, st report.Style, text string) []string {
	t.Helper()
	doc, err := pageOf(report.AnalysisMarkdown(st), hostileHeader(text), hostileHeader(text))
	if err != nil {
		t.Fatal(err)
	}
	if bad := driving(strings.ReplaceAll(doc, "\n", "")); bad != "" {
		t.Fatalf("%q: the page has %q", text, bad)
	}
	lines := strings.Split(doc, "\n")
	for i, line := range lines {
		line = bare(line)
		if strings.Contains(line, "://") || strings.Contains(line, "www.") {
			t.Fatalf("%q: a link in %q", text, line)
		}
		lines[i] = strings.Map(func(r rune) rune {
			if strings.ContainsRune("\\`*_[]<>|~&@$", r) {
				return r
			}
			return -1
		}, line)
	}
	return lines
}

func ExampleAnalysisMarkdown() {
	page := report.AnalysisMarkdown(report.Style{})
	doc, err := pageOf(page, seedtest.Analysis{Subject: "<b>not</b> [bold](http://x.example)"})
	if err != nil {
		fmt.Println(err)
	}
	_, rest, _ := strings.Cut(doc, "- **")
	subject, _, _ := strings.Cut(rest, "\n")
	fmt.Println(subject)
	// Output:
	// subject:** \<b\>not\</b\> \[bold\](http\://x.example)
}
