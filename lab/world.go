package lab

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// Options say what world to build. The zero value is a world on loopback where all goes well.
type Options struct {
	Random   uint64            // every random choice follows from it
	Network  Network           // nil: loopback TCP
	Now      func() time.Time  // nil: time.Now
	Log      *slog.Logger      // nil: nothing is logged
	Faults   []Fault           // what goes wrong, from the start
	Greylist time.Duration     // how long the greylisting provider lets a sender wait; 0: 1 s
	OAuth    *OAuth            // whose tokens some seeds take beside their own; nil: nobody's
	Limits   map[string]Limits // of each account, by provider; none: but for connections no limit
	Queue    *Queue            // of the relays of example.org, which report what becomes of mail; nil: none

	// Before is told of each IMAP command of a seed, by its name, before it is carried out: what it
	// does to the seed happens while a client reads. nil: nobody is told.
	Before func(seed, command string)
}

// World is a running mail world.
type World struct {
	options   Options
	now       func() time.Time
	logger    *slog.Logger
	network   Network
	ports     ports
	authority *authority
	zone      *zone
	dns       *dnsServer // nil on pipes
	resolver  *resolver
	faults    *faultBook
	truth     *truthLog
	relays    []*relay
	mxs       []*mx
	mailboxes []*imapServer
	seeds     []*seed
	returns   *seed // the account that delivery reports come to; nil: nobody has a queue

	ctx    context.Context // ends when the world is closed
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	once   sync.Once
	ended  error
}

// seed is an account at a provider.
type seed struct {
	name     string
	address  string
	secret   seedtest.Secret
	provider providerParty
	account  *account
	sorts    map[string]string // words of a subject, and the class they mean to its owner
}

const defaultGreylist = time.Second

// Start builds a world. Everything listens when it returns. The world ends with ctx or at Close,
// whichever is first; Close must be called in any case.
func Start(ctx context.Context, o Options) (*World, error) {
	w := newWorld(o)
	w.ctx, w.cancel = context.WithCancel(ctx)
	if err := w.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w", err), w.Close())
	}
	context.AfterFunc(w.ctx, func() { _ = w.Close() })
	return w, nil
}

func newWorld(o Options) *World {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Network == nil {
		o.Network = newLoopback()
	}
	if o.Greylist == 0 {
		o.Greylist = defaultGreylist
	}
	return &World{options: o, now: o.Now, logger: o.Log, network: o.Network,
		faults: newFaultBook(o.Now, o.Faults...), truth: newTruthLog(o.Now)}
}

// open makes the parties and opens their ports.
func (w *World) open() error {
	var err error
	if w.authority, err = newAuthority(); err != nil {
		return err
	}
	w.populate()
	w.zone = w.publish()
	if err := w.openDNS(); err != nil {
		return err
	}
	for _, r := range w.relays {
		if err := r.start(); err != nil {
			return err
		}
	}
	for _, m := range w.mxs {
		if err := m.start(); err != nil {
			return err
		}
		if err := w.openIMAP(m.providerParty); err != nil {
			return err
		}
	}
	if w.returns != nil {
		if err := w.openIMAP(w.returns.provider); err != nil {
			return err
		}
	}
	return w.openOAuth()
}

// populate makes relays, providers and seeds.
func (w *World) populate() {
	if w.options.Queue != nil {
		w.returns = w.newSeed(returnParty(), ReturnPath)
	}
	for _, p := range relayParties() {
		r := &relay{relayParty: p, world: w, secret: w.secret("relay " + p.route), key: w.key(p.host),
			queueIDs: &queueIDs{exim: p.exim}}
		if w.returns != nil && p.sender.EnvelopeFrom == w.returns.address {
			r.queue = w.options.Queue
		}
		w.relays = append(w.relays, r)
	}
	for _, p := range providerParties() {
		_, exim := p.dialect.(eximDialect)
		w.mxs = append(w.mxs, &mx{providerParty: p, world: w, triplets: map[string]time.Time{},
			queueIDs: &queueIDs{exim: exim}})
		for _, name := range p.seeds {
			w.seeds = append(w.seeds, w.newSeed(p, name))
		}
	}
}

func (w *World) newSeed(p providerParty, name string) *seed {
	s := &seed{name: name, address: name + "@" + p.domain, secret: w.secret("seed " + name),
		provider: p}
	s.account = newAccount(p.style, s.address, s.secret.Reveal(), w.now)
	s.account.seed = name
	w.limit(s)
	s.account.changed = func(c accountChange) { w.truth.changed(name, c) }
	if w.options.Before != nil {
		s.account.before = func(command string) { w.options.Before(name, command) }
	}
	if name == "gmail-b" {
		s.sorts = map[string]string{"weekly": "promotions"}
	}
	return s
}

func (w *World) openDNS() error {
	if _, sockets := w.network.(*loopback); !sockets {
		w.resolver = inProcess(w.zone)
		return nil
	}
	var err error
	if w.dns, err = serveDNS(w.zone, w.logger); err != nil {
		return err
	}
	w.resolver = overNetwork(w.dns.addr)
	return nil
}

func (w *World) openIMAP(p providerParty) error {
	config, err := w.authority.server(p.imap)
	if err != nil {
		return err
	}
	at := netip.AddrPortFrom(p.imapIP, uint16(p.mailbox().Port))
	l, err := w.network.listen(at)
	if err != nil {
		return err
	}
	var accounts []*account
	for _, s := range append(slices.Clone(w.seeds), w.returns) {
		if s != nil && s.provider.id() == p.id() {
			accounts = append(accounts, s.account)
		}
	}
	w.mailboxes = append(w.mailboxes,
		serveIMAP(l, p.style, accounts, config, w.faults, w.logger))
	return nil
}

// Close ends the world and waits for everything in it.
func (w *World) Close() error {
	w.once.Do(func() {
		w.cancel()
		for _, r := range w.relays {
			w.end(r.server)
		}
		for _, m := range w.mxs {
			w.end(m.server)
		}
		for _, s := range w.mailboxes {
			w.ended = errors.Join(w.ended, s.Close())
		}
		w.tasks.Wait()
		if w.dns != nil {
			w.ended = errors.Join(w.ended, w.dns.Close())
		}
	})
	return w.ended
}

func (w *World) end(s *smtpServer) {
	if s != nil {
		w.ended = errors.Join(w.ended, s.Close())
	}
}

// seedAt returns the seed of an address, nil if there is none.
func (w *World) seedAt(address string) *seed {
	for _, s := range w.seeds {
		if strings.EqualFold(s.address, address) {
			return s
		}
	}
	return nil
}

// routeAt returns the route whose relay has the address, empty if none has.
func (w *World) routeAt(ip netip.Addr) string {
	for _, r := range w.relays {
		if r.ip == ip {
			return r.route
		}
	}
	return ""
}

// derive makes 32 octets that follow from the world's random number and a purpose.
func (w *World) derive(purpose string) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s", w.options.Random, purpose))
}

func (w *World) secret(purpose string) seedtest.Secret {
	sum := w.derive(purpose)
	return seedtest.Secret(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15])))
}

func (w *World) key(host string) ed25519.PrivateKey {
	sum := w.derive("dkim " + host)
	return ed25519.NewKeyFromSeed(sum[:])
}

// draw returns random numbers for one decision about a message. They follow from the route, the
// seed and how many messages went that way before, so that they do not depend on what happens
// elsewhere at the same time.
func (w *World) draw(decision string, about mailing) *rand.Rand {
	n := w.truth.place(about)
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, decision, " ", about.route, " ", about.seed, " ", n)
	return rand.New(rand.NewPCG(w.options.Random, h.Sum64()))
}

// Roots returns the world's own certificate authority.
func (w *World) Roots() *x509.CertPool { return w.authority.roots() }

// CA returns the certificate of the world's own authority in PEM form.
func (w *World) CA() []byte { return w.authority.pem() }

// DNS returns where the world's DNS server listens, over UDP and TCP; "" on pipes.
func (w *World) DNS() string {
	if w.dns == nil {
		return ""
	}
	return w.dns.addr
}

// Truth returns what happened so far, in the order in which the messages arrived.
func (w *World) Truth() []Truth { return w.truth.copy() }

// Inject lets something go wrong from now on; lift ends it.
func (w *World) Inject(f Fault) (lift func()) { return w.faults.inject(f) }

// Logs returns what the relay of a route has logged, in the shape of Postfix's log.
func (w *World) Logs(route string) []string {
	for _, r := range w.relays {
		if r.route == route {
			return r.log.copy()
		}
	}
	return nil
}

// Deliver puts a message into a mailbox of a seed, past all servers and policies.
func (w *World) Deliver(seed, mailbox string, raw []byte) error {
	return w.DeliverAs(seed, mailbox, "", raw)
}

// DeliverAs is Deliver to a class of a mailbox, where the provider has classes; "" is the first.
func (w *World) DeliverAs(seed, mailbox, class string, raw []byte) error {
	a := w.accountOf(seed)
	if a == nil {
		return fmt.Errorf("lab: there is no seed %q", seed)
	}
	_, err := a.deliver(mailbox, class, crlf(raw))
	return err
}

// publish makes the DNS of the world.
func (w *World) publish() *zone {
	z := newZone()
	z.apex("example.net")
	z.host("ns.example.net", netip.AddrFrom4([4]byte{192, 0, 2, 53}), "ns.example.net")
	z.apex("2.0.192.in-addr.arpa")
	z.apex("100.51.198.in-addr.arpa")
	z.apex("113.0.203.in-addr.arpa")
	z.apex("hosting.example")
	z.host(workstationName, workstation, workstationName)
	for _, r := range w.relays {
		z.host(r.host, r.ip, r.reverse)
		if r.signs {
			w.publishSender(z, r)
		}
	}
	for _, m := range w.mxs {
		z.apex(m.domain)
		z.host(m.mx, m.mxIP, m.mx)
		z.host(m.imap, m.imapIP, m.imap)
		z.exchanger(m.domain, m.mx)
		z.text(m.domain, "v=spf1 mx -all")
		z.text("_dmarc."+m.domain, "v=DMARC1; p=reject")
	}
	if w.returns != nil {
		z.host(w.returns.provider.imap, w.returns.provider.imapIP, w.returns.provider.imap)
	}
	z.host(oauthHost, oauthAt.Addr(), oauthHost)
	return z
}

// publishSender publishes what receivers ask about a sender domain whose relay is in order.
func (w *World) publishSender(z *zone, r *relay) {
	z.apex(r.domain)
	z.exchanger(r.domain, r.host)
	z.text(r.domain, "v=spf1 ip4:"+r.ip.String()+" -all")
	z.text("_dmarc."+r.domain, "v=DMARC1; p=quarantine; rua=mailto:dmarc@"+r.domain)
	public := r.key.Public().(ed25519.PublicKey)
	z.text(selector+"._domainkey."+r.domain,
		"v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(public))
}
