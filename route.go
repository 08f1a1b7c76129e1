package seedtest

import "time"

// RouteType says how mail leaves by a route.
type RouteType string

// The route types. RouteSMTP hands the message to a relay or submission server; RouteMX to the
// servers that take mail for the recipient's domain; RouteSendmail to a local program; RouteExternal
// to the user, whose own platform sends it.
const (
	RouteSMTP     RouteType = "smtp"
	RouteMX       RouteType = "mx"
	RouteSendmail RouteType = "sendmail"
	RouteExternal RouteType = "external"
)

// TLSMode says when a connection is encrypted.
type TLSMode string

// The TLS modes. TLSStartTLS refuses a server that does not offer STARTTLS; TLSOpportunistic goes
// on in plain text then, and never signs in over it. TLSMTASTS (RFC 8461) and TLSDANE (RFC 7672)
// are of RouteMX: what the recipient's domain publishes decides, and without that they are
// opportunistic.
const (
	TLSStartTLS      TLSMode = "starttls"
	TLSImplicit      TLSMode = "implicit"
	TLSOpportunistic TLSMode = "opportunistic"
	TLSNone          TLSMode = "none"
	TLSMTASTS        TLSMode = "mta-sts"
	TLSDANE          TLSMode = "dane"
)

// Endpoint is a server's address: a host name or an address, a port, and how TLS begins.
type Endpoint struct {
	Host string  `json:"host"`
	Port int     `json:"port"`
	TLS  TLSMode `json:"tls"`
}

// Login is how to sign in to a server. At most one of Password and Token is set; neither means
// that no sign-in is tried. Neither is ever encoded.
type Login struct {
	Username string       `json:"username,omitempty"`
	Password SecretSource `json:"-"` // PLAIN or LOGIN
	Token    SecretSource `json:"-"` // an OAuth access token, for XOAUTH2 or OAUTHBEARER
	OAuth    *OAuth       `json:"-"` // where Token's tokens come from; nil: Token knows by itself

	By LoginBy `json:"by,omitempty"` // which of these; empty: not said
}

// LoginBy is by what an account is opened.
type LoginBy string

// The ways. Tokens of ByConsent are ours to renew, and those of ByToken another program's.
const (
	ByPassword LoginBy = "password"
	ByConsent  LoginBy = "oauth"
	ByToken    LoginBy = "token"
)

// Identity is who the mail is from.
type Identity struct {
	Name         string `json:"name"`          // its key in the configuration
	From         string `json:"from"`          // header From, RFC 5322 mailbox
	EnvelopeFrom string `json:"envelope_from"` // RFC 5321 reverse-path, an address

	Mailbox *Seed `json:"-"` // where delivery reports come to EnvelopeFrom; nil: nobody reads them
}

// Showing is the certificate of this machine, by which servers may know it.
type Showing struct {
	Chain []byte       // PEM, its own first
	Key   SecretSource // of the first, in PEM
}

// Route is one way out.
type Route struct {
	Name    string    `json:"name"`
	Type    RouteType `json:"type"`
	Server  Endpoint  `json:"server"`
	Login   Login     `json:"login"`
	HELO    string    `json:"helo,omitempty"`   // name given at EHLO; empty: the machine's own
	CA      []byte    `json:"-"`                // PEM, trusted beside the system's roots
	Shows   *Showing  `json:"-"`                // to servers that ask for a certificate; nil: nothing
	Control bool      `json:"control"`          // known to be good: listed, never counted (rule 17)
	Hazard  bool      `json:"hazard,omitempty"` // mail that filters must refuse may go this way
	DKIM    []DKIM    `json:"dkim,omitempty"`   // by what its mail is signed
	Sender  Identity  `json:"sender"`

	Also    []Endpoint `json:"also,omitempty"`    // of RouteSMTP: tried in order where Server fails
	Address string     `json:"address,omitempty"` // of RouteMX: the address that receivers see
	Force   bool       `json:"force,omitempty"`   // of RouteMX: send whatever receivers may think of us
	Source  string     `json:"source,omitempty"`  // address to connect from; empty: the system chooses
	Family  Family     `json:"family,omitempty"`  // to connect by; that of Source if there is one
	Proxy   *Proxy     `json:"proxy,omitempty"`   // connections go through it; nil: they go straight

	// Program is of RouteSendmail: a program with its arguments, in which {from}, {to} and {envid}
	// stand for the envelope. An argument with {to} is given once for each recipient.
	Program []string `json:"program,omitempty"`

	Notify []Notify `json:"notify,omitempty"` // of what its server is asked to report; empty: nothing is said

	Log *RelayLog `json:"-"` // of its server; nil: it is not read
}

// Proxy is a server that makes connections for others (SOCKS 5, RFC 1928).
type Proxy struct {
	Host string `json:"host"`
	Port int    `json:"port"`

	Username string       `json:"username,omitempty"` // RFC 1929; empty: it asks for none
	Password SecretSource `json:"-"`
}

// Seed is a mailbox account that we watch.
type Seed struct {
	Name     string   `json:"name"`
	Address  string   `json:"address"`
	Provider Provider `json:"provider"`
	Server   Endpoint `json:"server"`
	Login    Login    `json:"login"`
	CA       []byte   `json:"-"`
	Junk     string   `json:"junk,omitempty"`   // the junk mailbox by configuration; empty: find it
	Own      bool     `json:"own"`              // a server of ours: quick looks, no dose limit
	Pace     Pace     `json:"pace,omitzero"`    // by configuration, over the provider's
	Canary   bool     `json:"canary,omitempty"` // appending to it is allowed (rule 12)
	Sick     string   `json:"sick,omitempty"`   // why earlier runs leave it out of the counts (rule 17)
	Health   *Health  `json:"health,omitempty"` // by earlier runs; nil: not asked

	ByHand     bool      `json:"by_hand,omitempty"`     // no IMAP: its owner says where a message lies
	Replaces   string    `json:"replaces,omitempty"`    // the seed whose name it is to take over
	LastSignIn time.Time `json:"last_sign_in,omitzero"` // of its owner on the web; zero: not said
}

// Limits are the dose limits of rule 22. Zero means the default.
type Limits struct {
	SeedDay      int `json:"seed_day"`      // messages to one seed in 24 hours
	ProviderHour int `json:"provider_hour"` // messages to the seeds of one provider in an hour
}

// Style says how many recipients a message has.
type Style string

// The styles. With StyleOneMessage one message goes to all seeds at once, because that may be filed
// otherwise than one that has a single recipient.
const (
	StyleEach       Style = "" // one recipient a message
	StyleOneMessage Style = "one-message"
)

// Suite is a kind of run: which messages go by which routes to which seeds, how long to wait, and
// what is expected. Durations count as rules 14 to 16 say.
type Suite struct {
	Name            string            `json:"name"`
	Routes          []string          `json:"routes"`
	Seeds           []string          `json:"seeds"`
	Messages        []string          `json:"messages"`
	Retry           []time.Duration   `json:"retry"` // waits after a 4yz or a route's failure
	Deadline        time.Duration     `json:"deadline"`
	Missing         time.Duration     `json:"missing"`
	Follow          time.Duration     `json:"follow"`
	BaselineTimeout time.Duration     `json:"baseline_timeout"`
	Schedule        string            `json:"schedule,omitempty"`
	Expect          Expect            `json:"expect"`
	ExpectProvider  map[string]Expect `json:"expect_provider,omitempty"` // by provider id
	Style           Style             `json:"style,omitempty"`
}

// Expect is what a suite demands. The zero value demands what rule 18 says.
type Expect struct {
	Inbox     *float64      `json:"inbox,omitempty"` // least share of inbox and category, 0 to 1
	MinSample int           `json:"min_sample,omitempty"`
	Auth      []string      `json:"auth,omitempty"`  // methods that a trusted writer must call pass
	Delay     time.Duration `json:"delay,omitempty"` // most time from connect to first sighting
	Class     []string      `json:"class,omitempty"` // the classes that count as inbox; empty: all
}
