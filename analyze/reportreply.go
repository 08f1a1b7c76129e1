package analyze

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// patterns are the forms in which replies stand in diagnostics. The subjects of RFC 3463 end at 7,
// which keeps versions and addresses out.
type patterns struct {
	full     *regexp.Regexp // 550 5.1.1, 550-5.1.1, 550 #5.1.1
	marked   *regexp.Regexp // (#5.1.1), [#5.1.1], <5.1.1>, DSN 5.1.1
	enhanced *regexp.Regexp // 5.1.1 by itself
	code     *regexp.Regexp // 550
}

var replyForms = sync.OnceValue(func() patterns {
	const enhanced = `([245]\.[0-7]\.\d{1,3})`
	return patterns{
		full: regexp.MustCompile(`(?:^|[^0-9A-Za-z.])([245]\d\d)[ \-:]+[#(<\['"]*` + enhanced +
			`(?:[^0-9.]|\.?$|\.[^0-9])`),
		marked: regexp.MustCompile(`(?:[(\[<]#?|#|DSN[ =:]+)` + enhanced + `[\])> :;]`),
		enhanced: regexp.MustCompile(`(?:^|[^0-9A-Za-z.@/_-])` + enhanced +
			`(?:[^0-9A-Za-z.@/_-]|\.?$|\.[^0-9])`),
		code: regexp.MustCompile(`(?:^|[\s:'"(\[#<>;])([245][0-5]\d)(?:[ \-:;,'"\])#]|$)`),
	}
})

// maxDiagnostic is how much of a diagnostic is kept and searched.
const maxDiagnostic = 4 << 10

// replyIn finds an SMTP reply code and an enhanced status code (RFC 3463) in a text. An enhanced
// code right behind a reply code counts before one that stands alone.
func replyIn(text string) (code int, enhanced string) {
	text = text[:min(len(text), maxDiagnostic)]
	f := replyForms()
	if m := f.full.FindStringSubmatch(text); m != nil {
		code, _ = strconv.Atoi(m[1])
		return code, m[2]
	}
	if m := f.code.FindStringSubmatch(text); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	for _, form := range []*regexp.Regexp{f.marked, f.enhanced} {
		if m := form.FindStringSubmatch(text); m != nil {
			return code, m[1]
		}
	}
	return code, ""
}

// statusIn reads the value of a Status field: a code, and perhaps a comment.
func statusIn(value string) string {
	code := strings.TrimLeft(value, " \t#(<")
	end := 0
	for end < len(code) && (isDigit(code[end]) || code[end] == '.') {
		end++
	}
	if code = strings.TrimRight(code[:end], "."); isStatus(code) {
		return code
	}
	_, enhanced := replyIn(value)
	return enhanced
}

// isStatus reports whether a word is class.subject.detail (RFC 3463 section 2).
func isStatus(s string) bool {
	class, rest, ok := strings.Cut(s, ".")
	subject, detail, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || class != "2" && class != "4" && class != "5" {
		return false
	}
	return isShortNumber(subject) && isShortNumber(detail)
}

func isShortNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 3
}
