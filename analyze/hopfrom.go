package analyze

import (
	"net/netip"
	"strings"

	"seedtest"
	"seedtest/header"
)

// client gathers what a from clause says of the client. Every server has its own way to say it;
// the shapes, with the server that each is typical of:
//
//	HELO (RDNS [IP])                Postfix, Sendmail, Gmail, OpenSMTPD, Coremail, Courier
//	HELO ([IP])                     the same without a reverse name, Haraka, Notes, MDaemon
//	HELO (USER@RDNS [IP])           Sendmail with ident
//	HELO (IP)                       Exchange; qmail where the name is both HELO and RDNS
//	RDNS (HELO HELO) (USER@IP)      qmail, and Yahoo with EHLO
//	RDNS ([IP] helo=HELO ident=U)   Exim
//	[IP] (helo=HELO)                Exim without a reverse name
//	([IP] helo=HELO)                Momentum
//	[IP] (account USER HELO HELO)   CommuniGate
//	HELO ([IP] RDNS)                ZoneMTA
//	HELO [IP]                       fetchmail, SLmail
//	RDNS (HELO) [IP]                Exim 3
//	RDNS(IP), claiming to be "HELO" obtuse smtpd
type client struct {
	first    string // the word in front
	helo     string
	rdns     string
	user     string
	ip       netip.Addr
	rank     int  // of the place where ip stood
	comment  bool // a comment gave the address
	greeted  bool // the greeting is named, if only as nothing
	verified bool // the receiver says that the name in front is the client's
}

// The places of an address, the one that says most about who connected last.
const (
	rankName    = iota + 1 // in place of the name, which the client may have chosen
	rankLiteral            // the same in brackets
	rankWord               // behind the name
	rankBare               // in a comment
	rankBracket            // in a comment, in brackets
)

// readFrom reads the clause. verified says that the server which wrote it puts a name that it has
// verified in front.
func readFrom(tokens []header.Token, verified bool) seedtest.HopFrom {
	c := client{verified: verified}
	for i, t := range tokens {
		switch {
		case t.Kind == header.KindComment:
			c.readComment(t.Text)
		case i == 0 || c.first == "" && tokens[0].Kind == header.KindComment:
			c.name(t)
		case t.Text[0] == '[':
			if c.address(t.Text, rankWord) && c.rdns != "" && c.helo == "" {
				c.helo, c.rdns = c.rdns, ""
			}
		case tokens[i-1].Text == "be" && c.helo == "":
			c.setHELO(t.Text)
		}
	}
	return c.settle()
}

func (c *client) name(t header.Token) {
	c.first = t.Text
	if ip, ok := readIP(t.Text); ok {
		c.ip, c.rank = ip, rankName
		if t.Text[0] == '[' {
			c.rank = rankLiteral
		}
	}
}

func (c *client) address(word string, rank int) bool {
	ip, ok := readIP(word)
	if ok && rank > c.rank {
		c.ip, c.rank = ip, rank
		c.comment = c.comment || rank >= rankBare
	}
	return ok
}

// settle decides which name is the client's own and which one the receiver found.
func (c *client) settle() seedtest.HopFrom {
	from := seedtest.HopFrom{HELO: bare(c.helo), User: c.user, IP: c.ip, RDNS: bare(c.rdns)}
	named := c.first != "" && c.first[0] != '['
	if c.helo == "" && !c.greeted {
		from.HELO = bare(c.first)
		named = named && c.verified && c.comment
	}
	if from.RDNS == "" && named && (c.comment || c.rank == 0 || c.rank == rankWord) {
		from.RDNS = bare(c.first)
	}
	return from
}

// readComment reads one comment of the clause. Comments about TLS and the like say nothing of the
// client's names.
func (c *client) readComment(text string) {
	if isAside(text) {
		return
	}
	words := commentWords{text: text}
	count, named := 0, ""
	addressed := false
	for w := words.next(); w != ""; w = words.next() {
		count++
		if i := strings.IndexByte(w, '['); i > 0 && w[i-1] != '@' && named == "" { // NAME[IP]
			named, w = w[:i], w[i:]
		}
		switch key, value, pair := strings.Cut(w, "="); {
		case pair:
			c.pair(key, value)
		case isGreeting(w):
			c.greeted = true
			c.setHELO(words.next())
		case w == "verified":
			c.verified = true
		case strings.EqualFold(w, "account"):
			c.setUser(words.next())
		case c.commentAddress(w):
			if addressed = true; count == 1 && isDigit(w[0]) && words.text != "" {
				named = w // (192.0.2.1 [192.0.2.1]): an address in the place of the name
			}
		case named == "" && (count == 1 || count == 2 && strings.Contains(w, ".")):
			named = w
		}
	}
	host := named[strings.LastIndexByte(named, '@')+1:]
	if named != "" && c.rdns == "" && (addressed || count == 1 && isFullName(host)) {
		c.reverse(named)
	}
}

// commentAddress reads "[IP]", "IP", "user@[IP]" or "user@IP".
func (c *client) commentAddress(w string) bool {
	user := ""
	if i := strings.LastIndexByte(w, '@'); i >= 0 {
		if _, ok := readIP(w[i+1:]); !ok {
			return false
		}
		user, w = w[:i], w[i+1:]
	}
	rank := rankBare
	if strings.HasPrefix(w, "[") {
		rank = rankBracket
	}
	if !c.address(w, rank) {
		return false
	}
	c.setUser(user)
	return true
}

// reverse takes "RDNS" or "user@RDNS".
func (c *client) reverse(w string) {
	if i := strings.LastIndexByte(w, '@'); i >= 0 {
		c.setUser(w[:i])
		w = w[i+1:]
	}
	if isHostName(w) {
		c.rdns = w
	}
}

// pair reads Exim's "helo=NAME" and "ident=USER".
func (c *client) pair(key, value string) {
	switch {
	case isGreeting(key):
		c.setHELO(value)
	case strings.EqualFold(key, "ident"):
		c.setUser(value)
	}
}

func (c *client) setHELO(w string) {
	if c.helo == "" {
		c.helo = strings.Trim(w, `",;<>`)
	}
}

// setUser takes a login or an answer of ident, without the words that say which it is.
func (c *client) setUser(w string) {
	for _, prefix := range [...]string{"IDENT:", "ident:"} {
		w = strings.TrimPrefix(w, prefix)
	}
	if c.user == "" && w != "" && !strings.EqualFold(w, "unknown") {
		c.user = strings.Trim(w, `",;<>`)
	}
}

func isGreeting(w string) bool {
	return len(w) == 4 && (strings.EqualFold(w, "HELO") || strings.EqualFold(w, "EHLO") ||
		strings.EqualFold(w, "LHLO"))
}

// asides are how comments begin that say nothing of the client's names or address.
var asides = [...]string{"using ", "No client", "Client did", "Client CN", "not using", "version=",
	"envelope-", "Authenticated", "authenticated", "AUTH:", "Exim", "Postfix", "TLS", "for ", "Cipher",
	"authid", "Authid", "verified OK"}

func isAside(text string) bool {
	for _, a := range asides {
		if strings.HasPrefix(text, a) {
			return true
		}
	}
	return strings.Contains(text, "://")
}

// commentWords splits a comment at blanks, parentheses and quotation marks.
type commentWords struct {
	text string
}

func (c *commentWords) next() string {
	const between = " \t()\""
	c.text = strings.TrimLeft(c.text, between)
	end := strings.IndexAny(c.text, between)
	if end < 0 {
		end = len(c.text)
	}
	word := c.text[:end]
	c.text = c.text[end:]
	return word
}

// orIP returns the address that it is given or, if that is none, the first one in a text.
func orIP(ip netip.Addr, text string) netip.Addr {
	words := commentWords{text: text}
	for w := words.next(); w != "" && !ip.IsValid(); w = words.next() {
		ip, _ = readIP(w)
	}
	return ip
}

// userElsewhere finds the login in a comment: "(Authenticated sender: anna)" of Postfix,
// "(authenticated user anna)" of Kerio, "(AUTH: LOGIN anna, TLS: ...)" of Courier and the like.
func userElsewhere(r *received) string {
	for _, c := range [...]int{clauseFrom, clauseBy, clauseWith, clauseID, clauseNone} {
		for _, t := range r.clause[c] {
			if t.Kind != header.KindComment {
				continue
			}
			if u := loginIn(t.Text); u != "" {
				return u
			}
		}
	}
	return ""
}

// logins are the words behind which a login stands.
var logins = [...]string{"authenticated sender:", "authenticated user:", "authenticated user ",
	"authenticated as ", "authid:", "authid ", "auth: login ", "auth: plain ", "auth: cram-md5 "}

func loginIn(comment string) string {
	if len(comment) > 500 || len(comment) < 7 || comment[0]|0x20 != 'a' {
		return ""
	}
	lower := strings.ToLower(comment)
	for _, l := range logins {
		if i := strings.Index(lower, l); i >= 0 {
			words := strings.Fields(comment[min(i+len(l), len(comment)):])
			if len(words) > 0 {
				return strings.Trim(words[0], `",;<>`)
			}
		}
	}
	return ""
}
