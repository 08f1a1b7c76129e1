package sender

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// gramLen is how many octets of a secret in a row are never shown. Less than that tells nothing,
// and would hide words that only look like a part of it.
const gramLen = 8

// redactor takes a secret out of what a server says: whole or in part, in any case of letters, plain,
// in base64, which is how it was sent, or as quoting writes it. It is for servers that repeat what
// they were given; one that wants to betray it finds a form of its own. A nil redactor hides nothing.
type redactor struct {
	grams map[string]bool // each gramLen octets of a form
	short []string        // forms with fewer octets
}

// maxSecrets bounds how many secrets are kept in mind, the last ones that were used.
const maxSecrets = 16

// secrets are those of all connections of a Client: what a server was told by one it may repeat on
// another, and a token that was renewed may still be good.
type secrets struct {
	mu     sync.Mutex
	list   []string
	redact atomic.Pointer[redactor]
}

// learn is called before a secret is told.
func (k *secrets) learn(secret string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Contains(k.list, secret) {
		return
	}
	k.list = append(k.list[max(0, len(k.list)-maxSecrets+1):], secret)
	k.redact.Store(newRedactor(k.list...))
}

// hide takes them out of a text. Nil are the secrets of a program, which is told none.
func (k *secrets) hide(s string) string {
	if k == nil {
		return s
	}
	return k.redact.Load().hide(s)
}

func newRedactor(secrets ...string) *redactor {
	r := &redactor{grams: make(map[string]bool)}
	for _, secret := range secrets {
		r.learn(secret)
	}
	return r
}

// learn adds the forms of a secret.
func (r *redactor) learn(secret string) {
	r.add(secret)
	for _, form := range quoted(secret) {
		r.add(form)
	}
	for offset := range 3 { // in base64 a text looks different at each place within three octets
		for _, code := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			text := code.EncodeToString([]byte(strings.Repeat("\x00", offset) + secret))
			from := (offset*8 + 5) / 6 // what comes before depends on the neighbour
			to := (offset + len(secret)) * 8 / 6
			if to-from >= 4 { // less would be found in any text
				r.add(text[from:to])
			}
		}
	}
}

// quoted are the forms that a text has in quotes, in quoted-printable, in a URL, in HTML and in
// hexadecimal digits.
func quoted(text string) []string {
	backslashed, ascii := strconv.Quote(text), strconv.QuoteToASCII(text)
	var qp strings.Builder
	w := quotedprintable.NewWriter(&qp)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	inJSON, _ := json.Marshal(text) // a string always has a form
	return []string{
		string(inJSON[1 : len(inJSON)-1]), strings.ReplaceAll(text, "/", `\/`),
		backslashed[1 : len(backslashed)-1], ascii[1 : len(ascii)-1],
		strings.ReplaceAll(qp.String(), "=\r\n", ""), url.PathEscape(text), url.QueryEscape(text),
		html.EscapeString(text), hex.EncodeToString([]byte(text)),
	}
}

func (r *redactor) add(form string) {
	form = lower(form)
	if len(form) < gramLen {
		if form != "" && !slices.Contains(r.short, form) {
			r.short = append(r.short, form)
		}
		return
	}
	for i := range len(form) - gramLen + 1 {
		r.grams[form[i:i+gramLen]] = true
	}
}

// hide puts "(secret)" where the secret stands.
func (r *redactor) hide(s string) string {
	if r == nil || s == "" {
		return s
	}
	var b strings.Builder
	text, shown := lower(s), 0
	for i := 0; i < len(s); {
		n := r.at(text, i)
		if n == 0 {
			i++
			continue
		}
		b.WriteString(s[shown:i] + "(secret)")
		i += n
		shown = i
	}
	return b.String() + s[shown:]
}

// at returns how many octets from i on are secret.
func (r *redactor) at(text string, i int) int {
	end := i
	for j := i; j <= end && j+gramLen <= len(text); j++ {
		if r.grams[text[j:j+gramLen]] {
			end = j + gramLen
		}
	}
	for _, form := range r.short {
		if strings.HasPrefix(text[i:], form) {
			end = max(end, i+len(form))
		}
	}
	return end - i
}

// lower maps the octets of ASCII only, so that every place stays the same.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
