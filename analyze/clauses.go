package analyze

import (
	"net/netip"
	"strings"

	"seedtest"
	"seedtest/header"
)

// firstWord returns the first word or quoted string of a clause.
func firstWord(tokens []header.Token) string {
	for i := range tokens {
		if t := &tokens[i]; t.Kind != header.KindComment {
			return t.Text
		}
	}
	return ""
}

// wordsOf joins the words of a clause. They are a part of the text where nothing else stands
// between them.
func (r *received) wordsOf(tokens []header.Token) string {
	if len(tokens) == 0 {
		return ""
	}
	plain := true
	for i, t := range tokens {
		plain = plain && t.Kind == header.KindWord && (i == 0 || t.Start == tokens[i-1].End+1)
	}
	if plain {
		return r.text[tokens[0].Start:tokens[len(tokens)-1].End]
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
	for i := range tokens {
		t := &tokens[i]
		if t.Kind == header.KindComment {
			if !by.IP.IsValid() {
				by.IP = ownIP(t.Text)
			}
			continue
		}
		name := bare(t.Text)
		if by.Name != "" && strings.HasPrefix(t.Text, "[") {
			if ip, ok := readIP(t.Text); ok {
				by.IP = ip
				continue
			}
		}
		if by.Name == "" || strings.IndexByte(by.Name, '.') < 0 && isFullName(name) {
			by.Name = name
		}
	}
	if ip, ok := readIP(by.Name); ok {
		by.IP = ip
	}
	return by
}

// ownIP reads the server's own address in a comment: it is all that stands there, or it stands in
// brackets, or behind the name of KumoMTA. What else looks like one is a version.
func ownIP(text string) netip.Addr {
	if ip, ok := ordinaryIP(text); ok {
		return ip
	}
	var ip netip.Addr
	first := true
	w, rest := nextWord(text, &commentBetween)
	for ; w != "" && !ip.IsValid(); w, rest = nextWord(rest, &commentBetween) {
		if w[0] == '[' || first && rest == "" || first && w == "KumoMTA" {
			if w == "KumoMTA" {
				w, rest = nextWord(rest, &commentBetween)
			}
			ip, _ = readIP(w)
		}
		first = false
	}
	return ip
}

// readWith reads the protocol, in lower case: one word, or the words of Microsoft's products that
// stand in its place.
func (r *received) readWith() string {
	tokens := r.clause[clauseWith]
	word := firstWord(tokens)
	if isProduct(word) {
		for i, t := range tokens {
			if t.Kind == header.KindComment {
				tokens = tokens[:i]
				break
			}
		}
		return protocolName(r.wordsOf(tokens))
	}
	word = protocolBehind(word, tokens)
	word, _, _ = strings.Cut(word, "/")
	return protocolName(strings.TrimRight(word, ",;"))
}

// isProduct knows how the names of Microsoft's products begin.
func isProduct(word string) bool {
	return word == "Microsoft" || isWord(word, "Microsoft") || isWord(word, "Internet")
}

// protocolBehind finds the protocol behind what some put before it: "[XMail 1.20 ESMTP Server]",
// "MailEnable ESMTP", "AES256-SHA encrypted SMTP", "Exclaimer Signature Manager ESMTP Proxy".
func protocolBehind(word string, tokens []header.Token) string {
	if len(tokens) < 2 || strings.Contains(word, "SMTP") && word[0] != '[' {
		return word
	}
	for _, t := range tokens[1:] {
		if t.Kind == header.KindWord && strings.Contains(t.Text, "SMTP") {
			return t.Text
		}
	}
	return word
}

// protocols are the words that stand in nearly all fields.
var protocols = [...]string{"esmtps", "esmtp", "smtp", "esmtpsa", "esmtpa", "smtps", "lmtp",
	"lmtps", "lmtpa", "mapi", "http", "https", "local", "utf8smtps", "asmtp", "microsoft smtp server"}

// protocolName writes a protocol in lower case.
func protocolName(word string) string {
	switch word {
	case "esmtp", "esmtps", "esmtpsa", "smtp", "lmtp", "mapi":
		return word
	case "ESMTP":
		return "esmtp"
	case "ESMTPS":
		return "esmtps"
	case "ESMTPSA":
		return "esmtpsa"
	case "SMTP":
		return "smtp"
	case "LMTP":
		return "lmtp"
	case "HTTPS":
		return "https"
	case "Microsoft SMTP Server":
		return "microsoft smtp server"
	}
	for _, p := range protocols {
		if len(p) == len(word) && strings.EqualFold(p, word) {
			return p
		}
	}
	return strings.ToLower(word)
}

// recipients reads the for clauses.
func (r *received) recipients() []string {
	var list []string
	for i, begin := range r.fors {
		end := len(r.clause[clauseFor])
		if i+1 < len(r.fors) {
			end = r.fors[i+1]
		}
		list = r.appendFor(list, r.clause[clauseFor][begin:end])
	}
	return list
}

// appendFor reads one clause: an address, or several with commas between. Tokens that meet are one
// address, as in "a b"@example.org. Of a phrase, such as "<multiple recipients>", the first word is
// read, as others do.
func (r *received) appendFor(list []string, tokens []header.Token) []string {
	begin := 0
	for i, t := range tokens {
		if t.Kind == header.KindComment {
			continue
		}
		if i > 0 && tokens[i-1].End == t.Start && len(list) > 0 {
			list[len(list)-1] = addressOf(r.text[begin:t.End])
			continue
		}
		if i > 0 && !strings.HasSuffix(tokens[i-1].Text, ",") {
			break // "for <a> plus 47 more"
		}
		begin = int(t.Start)
		text := r.text[t.Start:t.End]
		for {
			comma := strings.IndexByte(text, ',')
			if comma < 0 || t.Kind == header.KindQuoted {
				break
			}
			list = r.appendAddress(list, text[:comma])
			text = text[comma+1:]
			begin += comma + 1
		}
		list = r.appendAddress(list, text)
	}
	return list
}

func (r *received) appendAddress(list []string, text string) []string {
	switch a := addressOf(text); {
	case a == "" || len(list) >= hopRecipients:
		return list
	case len(list) == 0:
		return r.names.one(a)
	default:
		return append(list, a)
	}
}

// hopRecipients is how many are read of one field. No server names more than a few.
const hopRecipients = 100
