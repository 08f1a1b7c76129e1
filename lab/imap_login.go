package lab

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// starttls goes on in TLS. What the client sent in plain text behind the command is thrown away:
// somebody else may have put it there.
func (c *imapConn) starttls(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if !c.mayEncrypt() {
		return imapBad("STARTTLS is not to be had")
	}
	c.upgrade = true
	return imapOK("Begin TLS negotiation now")
}

func (c *imapConn) login(p *imapParser) imapReply {
	p.space()
	user := p.astring()
	p.space()
	password := p.astring()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if c.account != nil {
		return imapBad("Already signed in")
	}
	if c.mayEncrypt() {
		return imapNo("PRIVACYREQUIRED", "Encrypt the connection first")
	}
	if c.style.offers("LOGINDISABLED") {
		return imapNo("", "LOGIN failed.")
	}
	return c.signIn(user, password)
}

// authenticate is AUTHENTICATE with an initial response (RFC 4959) or without.
func (c *imapConn) authenticate(p *imapParser) imapReply {
	p.space()
	mechanism := strings.ToUpper(p.atom())
	initial, given := "", p.skip(' ')
	if given {
		initial, p.rest = string(p.rest), nil
	}
	switch {
	case p.err != nil:
		return p.refusal()
	case c.account != nil:
		return imapBad("Already signed in")
	case c.mayEncrypt():
		return imapNo("PRIVACYREQUIRED", "Encrypt the connection first")
	case !c.style.offers("AUTH=" + mechanism):
		return imapNo("", "Unsupported authentication mechanism")
	case given && !c.style.offers("SASL-IR"):
		return imapBad("AUTHENTICATE takes one argument")
	}
	if mechanism == "LOGIN" {
		return c.authLogin()
	}
	response, refused := c.response(initial, given)
	if refused != nil {
		return *refused
	}
	return c.credentials(mechanism, response)
}

// response returns the client's first response, which it may have sent along.
func (c *imapConn) response(initial string, given bool) (string, *imapReply) {
	if given && initial == "=" {
		return "", nil
	}
	if !given {
		return c.challenge("")
	}
	return unBase64(initial)
}

// challenge sends a challenge and reads the response to it.
func (c *imapConn) challenge(text string) (string, *imapReply) {
	line, err := c.proceed(base64.StdEncoding.EncodeToString([]byte(text)))
	if err != nil {
		c.over = true
		return "", &imapReply{}
	}
	if line == "*" {
		cancelled := imapBad("AUTHENTICATE cancelled")
		return "", &cancelled
	}
	return unBase64(line)
}

func unBase64(coded string) (string, *imapReply) {
	text, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		bad := imapBad("Invalid base64")
		return "", &bad
	}
	return string(text), nil
}

// authLogin asks for name and password one by one, as some clients of old need it.
func (c *imapConn) authLogin() imapReply {
	user, refused := c.challenge("Username:")
	if refused != nil {
		return *refused
	}
	password, refused := c.challenge("Password:")
	if refused != nil {
		return *refused
	}
	return c.signIn(user, password)
}

// credentials signs in with what the client's response holds.
func (c *imapConn) credentials(mechanism, response string) imapReply {
	var user, secret string
	switch mechanism {
	case "PLAIN": // RFC 4616
		parts := strings.Split(response, "\x00")
		if len(parts) != 3 {
			return imapBad("Invalid PLAIN response")
		}
		user, secret = parts[1], parts[2]
	case "XOAUTH2", "OAUTHBEARER":
		return c.bearer(bearerOf(response))
	}
	return c.signIn(user, secret)
}

// bearer signs in with a token: the account's own, or one of the authorization server.
func (c *imapConn) bearer(user, token string) imapReply {
	why := `{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`
	if a := c.server.account(user); a != nil && a.oauth != nil && a.password != token {
		refused, ok := a.oauth.Opens(user, token)
		if why = refused; ok {
			token = a.password
		}
	}
	reply := c.signIn(user, token)
	if reply.status == "NO" {
		return c.explain(why, reply)
	}
	return reply
}

// bearerOf reads user and token: "user=U ^A auth=Bearer T ^A ^A", or RFC 7628's "n,a=U, ^A ...".
func bearerOf(response string) (user, token string) {
	for part := range strings.SplitSeq(response, "\x01") {
		if u, ok := strings.CutPrefix(part, "user="); ok {
			user = u
		}
		if _, u, ok := strings.Cut(part, ",a="); ok {
			user = strings.TrimSuffix(u, ",")
		}
		if t, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = t
		}
	}
	return user, token
}

// explain tells a client whose token is refused why, in a challenge that it must answer with
// something before it is refused.
func (c *imapConn) explain(why string, reply imapReply) imapReply {
	line, err := c.proceed(base64.StdEncoding.EncodeToString([]byte(why)))
	if err != nil {
		c.over = true
		return imapReply{}
	}
	if line == "*" {
		return imapBad("AUTHENTICATE cancelled")
	}
	return reply
}

// signIn looks at name and password, or token.
func (c *imapConn) signIn(user, secret string) imapReply {
	a := c.server.account(user)
	if a != nil {
		if reply, ok := c.signInOverLimit(a); ok {
			return reply
		}
		if reply, ok := c.loginFault(a); ok {
			return reply
		}
	}
	if c.style.noLogin != "" {
		return c.refuseLogin(c.style.noLogin)
	}
	if a == nil || subtle.ConstantTimeCompare([]byte(a.password), []byte(secret)) != 1 {
		return c.refuseLogin(c.style.badLogin)
	}
	if !a.limits.enter() {
		return imapNo("ALERT", tooManySessions)
	}
	c.account = a
	return c.welcome()
}

// refuseLogin refuses, and ends the session that tries too often.
func (c *imapConn) refuseLogin(text string) imapReply {
	if c.failed++; c.failed >= imapAuthorizes {
		c.over = true
	}
	return imapReply{status: "NO", text: text}
}

func (c *imapConn) welcome() imapReply {
	reply := imapOK(c.style.loggedIn)
	if strings.Contains(reply.text, "%s") {
		reply.text = fmt.Sprintf(reply.text, c.account.login)
	}
	switch c.style.tell {
	case capsUntagged:
		c.untagged("CAPABILITY %s", c.style.after)
	case capsInCode:
		reply.code = "CAPABILITY " + c.style.after
	}
	return reply
}
