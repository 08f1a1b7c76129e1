package lab

import (
	"strings"
)

// imapState is how far a session must be for a command.
type imapState int

const (
	imapAny imapState = iota
	imapSignedIn
	imapOpen
)

// imapCommand is a command that the server knows.
type imapCommand struct {
	from  imapState
	needs string // capability without which the style does not know it
	run   func(*imapConn, *imapParser) imapReply
}

// imapCommands are all commands, by name.
var imapCommands = map[string]imapCommand{
	"CAPABILITY":   {imapAny, "", (*imapConn).capability},
	"NOOP":         {imapAny, "", plainIMAP("NOOP completed", nil)},
	"LOGOUT":       {imapAny, "", (*imapConn).logout},
	"STARTTLS":     {imapAny, "", (*imapConn).starttls},
	"LOGIN":        {imapAny, "", (*imapConn).login},
	"AUTHENTICATE": {imapAny, "", (*imapConn).authenticate},
	"ID":           {imapAny, "ID", (*imapConn).id},

	"ENABLE":      {imapSignedIn, "ENABLE", (*imapConn).enable},
	"NAMESPACE":   {imapSignedIn, "NAMESPACE", (*imapConn).namespace},
	"LIST":        {imapSignedIn, "", (*imapConn).list},
	"LSUB":        {imapSignedIn, "", (*imapConn).lsub},
	"STATUS":      {imapSignedIn, "", (*imapConn).status},
	"CREATE":      {imapSignedIn, "", (*imapConn).create},
	"DELETE":      {imapSignedIn, "", (*imapConn).delete},
	"RENAME":      {imapSignedIn, "", (*imapConn).rename},
	"SUBSCRIBE":   {imapSignedIn, "", subscribeIMAP(true)},
	"UNSUBSCRIBE": {imapSignedIn, "", subscribeIMAP(false)},
	"SELECT":      {imapSignedIn, "", selectIMAP(false)},
	"EXAMINE":     {imapSignedIn, "", selectIMAP(true)},
	"APPEND":      {imapSignedIn, "", (*imapConn).append},
	"IDLE":        {imapSignedIn, "IDLE", (*imapConn).idle},
	"NOTIFY":      {imapSignedIn, "NOTIFY", (*imapConn).notify},

	"GETQUOTAROOT": {imapSignedIn, "QUOTA", (*imapConn).getQuotaRoot},

	"CHECK":       {imapOpen, "", plainIMAP("CHECK completed", nil)},
	"CLOSE":       {imapOpen, "", plainIMAP("CLOSE completed", (*imapConn).closeAndExpunge)},
	"UNSELECT":    {imapOpen, "UNSELECT", plainIMAP("UNSELECT completed", (*imapConn).closeView)},
	"EXPUNGE":     {imapOpen, "", (*imapConn).expunge},
	"UID EXPUNGE": {imapOpen, "UIDPLUS", (*imapConn).uidExpunge},
	"FETCH":       {imapOpen, "", fetchIMAP(false)},
	"UID FETCH":   {imapOpen, "", fetchIMAP(true)},
	"SEARCH":      {imapOpen, "", searchIMAP(false)},
	"UID SEARCH":  {imapOpen, "", searchIMAP(true)},
	"STORE":       {imapOpen, "", storeIMAP(false)},
	"UID STORE":   {imapOpen, "", storeIMAP(true)},
	"COPY":        {imapOpen, "", transferIMAP("COPY", false)},
	"UID COPY":    {imapOpen, "", transferIMAP("COPY", true)},
	"MOVE":        {imapOpen, "MOVE", transferIMAP("MOVE", false)},
	"UID MOVE":    {imapOpen, "MOVE", transferIMAP("MOVE", true)},
}

// plainIMAP is a command without arguments that does what do does, if anything.
func plainIMAP(done string, do func(*imapConn)) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		if p.end(); p.err != nil {
			return p.refusal()
		}
		if do != nil {
			do(c)
		}
		return imapOK(done)
	}
}

// capabilities are those that hold now.
func (c *imapConn) capabilities() string {
	switch {
	case c.account != nil:
		return c.style.after
	case c.mayEncrypt():
		return withoutAuth(c.style.before) + " STARTTLS LOGINDISABLED"
	}
	return c.style.before
}

// mayEncrypt reports whether STARTTLS must come first.
func (c *imapConn) mayEncrypt() bool {
	return c.style.startTLS && !c.secure && c.server.tls != nil
}

func withoutAuth(caps string) string {
	var kept []string
	for name := range strings.FieldsSeq(caps) {
		if !strings.HasPrefix(name, "AUTH=") && name != "LOGINDISABLED" {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, " ")
}

func (c *imapConn) capability(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.untagged("CAPABILITY %s", c.capabilities())
	return imapOK("CAPABILITY completed")
}

func (c *imapConn) logout(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.closeView()
	c.untagged("BYE Logging out")
	c.over = true
	return imapOK("LOGOUT completed")
}

// id answers with the style's own fields, whatever the client says of itself (RFC 2971).
func (c *imapConn) id(p *imapParser) imapReply {
	p.space()
	if p.next('(') {
		p.list(func() { c.idValue(p) })
	} else if !strings.EqualFold(p.atom(), "NIL") {
		p.fail("expected NIL or a list")
	}
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if len(c.style.ids) == 0 {
		c.untagged("ID NIL")
		return imapOK("ID completed")
	}
	quoted := make([]string, len(c.style.ids))
	for i, word := range c.style.ids {
		quoted[i] = imapQuoted(word)
	}
	c.untagged("ID (%s)", strings.Join(quoted, " "))
	return imapOK("ID completed")
}

func (c *imapConn) idValue(p *imapParser) {
	if p.next('"') || p.next('{') {
		p.str()
	} else if !strings.EqualFold(p.atom(), "NIL") {
		p.fail("expected NIL or a string")
	}
}

// enable knows nothing that could be enabled, which is no error (RFC 5161 section 3.1).
func (c *imapConn) enable(p *imapParser) imapReply {
	for p.space(); p.err == nil; p.space() {
		if p.atom(); len(p.rest) == 0 {
			break
		}
	}
	if p.err != nil {
		return p.refusal()
	}
	c.untagged("ENABLED")
	return imapOK("ENABLE completed")
}

func (c *imapConn) namespace(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	prefix := ""
	if c.style.delim == '.' {
		prefix = "INBOX."
	}
	c.untagged(`NAMESPACE ((%s "%c")) NIL NIL`, imapQuoted(prefix), c.style.delim)
	return imapOK("NAMESPACE completed")
}

// imapQuoted is a string as a quoted string, or as a literal where it cannot be one.
func imapQuoted(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return imapLiteral([]byte(s))
		}
	}
	return `"` + quotedChars.Replace(s) + `"`
}

var quotedChars = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
