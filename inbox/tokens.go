package inbox

import (
	"mime"
	"slices"
	"strings"

	"seedtest"
)

// Header is what Tokens reads: the values of all fields of a name, in order.
type Header interface {
	Values(name string) []string
}

// Match is a token that a message carries, and the carriers that hold it.
type Match struct {
	Token    seedtest.Token
	Carriers []seedtest.Carrier
}

// Tokens says which tags a header carries (rules 4 and 9). known reports whether a token is of
// this run; awaited are the tokens whose subject reference may be recognised, because a reference
// is compared within the run only. A subject alone makes no match in a report, an automatic answer
// or a reply, which quote it; and a token in In-Reply-To or References is one that is answered,
// never one that arrived. The result is in the order of carriers, one Match a token.
func Tokens(h Header, awaited []seedtest.Token, known func(seedtest.Token) bool) []Match {
	var found []Match
	add := func(t seedtest.Token, c seedtest.Carrier) {
		i := slices.IndexFunc(found, func(m Match) bool { return m.Token == t })
		if i < 0 {
			found = append(found, Match{Token: t})
			i = len(found) - 1
		}
		if !slices.Contains(found[i].Carriers, c) {
			found[i].Carriers = append(found[i].Carriers, c)
		}
	}
	ours := func(t seedtest.Token) bool { return slices.Contains(awaited, t) || known(t) }
	for _, v := range h.Values("Message-ID") {
		if t, ok := idToken(v); ok && ours(t) {
			add(t, seedtest.CarrierMessageID)
		}
	}
	for _, v := range h.Values("X-Entity-Ref-ID") {
		if t, ok := wholeToken(v); ok && ours(t) {
			add(t, seedtest.CarrierEntityRef)
		}
	}
	quotes := secondHand(h)
	for _, v := range h.Values("Subject") {
		words := wordsIn(subjectText(v))
		for _, t := range awaited {
			held := slices.ContainsFunc(found, func(m Match) bool { return m.Token == t })
			if (held || !quotes) && t.Ref() != "" && slices.Contains(words, t.Ref()) {
				add(t, seedtest.CarrierSubject)
			}
		}
	}
	return found
}

// bodyTokens says which awaited tags a body carries, which is asked only of messages that carry
// none in the header, in the round that proves absence. Quoted lines do not count.
func bodyTokens(h Header, body []byte, awaited []seedtest.Token) []Match {
	if secondHand(h) {
		return nil
	}
	var found []Match
	words := bodyWords(body)
	for _, t := range awaited {
		if slices.Contains(words, string(t)) || t.Ref() != "" && slices.Contains(words, t.Ref()) {
			found = append(found, Match{Token: t, Carriers: []seedtest.Carrier{seedtest.CarrierBody}})
		}
	}
	return found
}

// idToken reads a token as the left part of a msg-id (RFC 5322 section 3.6.4).
func idToken(value string) (seedtest.Token, bool) {
	left, _, ok := strings.Cut(strings.TrimLeft(strings.TrimSpace(value), "<"), "@")
	if !ok {
		return "", false
	}
	return wholeToken(left)
}

// wholeToken reads a token that stands alone, whatever the case that a gateway gave it.
func wholeToken(value string) (seedtest.Token, bool) {
	t := strings.ToLower(strings.Trim(strings.TrimSpace(value), "<>"))
	if len(t) != seedtest.TokenLen || strings.Trim(t, tokenAlphabet) != "" {
		return "", false
	}
	return seedtest.Token(t), true
}

const tokenAlphabet = "abcdefghijklmnopqrstuvwxyz234567"

// secondHand reports whether a message speaks of another: an automatic answer (RFC 3834), a report
// (RFC 6522) or a reply.
func secondHand(h Header) bool {
	for _, v := range h.Values("Auto-Submitted") {
		word, _, _ := strings.Cut(v, ";")
		if word = strings.TrimSpace(word); word != "" && !strings.EqualFold(word, "no") {
			return true
		}
	}
	for _, v := range h.Values("Content-Type") {
		kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(v)), ";")
		if strings.TrimSpace(kind) == "multipart/report" {
			return true
		}
	}
	return len(h.Values("In-Reply-To")) > 0 || len(h.Values("References")) > 0
}

// subjectText decodes RFC 2047 words, as far as they can be.
func subjectText(value string) string {
	decoder := mime.WordDecoder{}
	if text, err := decoder.DecodeHeader(value); err == nil {
		return text
	}
	return value
}

// wordsIn splits a text into runs of letters and digits, in lower case, so that a reference is
// found whatever a gateway put around it.
func wordsIn(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}
