package analyze

import (
	"strings"

	"seedtest"
	"seedtest/header"
)

// readTLS reads what a field says of its TLS, in the words of the server that wrote it:
//
//	(using TLSv1.3 with cipher X (256/256 bits))     Postfix, Stalwart, MessageLabs
//	(version=TLS1_3 cipher=X bits=128/128)           Sendmail, Gmail, Exchange with commas
//	(tlsversion=TLS12, tlscipher=X)                  Exclaimer
//	(TLS1.3:X:256), (Cipher TLSv1:X:168)             Exim, OpenSMTPD, KumoMTA, MDaemon
//	(TLS1.3) tls X, tls X (over SMTP, TLS-1.3)       Exim, Haraka, chasquid
//	(TLS1.3 X), (TLSv1.3 with cipher X (256 bits))   mox, Kerio
//	with (X encrypted) SMTP, with X encrypted SMTP   qmail, T-Online, MessageLabs
//	ESMTP/TLS/X, ESMTP with STARTTLS                 IronPort, Mimecast
//	(AUTH: LOGIN anna, TLS: TLSv1/SSLv3,128bits,X)   Courier
func readTLS(r *received) *seedtest.HopTLS {
	var tls seedtest.HopTLS
	found := false
	for c := range r.clause {
		tokens := r.clause[c]
		for i := range tokens {
			t := &tokens[i]
			if t.Kind == header.KindComment {
				found = tls.Version == "" && tlsIn(t.Text, &tls) || found
			} else if i > 0 && c != clauseFrom {
				cipher, ok := cipherAround(tokens[i-1].Text, t.Text)
				if found = found || ok; tls.Cipher == "" {
					tls.Cipher = cipher
				}
			}
		}
	}
	with := firstWord(r.clause[clauseWith])
	if _, cipher, ok := cutFold(with, "/TLS/"); ok && !found {
		tls.Cipher, found = cipher, true
	}
	if !found {
		return nil
	}
	return &r.secure.one(tls)[0]
}

// cipherAround reads "tls X" and "X encrypted", and knows the words that only say that there was
// TLS: "with STARTTLS" of Mimecast, "over TLS secured channel" of MX Logic.
func cipherAround(before, word string) (cipher string, tls bool) {
	switch {
	case before == "tls":
		return word, true
	case word == "encrypted":
		return before, true
	}
	return "", word == "STARTTLS" || word == "TLS"
}

// cutFold cuts a text at the first separator, whose letters are capitals, compared without case.
func cutFold(s, separator string) (before, after string, found bool) {
	for i := 0; i+len(separator) <= len(s); i++ {
		if s[i] == separator[0] && strings.EqualFold(s[i:i+len(separator)], separator) {
			return s[:i], s[i+len(separator):], true
		}
	}
	return s, "", false
}

// tlsIn reads one comment, and reports whether it is about TLS.
func tlsIn(text string, tls *seedtest.HopTLS) bool {
	if beginsTLS(text) {
		readCipher(text, tls)
		return true
	}
	if strings.IndexByte(text, 'L') < 0 && !strings.HasPrefix(text, "cipher=") &&
		!strings.HasSuffix(text, " encrypted") {
		return false // what most comments are
	}
	i := strings.Index(text, "TLS")
	switch {
	case strings.HasPrefix(text, "SSL"):
	case i < 0 && !strings.Contains(text, "SSLv") && !strings.HasPrefix(text, "cipher=") &&
		!strings.HasSuffix(text, " encrypted"):
		return false
	case startsAbout(text):
	default:
		if i = strings.Index(text, "TLS: "); i < 0 {
			return false
		}
		text = text[i+len("TLS: "):]
	}
	readCipher(text, tls)
	return true
}

// beginsTLS reports whether a comment begins as most do that are about TLS.
func beginsTLS(text string) bool {
	switch {
	case text == "":
		return false
	case text[0] == 'u':
		return strings.HasPrefix(text, "using TLS")
	case text[0] == 'v':
		return strings.HasPrefix(text, "version=TLS")
	}
	return strings.HasPrefix(text, "TLS")
}

// startsAbout reports whether a comment in which TLS is named begins like one about it.
func startsAbout(text string) bool {
	for _, s := range [...]string{"using ", "Using ", "version=", "cipher=", "Cipher ", "over "} {
		if strings.HasPrefix(text, s) {
			return true
		}
	}
	return strings.HasSuffix(text, " encrypted") || strings.Contains(text, "version=")
}

// tlsMarks are the bytes between the words of a comment about TLS, and the one that may stand in a
// word between a key and its value.
var tlsMarks = byteSet{' ': true, '\t': true, '(': true, ')': true, ',': true, ':': true, '=': true}

// readCipher reads a version, a cipher and a number of bits, in any order, with or without words
// that say which is which.
func readCipher(text string, tls *seedtest.HopTLS) {
	begin, equals := 0, -1
	for end := 0; end <= len(text); end++ {
		for end < len(text) && !tlsMarks[text[end]] {
			end++
		}
		if end < len(text) && text[end] == '=' {
			if equals < 0 {
				equals = end
			}
			continue
		}
		switch {
		case equals >= 0:
			readPair(text[begin:equals], text[equals+1:end], tls)
		case begin < end && (text[begin] < 'a' || text[begin] > 'z'):
			readBare(text[begin:end], tls)
			if tls.Bits > 0 && tls.Cipher != "" && tls.Version != "" &&
				strings.IndexByte(text[end:], '=') < 0 {
				return
			}
		}
		begin, equals = end+1, -1
	}
}

// readBare reads a word that says by its shape what it is.
func readBare(w string, tls *seedtest.HopTLS) {
	switch {
	case tls.Version == "" && isTLSVersion(w):
		tls.Version = w
	case tls.Bits == 0 && isBits(w):
		tls.Bits = leadingNumber(w)
	case tls.Cipher == "" && isCipher(w):
		tls.Cipher = w
	}
}

// readPair reads "version=TLS1_3", "tlsversion=TLS12" and the like.
func readPair(key, value string, tls *seedtest.HopTLS) {
	switch strings.TrimPrefix(key, "tls") {
	case "version":
		tls.Version = value
	case "bits":
		tls.Bits = leadingNumber(value)
	case "cipher":
		tls.Cipher = value
	}
}

// isTLSVersion knows TLSv1.3, TLS1_3, TLS-1.3 and SSLv3 from TLS_AES_128_GCM_SHA256.
func isTLSVersion(w string) bool {
	if len(w) < 4 || len(w) > 14 || w[:3] != "TLS" && w[:3] != "SSL" {
		return false
	}
	return w[3] == 'v' || w[3] == '-' || isDigit(w[3]) && !strings.HasPrefix(w, "TLS13_")
}

// isBits knows 256, 256/256 and 128bits.
func isBits(w string) bool {
	i := 0
	for i < len(w) && isDigit(w[i]) {
		i++
	}
	return i > 0 && (i == len(w) || w[i] == '/' || w[i:] == "bits")
}

// isCipher reports whether a word can name a cipher suite: they all have a capital or a digit, and
// something between their parts.
func isCipher(w string) bool {
	return len(w) > 5 && strings.ContainsAny(w, "-_") && (w[0] >= 'A' && w[0] <= 'Z' || isDigit(w[0]))
}

func leadingNumber(s string) int {
	n := 0
	for i := 0; i < len(s) && i < 6 && isDigit(s[i]); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
