package analyze

import (
	"net/netip"
	"strings"

	"seedtest"
)

// ordinaryHop reads a value in the shape of nearly all, in one pass and without lists of tokens:
// clauses that stand once each and begin with a word, comments that end, and behind the last
// semicolon an ordinary date. At the first thing that is none of that it gives up, and the reader
// of all values begins anew; of each value that this one reads, that one says the same.
type ordinaryHop struct {
	text   string // without the date
	clause int
	tokens int                 // read of this clause
	last   extent              // the last one of them, of comments what is between the marks
	words  [clauseCount]extent // the first word of each clause, or the words of a name

	client    client
	byIP      netip.Addr
	login     string
	product   bool // the protocol is one of Microsoft's names
	verified  bool // the server verifies names, see verifies
	tls       seedtest.HopTLS
	secure    bool // there was TLS
	tlsClause int  // the clause that said so last
	aside     bool // the server says something of itself
}

// extent is where a word stands in a text.
type extent struct{ begin, end int }

func (s extent) of(text string) string { return text[s.begin:s.end] }

// maxOrdinary is how long an ordinary value may be: it holds fewer tokens than are read.
const maxOrdinary = hopTokens

// readOrdinary reads a value into a hop if it is an ordinary one, and reports whether it is.
func (r *received) readOrdinary(text string, hop *seedtest.Hop) bool {
	end := max(len(text)-len("; ")-longestDate, 0)
	mark := strings.IndexByte(text[end:], ';')
	end += mark
	if mark < 0 || len(text) > maxOrdinary || strings.IndexByte(text, '\\') >= 0 {
		return false
	}
	at, ok := ordinaryDate(text[end+1:])
	if !ok {
		return false
	}
	h := ordinaryHop{text: text[:end]}
	if !h.read() || h.tokens == 0 || !h.server(&hop.By) {
		return false
	}
	if h.words[clauseID].end == 0 && !h.aside && isPlainDate(text[end+1:]) {
		h.verified = true // by qmail
	}
	hop.Time, hop.Problems = at, nil
	hop.Via = h.words[clauseVia].of(text)
	hop.With = protocolName(h.words[clauseWith].of(text))
	hop.ID = addressOf(h.words[clauseID].of(text))
	hop.For, hop.TLS = nil, nil
	if to := addressOf(h.words[clauseFor].of(text)); to != "" {
		hop.For = r.names.one(to)
	}
	if h.secure {
		hop.TLS = &r.secure.one(h.tls)[0]
	}
	h.from(&hop.From)
	return true
}

// endsWord are the bytes that no word of an ordinary value holds.
var endsWord = byteSet{' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true,
	'(': true, ')': true, '"': true, ';': true}

// read reads word after word and comment after comment.
func (h *ordinaryHop) read() bool {
	text := h.text
	for i := 0; i < len(text); {
		begin := i
		switch text[i] {
		case ' ':
			i++
		case '(':
			end := closing(text, i)
			if end < 0 || !h.comment(extent{i + 1, end}) {
				return false
			}
			i = end + 1
		default:
			for i < len(text) && !endsWord[text[i]] {
				i++
			}
			if i == begin || !h.word(extent{begin, i}) {
				return false
			}
		}
	}
	return true
}

// closing finds the parenthesis that closes the one at i, or gives -1. Backslashes mean nothing.
func closing(text string, i int) int {
	for depth := 0; ; depth-- {
		n := strings.IndexByte(text[i:], ')')
		if n < 0 {
			return -1
		}
		if depth == 0 && strings.IndexByte(text[i+1:i+n], '(') < 0 {
			return i + n // nearly all
		}
		if depth += strings.Count(text[i:i+n], "("); depth == 1 {
			return i + n
		}
		i += n + 1
	}
}

// word reads one word, which may open a clause.
func (h *ordinaryHop) word(at extent) bool {
	word := at.of(h.text)
	if 2 <= len(word) && len(word) <= 13 {
		if clause := clauseOf(word); clause >= 0 {
			return h.open(clause)
		}
	}
	if h.tokens == 0 {
		if !h.first(word) {
			return false
		}
		h.words[h.clause] = at
	} else if !h.more(at) {
		return false
	}
	h.tokens++
	h.last = at
	return true
}

// open begins a clause, if the one before it is not empty.
func (h *ordinaryHop) open(clause int) bool {
	if clause == clauseNone || h.words[clause].end > 0 || h.clause != clauseNone && h.tokens == 0 {
		return false
	}
	h.clause, h.tokens = clause, 0
	return true
}

// first looks at the word with which a clause begins.
func (h *ordinaryHop) first(word string) bool {
	switch h.clause {
	case clauseNone:
		return false
	case clauseFrom:
		h.client.name(word)
	case clauseWith:
		h.product = isProduct(word)
		h.verified = h.verified || isHTTP(word)
		return strings.IndexByte(word, '/') < 0 && word[len(word)-1] != ','
	case clauseID:
		h.verified = h.verified || isEximID(word)
	case clauseFor:
		return strings.IndexByte(word, ',') < 0
	}
	return true
}

// more reads another word of a clause.
func (h *ordinaryHop) more(at extent) bool {
	word := at.of(h.text)
	next := at.begin == h.words[h.clause].end+1
	switch {
	case h.clause == clauseVia && next, h.clause == clauseWith && h.product && next:
		h.words[h.clause].end = at.end
	case h.clause == clauseWith && !h.product && !strings.Contains(word, "SMTP"):
	case h.clause == clauseID:
	case h.clause == clauseFrom:
		h.client.more(word, h.last.of(h.text))
		return true
	default:
		return false
	}
	cipher, ok := cipherAround(h.last.of(h.text), word)
	if !ok {
		return true
	}
	if h.tls.Cipher == "" {
		h.tls.Cipher = cipher
	}
	return h.foundTLS()
}

// foundTLS notes that the clause says something of TLS. What stands in another order than that in
// which clauses are read is not ordinary.
func (h *ordinaryHop) foundTLS() bool {
	inOrder := h.tlsClause <= h.clause
	h.secure, h.tlsClause = true, h.clause
	return inOrder
}

// comment reads a comment. One that meets the client's name may make it another name.
func (h *ordinaryHop) comment(at extent) bool {
	text := at.of(h.text)
	if h.tokens == 0 || h.tlsClause > h.clause || strings.HasPrefix(text, "from ") {
		return false
	}
	switch h.clause {
	case clauseVia:
		return false
	case clauseFrom:
		if at.begin == h.last.end+1 {
			return false
		}
		h.client.readComment(text)
	case clauseBy:
		if !h.byIP.IsValid() {
			h.byIP = ownIP(text)
		}
		h.verified = h.verified || isVersion(text) || strings.HasPrefix(text, "Exim")
	default:
		h.verified = h.verified || strings.HasPrefix(text, "Exim")
	}
	h.aside = h.aside || h.clause != clauseFrom
	if h.tls.Version == "" && tlsIn(text, &h.tls) {
		h.foundTLS()
	}
	h.tokens++
	h.last = at
	return h.clause == clauseFor || h.userIn(text)
}

// userIn reads the login in a comment, and reports false if it is the second one.
func (h *ordinaryHop) userIn(comment string) bool {
	user := loginIn(comment)
	if user == "" {
		return true
	}
	first := h.login == ""
	h.login = user
	return first
}

// server says who wrote the field, and reports false if it does not tell.
func (h *ordinaryHop) server(by *seedtest.HopBy) bool {
	by.Name, by.IP = bare(h.words[clauseBy].of(h.text)), h.byIP
	if ip, ok := readIP(by.Name); ok {
		by.IP = ip
	}
	return by.Name != ""
}

func (h *ordinaryHop) from(from *seedtest.HopFrom) {
	h.client.verified = h.client.verified || h.verified
	h.client.settle(from)
	if from.User == "" {
		from.User = h.login
	}
}
