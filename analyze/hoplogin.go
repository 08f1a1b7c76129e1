package analyze

import (
	"strings"

	"seedtest/header"
)

// userElsewhere finds the login in a comment: "(Authenticated sender: anna)" of Postfix,
// "(authenticated user anna)" of Kerio, "(AUTH: LOGIN anna, TLS: ...)" of Courier and the like.
func userElsewhere(r *received) string {
	for _, c := range [...]int{clauseFrom, clauseBy, clauseWith, clauseID, clauseNone} {
		for _, t := range r.clause[c] {
			if t.Kind != header.KindComment {
				continue
			}
			if u := loginIn(t.Text); u != "" {
				return u
			}
		}
	}
	return ""
}

// logins are the words behind which a login stands, in lower case.
var logins = [...]string{"authenticated sender:", "authenticated user:", "authenticated user ",
	"authenticated as ", "authid:", "authid ", "auth: login ", "auth: plain ", "auth: cram-md5 ",
	"user="}

// loginIn finds the login in a comment of those that may hold one.
func loginIn(comment string) string {
	if len(comment) > 500 || !mayHoldLogin(comment) {
		return ""
	}
	for i := range len(comment) {
		for _, l := range logins {
			if comment[i]|0x20 == l[0] && len(comment) >= i+len(l) &&
				strings.EqualFold(comment[i:i+len(l)], l) {
				w, _ := nextWord(comment[i+len(l):], &commentBetween)
				return strings.Trim(w, `,;<>`)
			}
		}
	}
	return ""
}

func mayHoldLogin(comment string) bool {
	if comment == "" {
		return false
	}
	switch comment[0] {
	case 'a':
		return strings.HasPrefix(comment, "auth")
	case 'A':
		return strings.HasPrefix(comment, "Auth") || strings.HasPrefix(comment, "AUTH")
	case 'I':
		return strings.HasPrefix(comment, "IDENT: ")
	case 'u':
		return strings.HasPrefix(comment, "user=")
	case 'U':
		return strings.HasPrefix(comment, "User auth")
	case 'S':
		return strings.HasPrefix(comment, "SquirrelMail ")
	}
	return false
}
