package analyze

import (
	"strings"

	"seedtest"
	"seedtest/header"
)

// readTLS reads what a field says of its TLS, in the words of the server that wrote it:
//
//	(using TLSv1.3 with cipher X (256/256 bits))     Postfix, Stalwart
//	(version=TLS1_3 cipher=X bits=128/128)           Sendmail, Gmail, Exchange with commas
//	(TLS1.3:X:256), (TLS1.3) tls X, (Cipher TLSv1:X:168)   Exim
//	ESMTP/TLS/X                                      CommuniGate's kin
//	(AUTH: LOGIN anna, TLS: TLSv1/SSLv3,128bits,X)   Courier
func readTLS(r *received) *seedtest.HopTLS {
	for c := range r.clause {
		for i, t := range r.clause[c] {
			if t.Kind != header.KindComment {
				continue
			}
			if tls := tlsIn(t.Text); tls != nil {
				if next := r.clause[c][i+1:]; tls.Cipher == "" && len(next) > 1 && next[0].Text == "tls" {
					tls.Cipher = next[1].Text
				}
				return tls
			}
		}
	}
	parts := strings.SplitN(firstWord(r.clause[clauseWith]), "/", 3)
	if len(parts) == 3 && strings.EqualFold(parts[1], "TLS") {
		return &seedtest.HopTLS{Cipher: parts[2]}
	}
	return nil
}

// tlsIn reads one comment.
func tlsIn(text string) *seedtest.HopTLS {
	i := strings.Index(text, "TLS")
	if i < 0 {
		i = strings.Index(text, "SSLv")
	}
	if i < 0 {
		return nil
	}
	switch {
	case strings.HasPrefix(text, "using "):
		return usingTLS(text)
	case strings.Contains(text, "version="):
		return pairsTLS(text)
	case i == 0 || strings.HasPrefix(text, "Cipher "):
		return partsTLS(text[i:], ":")
	case strings.Contains(text, "TLS: "):
		_, text, _ = strings.Cut(text, "TLS: ")
		return partsTLS(text, ",")
	}
	return nil
}

func usingTLS(text string) *seedtest.HopTLS {
	var tls seedtest.HopTLS
	words := commentWords{text: text}
	for last, w := "", words.next(); w != ""; last, w = w, words.next() {
		switch {
		case last == "using":
			tls.Version = w
		case last == "cipher":
			tls.Cipher = w
		case tls.Cipher != "" && tls.Bits == 0:
			tls.Bits = leadingNumber(w)
		}
	}
	return &tls
}

func pairsTLS(text string) *seedtest.HopTLS {
	var tls seedtest.HopTLS
	words := commentWords{text: text}
	for w := words.next(); w != ""; w = words.next() {
		key, value, _ := strings.Cut(strings.TrimRight(w, ","), "=")
		switch key {
		case "version":
			tls.Version = value
		case "cipher":
			tls.Cipher = value
		case "bits":
			tls.Bits = leadingNumber(value)
		}
	}
	return &tls
}

// partsTLS reads a version, a cipher and a number of bits, in any order.
func partsTLS(text, separator string) *seedtest.HopTLS {
	tls := &seedtest.HopTLS{}
	for part := range strings.SplitSeq(text, separator) {
		part = strings.TrimSpace(part)
		switch n := leadingNumber(part); {
		case tls.Version == "":
			tls.Version = part
		case n > 0 && tls.Bits == 0:
			tls.Bits = n
		case n == 0 && tls.Cipher == "":
			tls.Cipher = part
		}
	}
	if tls.Version == "TLS" { // says no more than that it was
		tls.Version = ""
	}
	return tls
}

func leadingNumber(s string) int {
	n := 0
	for i := 0; i < len(s) && i < 6 && isDigit(s[i]); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
