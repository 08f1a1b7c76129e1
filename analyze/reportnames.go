package analyze

import (
	"strings"
	"time"

	"seedtest"
	"seedtest/header"
)

// Report reads a delivery report by itself, or returns nil if a message is none. Nobody signs
// reports, so no trust is asked for.
func Report(raw []byte) *seedtest.DeliveryReport {
	return readReport(header.Parse(raw), raw)
}

// MayBeReport reports whether a message may be a delivery report, by its header.
func MayBeReport(raw []byte) bool { return suspect(header.Parse(raw)) != unsuspected }

// The bounds of what is kept of what a report names.
const (
	maxReportTokens = 64
	maxReferences   = 16
	maxNaming       = 1000 // bytes of a field
)

// addNaming takes what says whom a report is from and which message it is about. Where one report
// encloses another, both may say.
func addNaming(r *seedtest.DeliveryReport, n *notice) {
	setOnce(&r.From, n.from[:min(len(n.from), maxNaming)])
	setOnce(&r.Subject, n.subject[:min(len(n.subject), maxNaming)])
	if to, ok := n.h.Get("To"); ok {
		setOnce(&r.To, to.Value[:min(len(to.Value), maxNaming)])
	}
	if date, ok := n.h.Get("Date"); ok && r.Date.IsZero() {
		r.Date = dateOf(date.Value)
	}
	for _, name := range []string{"In-Reply-To", "References"} {
		for f := range n.h.All(name) {
			r.Refers = addReferences(r.Refers, f.Value)
		}
	}
	for _, text := range n.texts {
		r.Tokens = addTokens(r.Tokens, text)
	}
}

func dateOf(value string) time.Time {
	at, _, _ := readDate(value)
	return at
}

// addReferences adds the Message-IDs of a field, without their angle brackets.
func addReferences(list []string, value string) []string {
	for id := range strings.FieldsFuncSeq(value, func(r rune) bool {
		return r == '<' || r == '>' || r == ' ' || r == '\t' || r == ',' || r == '\n'
	}) {
		if strings.Contains(id, "@") && len(id) < maxNaming && len(list) < maxReferences {
			list = append(list, id)
		}
	}
	return list
}

// addTokens adds the runs of letters and digits of a text that have the form of a tag.
func addTokens(list []seedtest.Token, text string) []seedtest.Token {
	begin := -1
	for i := 0; i <= len(text) && len(list) < maxReportTokens; i++ {
		if i < len(text) && (isLetter(text[i]) || isDigit(text[i])) {
			if begin < 0 {
				begin = i
			}
			continue
		}
		if begin >= 0 && i-begin == seedtest.TokenLen {
			list = addToken(list, strings.ToLower(text[begin:i]))
		}
		begin = -1
	}
	return list
}

func addToken(list []seedtest.Token, word string) []seedtest.Token {
	if strings.ContainsAny(word, "0189") {
		return list
	}
	for _, t := range list {
		if string(t) == word {
			return list
		}
	}
	return append(list, seedtest.Token(word))
}
