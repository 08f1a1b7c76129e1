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
//	RDNS(IP, HELO HELO)             smap
//	RDNS ([IP]:PORT "EHLO HELO" ident: "U")   ZMailer
//	HELO (Not Verified[IP])         MailMarshal
//	HELO(mailfrom:X fp:Y ip:IP)     Alibaba
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
	unseen   bool // the receiver says that it knows no address
	anew     bool // a comment has begun that has given no address yet
	glued    bool // a comment follows the name without a blank, as in smap and obtuse smtpd
}

// The places of an address, the one that says most about who connected last.
const (
	rankName    = iota + 1 // in place of the name, which the client may have chosen
	rankLiteral            // the same in brackets
	rankWord               // behind the name
	rankBare               // in a comment
	rankBracket            // in a comment, in brackets
)

// readFrom reads the clause into a hop. verified says that the server which wrote it puts a name
// that it has verified in front.
func readFrom(tokens []header.Token, verified bool, from *seedtest.HopFrom) {
	c := client{verified: verified}
	for i := range tokens {
		switch t := &tokens[i]; {
		case t.Kind == header.KindComment:
			c.glued = c.glued || i == 1 && tokens[0].End == t.Start && beginsWithIP(t.Text)
			c.readComment(t.Text)
		case i == 0 || c.first == "" && tokens[0].Kind == header.KindComment:
			c.name(t.Text)
		default:
			c.more(t.Text, tokens[i-1].Text)
		}
	}
	c.settle(from)
}

// more reads a word behind the one in front.
func (c *client) more(word, before string) {
	switch {
	case before == "be" && c.helo == "":
		c.setHELO(word)
	case strings.HasPrefix(word, "["):
		if c.address(word, rankWord) && c.rdns != "" && c.helo == "" {
			c.helo, c.rdns = c.rdns, ""
		}
	}
}

func beginsWithIP(comment string) bool {
	w, _ := nextWord(comment, &commentBetween)
	_, ok := readIP(w)
	return ok
}

func (c *client) name(word string) {
	c.first = word
	if ip, ok := readIP(word); ok {
		c.ip, c.rank = ip, rankName
		if word[0] == '[' {
			c.rank = rankLiteral
		}
	}
}

// address takes an address, if word is one. Of two in comments the second counts, as what a client
// says of itself comes before what the receiver saw.
func (c *client) address(word string, rank int) bool {
	ip, ok := readIP(word)
	if ok {
		c.take(ip, rank)
	}
	return ok
}

func (c *client) take(ip netip.Addr, rank int) {
	if rank > c.rank || rank == c.rank && rank >= rankBare {
		c.ip, c.rank = ip, rank
		c.comment = c.comment || rank >= rankBare
	}
}

// settle decides which name is the client's own and which one the receiver found.
func (c *client) settle(from *seedtest.HopFrom) {
	from.HELO, from.RDNS, from.User, from.IP = bare(c.helo), bare(c.rdns), c.user, c.ip
	if c.unseen && c.rank <= rankLiteral {
		from.IP = netip.Addr{}
	}
	named := c.first != "" && c.first[0] != '['
	if c.helo == "" && !c.greeted {
		from.HELO = bare(c.first)
		named = named && (c.verified || c.glued) && c.comment
	}
	if from.RDNS == "" && named && (c.comment || c.rank == 0 || c.rank == rankWord) {
		from.RDNS = bare(c.first)
	}
}

// readComment reads one comment of the clause. Comments about TLS and the like say nothing of the
// client's names.
func (c *client) readComment(text string) {
	if startsAside(text) || c.ordinaryComment(text) || strings.Contains(text, "://") {
		return
	}
	c.readWords(text)
}

// readWords reads the words of a comment that says something of the client.
func (c *client) readWords(text string) {
	c.anew = true
	count, named, before := 0, "", ""
	w, rest := nextWord(text, &commentBetween)
	for ; w != ""; w, rest = nextWord(rest, &commentBetween) {
		count++
		if i := strings.IndexByte(w, '['); i > 0 && w[i-1] != '@' && w[i-1] != '=' { // NAME[IP]
			if named == "" {
				named = w[:i]
			}
			w = w[i:]
		}
		switch more, known := c.readWord(w, rest); {
		case known:
			rest = more
		case c.commentAddress(w):
			if !c.anew { // the second one: (192.0.2.1 [192.0.2.1]), or behind a greeting
				named = before
			}
			c.anew = false
		case w[0] == '[': // "[unknown]", "[local]", "[unix socket]"
			c.unseen = true
		case named != "" || !isNamePart(w):
		case count == 1 || count == 2 && strings.IndexByte(w, '.') >= 0:
			named = w
		}
		before = w
	}
	c.findReverse(named, count)
}

// ordinaryComment is readWords for "RDNS [IP]", "[IP]" and "IP", which most comments are that say
// something of the client. It reads no others.
func (c *client) ordinaryComment(text string) bool {
	i := strings.IndexByte(text, ' ')
	name, literal := text[:max(i, 0)], text[i+1:]
	if i >= 0 && !isOnlyName(name) {
		return false
	}
	rank := rankBare
	if n := len(literal); n > 2 && literal[0] == '[' && literal[n-1] == ']' {
		rank, literal = rankBracket, literal[1:n-1]
	} else if i >= 0 {
		return false
	}
	ip, ok := ordinaryIP(literal)
	if !ok {
		return false
	}
	c.anew = false
	c.take(ip, rank)
	if i >= 0 {
		c.rdns = name
	}
	return true
}

// isOnlyName reports whether a word of a comment is a name, and none of the words that say what the
// next one is. An address in its place is taken for a name too.
func isOnlyName(w string) bool {
	return isHostName(w) && w != "verified" && w != "Not" && !isGreeting(w) && !isWord(w, "account")
}

// readWord reads a word of a comment that says what it or the next one is, and returns what
// follows them.
func (c *client) readWord(w, rest string) (more string, known bool) {
	switch i := strings.IndexByte(w, '='); {
	case i >= 0:
		c.pair(w[:i], w[i+1:])
	case isGreeting(w):
		c.greeted = true
		w, rest = nextWord(rest, &commentBetween)
		c.setHELO(w)
	case w == "verified":
		c.verified = true
	case isWord(w, "account"), w == "ident:":
		w, rest = nextWord(rest, &commentBetween)
		c.setUser(w)
	case strings.HasPrefix(w, "ip:"):
		c.address(w[len("ip:"):], rankBare)
	default:
		return rest, false
	}
	return rest, true
}

// findReverse takes the name in a comment for the one that the receiver found: beside an address,
// or alone if it cannot be anything else.
func (c *client) findReverse(named string, words int) {
	if named == "" || named == "Not" { // (Not Verified[192.0.2.1])
		return
	}
	host := named[strings.LastIndexByte(named, '@')+1:]
	if !c.anew || c.rdns == "" && words == 1 && isFullName(host) {
		c.reverse(named)
	}
}

// isNamePart rules out what stands with a colon in a comment, such as "mailfrom:x@example.org" of
// Alibaba's, other than "IDENT:user@RDNS" of Sendmail's.
func isNamePart(w string) bool {
	return strings.IndexByte(w, ':') < 0 || len(w) > 6 && strings.EqualFold(w[:6], "ident:")
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
var asides = [...]string{"using ", "Using ", "No client", "Client did", "Client CN", "not using",
	"version=", "envelope-", "Authenticated", "authenticated", "AUTH:", "IDENT: ", "Exim", "Postfix",
	"TLS", "for ", "Cipher", "authid", "Authid", "verified OK", "proxying for ", "SquirrelMail "}

// asidesBy holds the asides by their first byte, which tells nearly all other comments.
var asidesBy = func() (by [256][]string) {
	for _, a := range asides {
		by[a[0]] = append(by[a[0]], a)
	}
	return by
}()

func startsAside(text string) bool {
	if text == "" {
		return false
	}
	for _, a := range asidesBy[text[0]] {
		if strings.HasPrefix(text, a) {
			return true
		}
	}
	return false
}

// byteSet holds the bytes for which it is true.
type byteSet [256]bool

// commentBetween are the bytes between the words of a comment.
var commentBetween = byteSet{' ': true, '\t': true, '(': true, ')': true, '"': true}

// nextWord returns the first word of a text, or "", and what follows it.
func nextWord(text string, between *byteSet) (word, rest string) {
	begin := 0
	for begin < len(text) && between[text[begin]] {
		begin++
	}
	end := begin
	for end < len(text) && !between[text[end]] {
		end++
	}
	return text[begin:end], text[end:]
}
