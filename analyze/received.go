package analyze

import (
	"strings"
	"time"

	"seedtest"
	"seedtest/header"
)

// The clauses of a Received field (RFC 5321 section 4.4). clauseNone holds what belongs to none.
const (
	clauseNone = iota
	clauseFrom
	clauseBy
	clauseVia
	clauseWith
	clauseID
	clauseFor
	clauseCount
)

// received is a Received value taken apart, not yet understood. The next value reuses its space.
type received struct {
	text   string // the value; tokens say where in it they stand
	clause [clauseCount][]header.Token
	fors   []int // where each for clause begins in clause[clauseFor]
	time   time.Time
	names  chunk[string] // for Hop.For
	secure chunk[seedtest.HopTLS]

	long      bool // there is more than is read
	dated     bool // there is something where the date should be
	zoned     bool // the date says what zone it is in
	plainDate bool // the date begins with the day of the month
	login     bool // there is a comment that may hold a login
}

// readHop reads one Received value into a hop. It never fails: what it cannot read it leaves empty,
// and says so in Problems.
func (r *received) readHop(value string, hop *seedtest.Hop) {
	hop.Raw = value
	text := value
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	if !r.readOrdinary(text, hop) {
		r.readAny(text, hop)
	}
}

// readAny reads a value of any shape.
func (r *received) readAny(text string, hop *seedtest.Hop) {
	r.split(text)
	hop.Time = r.time
	hop.By = readBy(r.clause[clauseBy])
	hop.Via = r.wordsOf(r.clause[clauseVia])
	hop.With = r.readWith()
	hop.ID = addressOf(firstWord(r.clause[clauseID]))
	hop.For = r.recipients()
	readFrom(r.clause[clauseFrom], r.verifies(), &hop.From)
	hop.TLS = readTLS(r)
	if hop.From.User == "" && r.login {
		hop.From.User = userElsewhere(r)
	}
	hop.Problems = r.problems(hop)
}

// noZone is the problem of a time that may be hours off.
const noZone = "its time zone is not known: UTC is assumed"

// problems says what a reader of the hop should know is missing.
func (r *received) problems(hop *seedtest.Hop) []string {
	var list []string
	switch {
	case r.time.IsZero() && r.dated:
		list = append(list, "the date cannot be read")
	case r.time.IsZero():
		list = append(list, "no date")
	case !r.zoned:
		list = append(list, noZone)
	}
	if hop.By.Name == "" && r.has(clauseFrom) {
		list = append(list, "no receiving server is named")
	}
	if r.long {
		list = append(list, "it is longer than is read")
	}
	return list
}

func (r *received) has(clause int) bool { return len(r.clause[clause]) > 0 }

// split finds the date and the clauses.
func (r *received) split(text string) {
	for c := range r.clause {
		r.clause[c] = r.clause[c][:0]
	}
	r.fors, r.time, r.dated, r.plainDate = r.fors[:0], time.Time{}, false, false
	r.long, r.zoned, r.login, r.text = false, false, false, text
	body, tail := r.date(text)
	r.tokens(body, 0)
	if tail != "" {
		r.tokens(tail, int32(len(text)-len(tail)))
	}
}

// hopSpecials is the mark between the parts of a Received field.
var hopSpecials = header.NewSpecials(";")

// hopTokens is how many words and comments of a value are read. Servers write some thirty.
const hopTokens = 2000

// tokens adds what a part of the value says to the clauses. The part begins at start.
func (r *received) tokens(part string, start int32) {
	clause := clauseNone
	s := header.NewScanner(part, hopSpecials)
	count := 0
	for t := s.Next(); t.Kind != header.KindEnd; t = s.Next() {
		if count++; count > hopTokens {
			r.long = true
			return
		}
		if t.Kind == header.KindSpecial {
			continue
		}
		next := r.keyword(t, clause)
		if next >= 0 && clause == clauseFrom && !r.has(clauseFrom) && isNamed(part[t.End:]) {
			next = -1
		}
		if next >= 0 {
			clause = next
			if clause == clauseFor {
				r.fors = append(r.fors, len(r.clause[clauseFor]))
			}
		} else if t.Kind != header.KindComment || !r.within(t) {
			r.login = r.login || t.Kind == header.KindComment && mayHoldLogin(t.Text)
			t.Start, t.End = t.Start+start, t.End+start
			r.clause[clause] = append(r.clause[clause], t)
		}
	}
}

// isNamed reports whether what follows a keyword right behind "from" makes a name of it: a client
// that calls itself "by" would hide its address otherwise, as in "from by (unknown [192.0.2.1])".
func isNamed(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	return rest != "" && (rest[0] == '(' || rest[0] == '[')
}

// within reads a from clause that stands in a comment: "(from a [192.0.2.1]) by b".
func (r *received) within(t header.Token) bool {
	if !strings.HasPrefix(t.Text, "from ") || r.has(clauseFrom) {
		return false
	}
	s := header.NewScanner(t.Text[len("from "):], hopSpecials)
	t = s.Next()
	for ; t.Kind != header.KindEnd && len(r.clause[clauseFrom]) < hopTokens; t = s.Next() {
		r.login = r.login || t.Kind == header.KindComment && mayHoldLogin(t.Text)
		r.clause[clauseFrom] = append(r.clause[clauseFrom], t)
	}
	return true
}

// keyword says which clause a token opens, or -1. A clause that has been seen is not opened again:
// what follows, such as the second "by" of qmail-scanner, belongs to none. Only "for" repeats, and
// a second "from" next to the first ("from a from [192.0.2.1]") adds to it.
func (r *received) keyword(t header.Token, now int) int {
	if t.Kind != header.KindWord || len(t.Text) < 2 || len(t.Text) > 13 {
		return -1
	}
	clause := clauseOf(t.Text)
	if clause < 0 || clause == clauseFor {
		return clause
	}
	if r.has(clause) && !(clause == clauseFrom && now == clauseFrom) {
		return clauseNone
	}
	return clause
}

// clauseOf knows the words that open clauses, or end the one before: those give clauseNone. Of
// others it returns -1. Every word passes here: nearly all are longer than those that open one.
func clauseOf(word string) int {
	switch word {
	case "from":
		return clauseFrom
	case "by":
		return clauseBy
	case "with":
		return clauseWith
	case "id":
		return clauseID
	case "for":
		return clauseFor
	}
	if len(word) > len("from") {
		if isWord(word, "sender:") || isWord(word, "envelope-to") || isWord(word, "envelope-from") {
			return clauseNone
		}
		return -1
	}
	switch first := word[0] | 0x20; {
	case first == 'b' && isWord(word, "by"):
		return clauseBy
	case first == 'f' && isWord(word, "for"):
		return clauseFor
	case first == 'f' && isWord(word, "from"):
		return clauseFrom
	case first == 'i' && isWord(word, "id"):
		return clauseID
	case first == 'v' && isWord(word, "via"):
		return clauseVia
	case first == 'w' && isWord(word, "with"):
		return clauseWith
	}
	return -1
}

// isWord compares without case.
func isWord(s, word string) bool { return len(s) == len(word) && strings.EqualFold(s, word) }

// maxSemicolons is how many places are tried for the date.
const maxSemicolons = 6

// date splits the date from a value: it stands after the last semicolon that a date follows, or
// without one at the end. What stands behind the date comes back too.
func (r *received) date(text string) (body, tail string) {
	end := len(text)
	for range maxSemicolons {
		i := strings.LastIndexByte(text[:end], ';')
		if i < 0 {
			break
		}
		if at, rest, zoned, ok := readZonedDate(text[i+1:]); ok {
			r.time, r.dated, r.zoned = at, true, zoned
			r.plainDate = isPlainDate(text[i+1:])
			return text[:i], rest
		}
		r.dated = r.dated || strings.TrimSpace(text[i+1:]) != ""
		end = i
	}
	if i := r.dateAtEnd(text); i >= 0 {
		return text[:i], ""
	}
	return text, ""
}

// isPlainDate reports whether a date begins with the day of the month.
func isPlainDate(date string) bool {
	date = strings.TrimLeft(date, " ")
	return date != "" && isDigit(date[0])
}

// maxDateWords is how many words from the end a date without a semicolon may begin.
const maxDateWords = 9

// dateAtEnd finds a date at the very end of a text, and returns where it begins, or -1.
func (r *received) dateAtEnd(text string) int {
	end, begin := len(text), -1
	for range maxDateWords {
		i := strings.LastIndexByte(text[:end], ' ')
		if i < 0 {
			break
		}
		if at, rest, zoned, ok := readZonedDate(text[i+1:]); ok && rest == "" {
			r.time, r.dated, r.zoned, begin = at, true, zoned, i
		}
		end = i
	}
	return begin
}

// verifies reports whether the server puts a name in front that it has verified: Exim does where it
// adds no greeting; Critical Path does, which says no more of itself than a version; so does qmail,
// which is known by its date without a weekday and by saying nothing of itself; and whoever took
// the message over HTTP, in which no client greets.
func (r *received) verifies() bool {
	if isHTTP(firstWord(r.clause[clauseWith])) {
		return true
	}
	aside := false
	for c := clauseBy; c < clauseCount; c++ {
		tokens := r.clause[c]
		for i := range tokens {
			if t := &tokens[i]; t.Kind == header.KindComment {
				if strings.HasPrefix(t.Text, "Exim") || c == clauseBy && isVersion(t.Text) {
					return true
				}
				aside = true
			}
		}
	}
	if r.has(clauseID) {
		return isEximID(firstWord(r.clause[clauseID]))
	}
	return r.plainDate && !aside
}

func isHTTP(protocol string) bool {
	return (len(protocol) == 4 || len(protocol) == 5) && strings.EqualFold(protocol[:4], "http")
}

// isEximID knows the ids of Exim, 1tAbCd-0001Ab-2C and from version 4.97 1tAbCd-00000000abc-2G0Q,
// as some that run it do not name it.
func isEximID(id string) bool {
	if len(id) != 16 && len(id) != 23 || strings.Count(id, "-") != 2 || id[6] != '-' {
		return false
	}
	return (id[len(id)-3] == '-' || id[len(id)-5] == '-') && isHostName(id)
}

// isVersion reports whether a text is nothing but a version, such as 7.0.030.2. Four numbers could
// be an address, unless one has a zero in front that it does not need.
func isVersion(s string) bool {
	dots := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			dots++
		case !isDigit(c):
			return false
		}
	}
	_, address := readIP(s)
	return dots >= 2 && !address
}
