package analyze

import (
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
	tokens int    // read of this clause
	before string // the last one of them, of comments what is between the marks
	start  int    // where the first word of this clause begins
	last   int    // where its last word ends
	seen   [clauseCount]bool

	client    client
	by        seedtest.HopBy
	via       string
	with      string
	id        string
	to        string
	login     string
	product   bool // the protocol is one of Microsoft's names
	verified  bool // see verifies
	tls       seedtest.HopTLS
	secure    bool // there was TLS
	tlsClause int  // the clause that said so last
}

// maxOrdinary is how long an ordinary value may be: it holds fewer tokens than are read.
const maxOrdinary = hopTokens

// readOrdinary reads a value into a hop if it is an ordinary one, and reports whether it is.
func (r *received) readOrdinary(text string, hop *seedtest.Hop) bool {
	end := strings.LastIndexByte(text, ';')
	if end < 0 || len(text) > maxOrdinary || strings.IndexByte(text, '\\') >= 0 {
		return false
	}
	at, ok := ordinaryDate(text[end+1:])
	if !ok {
		return false
	}
	h := ordinaryHop{text: text[:end]}
	if !h.read() || !h.finish() {
		return false
	}
	hop.By, hop.Via, hop.With, hop.ID, hop.Time = h.by, h.via, h.with, h.id, at
	h.client.settle(&hop.From)
	if hop.From.User == "" {
		hop.From.User = h.login
	}
	hop.For, hop.TLS, hop.Problems = nil, nil, nil
	if h.to != "" {
		hop.For = r.names.one(h.to)
	}
	if h.secure {
		hop.TLS = &r.secure.one(h.tls)[0]
	}
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
			if end < 0 || !h.comment(text[i+1:end], i == h.last) {
				return false
			}
			i = end + 1
		default:
			for i < len(text) && !endsWord[text[i]] {
				i++
			}
			if i == begin || !h.word(begin, i) {
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
		if depth += strings.Count(text[i:i+n], "("); depth == 1 {
			return i + n
		}
		i += n + 1
	}
}

// word reads one word, which may open a clause.
func (h *ordinaryHop) word(begin, end int) bool {
	word := h.text[begin:end]
	if 2 <= len(word) && len(word) <= 13 {
		if next := clauseOf(word); next >= 0 {
			return h.open(next)
		}
	}
	if h.tokens == 0 {
		h.start = begin
		if !h.first(word) {
			return false
		}
	} else if !h.more(begin, end) {
		return false
	}
	h.tokens++
	h.before, h.last = word, end
	return true
}

// open begins a clause.
func (h *ordinaryHop) open(clause int) bool {
	if h.seen[clause] || clause == clauseNone || h.clause != clauseNone && h.tokens == 0 {
		return false
	}
	h.clause, h.tokens, h.before, h.seen[clause] = clause, 0, "", true
	return true
}

// first reads the word with which a clause begins.
func (h *ordinaryHop) first(word string) bool {
	switch h.clause {
	case clauseFrom:
		h.client.name(word)
	case clauseBy:
		h.by.Name = bare(word)
	case clauseVia:
		h.via = word
	case clauseWith:
		h.with, h.product = word, isProduct(word)
		return strings.IndexByte(word, '/') < 0 && word[len(word)-1] != ','
	case clauseID:
		h.id = addressOf(word)
		h.verified = h.verified || isEximID(word)
	case clauseFor:
		h.to = addressOf(word)
		return strings.IndexByte(word, ',') < 0
	default:
		return false
	}
	return true
}

// more reads another word of a clause.
func (h *ordinaryHop) more(begin, end int) bool {
	word := h.text[begin:end]
	next := begin == h.last+1
	switch {
	case h.clause == clauseVia && next:
		h.via = h.text[h.start:end]
	case h.clause == clauseWith && h.product && next:
		h.with = h.text[h.start:end]
	case h.clause == clauseWith && !h.product && !strings.Contains(word, "SMTP"):
	case h.clause == clauseID:
	default:
		return false
	}
	cipher, ok := cipherAround(h.before, word)
	if !ok {
		return true
	}
	first := h.tlsClause <= h.clause
	h.secure, h.tlsClause = true, h.clause
	if h.tls.Cipher == "" {
		h.tls.Cipher = cipher
	}
	return first
}

// comment reads a comment. One that meets the client's name may make it another name.
func (h *ordinaryHop) comment(text string, meets bool) bool {
	if h.tokens == 0 || h.tlsClause > h.clause || strings.HasPrefix(text, "from ") {
		return false
	}
	switch h.clause {
	case clauseVia:
		return false
	case clauseFrom:
		if meets {
			return false
		}
		h.client.readComment(text)
	case clauseBy:
		if !h.by.IP.IsValid() {
			h.by.IP = ownIP(text)
		}
		h.verified = h.verified || isVersion(text)
	}
	if h.clause != clauseFrom {
		h.verified = h.verified || strings.HasPrefix(text, "Exim")
	}
	if h.tls.Version == "" && tlsIn(text, &h.tls) {
		h.secure, h.tlsClause = true, h.clause
	}
	h.tokens++
	h.before = text
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

// finish does what can be done when all is read, and reports whether nothing is missing.
func (h *ordinaryHop) finish() bool {
	if ip, ok := readIP(h.by.Name); ok {
		h.by.IP = ip
	}
	isHTTP := (len(h.with) == 4 || len(h.with) == 5) && strings.EqualFold(h.with[:4], "http")
	h.client.verified = h.client.verified || h.verified || isHTTP
	h.with = protocolName(h.with)
	return h.by.Name != "" && h.tokens > 0
}
