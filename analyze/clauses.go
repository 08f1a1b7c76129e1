package analyze

import (
	"strings"

	"seedtest"
	"seedtest/header"
)

// firstWord returns the first word or quoted string of a clause.
func firstWord(tokens []header.Token) string {
	for _, t := range tokens {
		if t.Kind != header.KindComment {
			return t.Text
		}
	}
	return ""
}

// wordsOf joins the words of a clause.
func wordsOf(tokens []header.Token) string {
	if len(tokens) == 1 && tokens[0].Kind != header.KindComment {
		return tokens[0].Text
	}
	var words []string
	for _, t := range tokens {
		if t.Kind != header.KindComment {
			words = append(words, t.Text)
		}
	}
	return strings.Join(words, " ")
}

// readBy reads the server that wrote the field: the first word that looks like a full name ("by
// Barricade gw.example.com"), else the first one.
func readBy(tokens []header.Token) seedtest.HopBy {
	var by seedtest.HopBy
	for _, t := range tokens {
		if t.Kind == header.KindComment {
			by.IP = orIP(by.IP, t.Text)
			continue
		}
		if ip, ok := readIP(t.Text); ok && t.Text[0] == '[' && by.Name != "" {
			by.IP = ip
			continue
		}
		name := bare(t.Text)
		if by.Name == "" || !strings.Contains(by.Name, ".") && isFullName(name) {
			by.Name = name
		}
	}
	if ip, ok := readIP(by.Name); ok {
		by.IP = ip
	}
	return by
}

// readWith reads the protocol, in lower case: one word, or the words of Microsoft's products that
// stand in its place.
func readWith(tokens []header.Token) string {
	word := firstWord(tokens)
	if strings.EqualFold(word, "Microsoft") || strings.EqualFold(word, "Internet") {
		return strings.ToLower(wordsOf(tokens))
	}
	if strings.HasPrefix(word, "[") { // with [XMail 1.20 ESMTP Server]
		for _, t := range tokens {
			if strings.HasSuffix(t.Text, "SMTP") {
				word = t.Text
			}
		}
	}
	word, _, _ = strings.Cut(word, "/")
	return strings.ToLower(strings.TrimRight(word, ",;"))
}

// recipients reads the for clauses.
func (r *received) recipients() []string {
	var list []string
	for i, begin := range r.fors {
		end := len(r.clause[clauseFor])
		if i+1 < len(r.fors) {
			end = r.fors[i+1]
		}
		list = appendFor(list, r.clause[clauseFor][begin:end])
	}
	return list
}

// appendFor reads one clause: an address, or several with commas between.
func appendFor(list []string, tokens []header.Token) []string {
	for i, t := range tokens {
		if t.Kind == header.KindComment {
			continue
		}
		if t.Kind == header.KindQuoted {
			t.Text = `"` + t.Text + `"`
		}
		if i > 0 && tokens[i-1].End == t.Start && len(list) > 0 { // "a b"@example.org
			list[len(list)-1] += t.Text
			continue
		}
		if i > 0 && !strings.HasSuffix(tokens[i-1].Text, ",") {
			break // "for <a> plus 47 more"
		}
		for part := range strings.SplitSeq(t.Text, ",") {
			if a := addressOf(part); a != "" {
				list = append(list, a)
			}
		}
	}
	return list
}
