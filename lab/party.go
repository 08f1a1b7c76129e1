package lab

import (
	"net/netip"
	"time"

	"seedtest"
)

// The addresses of parties, all of documentation networks (RFC 5737).
var (
	workstation = netip.AddrFrom4([4]byte{192, 0, 2, 10}) // where seedtest runs
	oldRelay    = netip.AddrFrom4([4]byte{198, 51, 100, 4})
	newRelay    = netip.AddrFrom4([4]byte{203, 0, 113, 9})
	third       = netip.AddrFrom4([4]byte{198, 51, 100, 77})
)

const workstationName = "ops.example.org"

// The ports of the world's servers.
const (
	portMX        = 25
	portSubmit    = 587
	portSubmitTLS = 465
	portIMAP      = 143
	portIMAPTLS   = 993
)

// relayParty is an outgoing server: a route leads to it.
type relayParty struct {
	route   string
	host    string // its name in DNS and at EHLO
	domain  string // the domain it sends for
	ip      netip.Addr
	reverse string // what its address resolves to
	signs   bool
	exim    bool // writes as Exim does, else as Postfix
	token   bool // takes XOAUTH2 beside passwords
	login   string
	tls     seedtest.TLSMode
	sender  seedtest.Identity
	control bool
}

func relayParties() []relayParty {
	ops := seedtest.Identity{Name: "main", From: "Ops <ops@example.org>",
		EnvelopeFrom: "bounces@example.org"}
	notices := seedtest.Identity{Name: "other", From: "Notices <notices@example.com>",
		EnvelopeFrom: "notices@example.com"}
	return []relayParty{
		{route: "old", host: "mail1.example.org", domain: "example.org", ip: oldRelay,
			reverse: "mail1.example.org", signs: true, login: "ops",
			tls: seedtest.TLSStartTLS, sender: ops},
		{route: "new", host: "mail2.example.org", domain: "example.org", ip: newRelay,
			reverse: "static-9.hosting.example", exim: true, login: "ops",
			tls: seedtest.TLSStartTLS, sender: ops},
		{route: "control", host: "smtp.example.com", domain: "example.com", ip: third,
			reverse: "smtp.example.com", signs: true, token: true, login: "notices@example.com",
			tls: seedtest.TLSImplicit, sender: notices, control: true},
	}
}

// submission returns where a route's clients connect.
func (p relayParty) submission() seedtest.Endpoint {
	port := portSubmit
	if p.tls == seedtest.TLSImplicit {
		port = portSubmitTLS
	}
	return seedtest.Endpoint{Host: p.host, Port: port, TLS: p.tls}
}

// providerParty is a mailbox provider: a domain with an MX and an IMAP server.
type providerParty struct {
	preset  seedtest.Provider
	domain  string
	mx      string // host names
	imap    string
	mxIP    netip.Addr
	imapIP  netip.Addr
	style   imapStyle
	policy  policy
	dialect dialect
	seeds   []string // names of its accounts
	token   bool     // its accounts sign in with a token
	grey    bool     // it lets new senders wait

	secondThoughts bool // it moves mail to junk after delivery
}

func (p providerParty) id() string { return p.preset.ID }

func providerParties() []providerParty {
	list := []providerParty{
		{mx: "mx.gmail-like.example", style: gmailLike, policy: gmailPolicy,
			dialect: gmailDialect{}, seeds: []string{"gmail-a", "gmail-b"}},
		{mx: "mx1.protection.outlook-like.example", style: outlookLike, policy: outlookPolicy,
			dialect: outlookDialect{}, seeds: []string{"outlook-a", "outlook-b"}, token: true,
			secondThoughts: true},
		{mx: "mx.strict.example", style: strictLike, policy: strictPolicy,
			dialect: rspamdDialect{}, seeds: []string{"strict-a"}},
		{mx: "mx1.greylist.example", style: greylistLike, policy: lenientPolicy,
			dialect: eximDialect{}, seeds: []string{"greylist-a"}, grey: true},
		{mx: "mx.silent.example", style: silentLike, policy: silentPolicy,
			dialect: milterDialect{}, seeds: []string{"silent-a"}},
		{mx: "mx2.local.example", style: localLike, policy: scorePolicy,
			dialect: assassinDialect{}, seeds: []string{"local-a"}},
		{mx: "mx.broken.example", style: brokenLike, policy: lenientPolicy,
			dialect: milterDialect{}, seeds: []string{"broken-a"}},
	}
	for i := range list {
		p := &list[i]
		p.domain = p.style.id + ".example"
		p.imap = "imap." + p.domain
		p.mxIP = netip.AddrFrom4([4]byte{192, 0, 2, byte(20 + 10*i)})
		p.imapIP = p.mxIP.Next()
		p.preset = presetOf(*p)
	}
	return list
}

// mailbox returns where a provider's accounts are read.
func (p providerParty) mailbox() seedtest.Endpoint {
	if p.style.startTLS {
		return seedtest.Endpoint{Host: p.imap, Port: portIMAP, TLS: seedtest.TLSStartTLS}
	}
	return seedtest.Endpoint{Host: p.imap, Port: portIMAPTLS, TLS: seedtest.TLSImplicit}
}

// idleRestart is how long a client should stay in IDLE at a stretch.
const idleRestart = 9 * time.Minute

// presetOf is what an owner of the provider's accounts would know of it.
func presetOf(p providerParty) seedtest.Provider {
	out := seedtest.Provider{ID: p.style.id, Name: p.style.id + " (lab)", Server: p.mailbox(),
		Username: "email", Classes: p.style.classes, IdleRestart: idleRestart,
		Trust: p.dialect.trust(p.mx)}
	if len(p.style.classes) > 0 {
		out.ClassBy = seedtest.ClassXGMRAW
	}
	for _, box := range p.style.boxes {
		switch box.role {
		case seedtest.RoleJunk:
			out.Junk = []string{box.name}
		case seedtest.RoleAll:
			out.Essential = []string{box.name}
		}
	}
	return out
}
