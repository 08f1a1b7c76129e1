package provider

// Preset is one file of data: everything known of a provider. Durations are Go durations.
type Preset struct {
	ID     string // stable key, and the name of the file
	Name   string
	Kind   string // "hosted": the host is fixed; "software": the user gives the host
	Access string // "app-password", "password", "oauth-only", "bridge", "pop-only" or "none"

	Domains        []string // domains of addresses
	DomainPatterns []string `toml:"domain_patterns"` // RE2, for whole domains that Domains lacks
	MXSuffixes     []string `toml:"mx_suffixes"`     // whole labels of a mail exchanger's name
	Greeting       []string // RE2 on the IMAP greeting of server software
	IDName         []string `toml:"id_name"` // "name" in the answer to ID (RFC 2971)
	SameAs         string   `toml:"same_as"` // the preset whose servers these are

	Quirks     []string // ids in quirks.toml
	Sources    []string // a repository and path, a page, or what was measured
	Unverified []string // dotted names of fields that rest on general knowledge only

	IMAP       Server
	Auth       Auth
	OAuth      *OAuth
	Mailboxes  Mailboxes
	Extensions Extensions `toml:"imap_ext"`
	Limits     Limits
	Account    Account
	Headers    Headers
	Placement  []PlacementStamp
	Stamp      []Stamp
	Sender     Demands
}

// Server is an IMAP server. Username says what to sign in with: "email", "localpart" or "account".
type Server struct {
	Host     string
	Port     int
	TLS      string // "implicit" or "starttls"
	Username string
	Alt      []Server // further hosts, for other regions, plans or ports
	Domains  []string // of an alternative: the domains of addresses that it serves
}

// Auth is how accounts sign in.
type Auth struct {
	Methods []string // best first
	SASL    []string // mechanisms that the server offers
	Secret  string   // the page where an app password is made
	Note    string   // what a person should know, one or two sentences
}

// OAuth is where tokens come from. Registration is "open", "review" or "closed".
type OAuth struct {
	AuthURL         string `toml:"auth_url"`
	TokenURL        string `toml:"token_url"`
	DeviceURL       string `toml:"device_url"`
	Scopes          []string
	AppScopes       []string `toml:"app_scopes"`
	AppScopeRole    string   `toml:"app_scope_role"`
	TenantHint      string   `toml:"tenant_hint"`
	PKCE            bool
	Registration    string
	RefreshIdleDays int `toml:"refresh_idle_days"` // unused for so long, a refresh token ends
	Clouds          []Cloud
}

// Cloud is a national cloud with a scope of its own.
type Cloud struct {
	Name  string
	Scope string
}

// Mailboxes are the names of mailboxes, in the server's spelling with modified UTF-7 decoded.
type Mailboxes struct {
	JunkFlag      string      `toml:"junk_flag"` // how \Junk is told: "list", "xlist", "none" or "unknown"
	Junk          []string    // tried in order after the flag
	JunkLocalized []string    `toml:"junk_localized"` // further spellings by the account's language
	JunkKeptDays  int         `toml:"junk_kept_days"` // junk is emptied after so long
	Essential     []string    // names, or a role such as \All: part of every proof of absence (rule 7)
	InboxLike     []InboxLike `toml:"inbox_like"`
	Other         []string    // read, and neither inbox nor junk
	Skip          []string    // never opened
}

// InboxLike is a mailbox that its owner sees as part of the inbox, and the class to report.
type InboxLike struct {
	Mailbox string
	Class   string
}

// Extensions are IMAP capabilities after login. What neither list names is unknown.
type Extensions struct {
	Have []string
	Lack []string
}

// Limits are what the server allows, and what is wise to use of it.
type Limits struct {
	MaxConnections  *int   `toml:"max_connections"` // published or reported; 0: no limit by default
	UseConnections  int    `toml:"use_connections"`
	IdleRestart     string `toml:"idle_restart"`   // renew IDLE this often
	IdleTimeout     string `toml:"idle_timeout"`   // the server ends an idle connection
	IdleKeepalive   string `toml:"idle_keepalive"` // the server says something this often
	SessionMax      string `toml:"session_max"`
	PollInterval    string `toml:"poll_interval"`
	DailyDownloadMB int    `toml:"daily_download_mb"`
	DailyUploadMB   int    `toml:"daily_upload_mb"`
	FetchBatch      int    `toml:"fetch_batch"` // messages in one FETCH
}

// Account is what keeps an account alive.
type Account struct {
	InactiveDays int   `toml:"inactive_days"` // disuse after which it is closed or emptied
	IMAPCounts   *bool `toml:"imap_counts"`   // whether reading by IMAP is use; nil: unknown
}

// Headers says which header fields the provider writes itself.
type Headers struct {
	Authserv       []string // authserv-ids with * as wildcard; "": the field has none
	ARHeaders      int      `toml:"ar_headers"`  // usual count of Authentication-Results
	ARPosition     string   `toml:"ar_position"` // "top", or "bottom": below the sender's own fields
	ReceivedSPF    bool     `toml:"received_spf"`
	ARC            string   // d= of the seals
	BoundaryBy     string   `toml:"boundary_by"`     // RE2 on "by NAME (COMMENT)" of the edge's Received
	InsideBy       string   `toml:"inside_by"`       // RE2 on "by" of the hops behind the edge
	BoundaryMarker string   `toml:"boundary_marker"` // fields above it are the provider's
	Below          []string // what the edge writes below its Received, in order; []: nothing
	Tail           []string // what is appended below the sender's fields, the first one first
	IP             []string // where the connecting address stands, best first
	Shape          string   // how all that is known: "documented", "observed" or "guess"
}

// PlacementStamp is a header field, or a search, that states a placement. The mailbox decides; a
// stamp confirms or contradicts it. Method is "header" (the whole value, or that of Key in a list
// of key:value;), "base64-kv" (the same after decoding) or "x-gm-raw" (a search for each of
// Values).
type PlacementStamp struct {
	Method        string
	Header        string
	Key           string
	Values        []string
	Junk          []string
	JunkPrefix    []string `toml:"junk_prefix"`
	JunkContains  []string `toml:"junk_contains"`
	Inbox         []string
	InboxPrefix   []string `toml:"inbox_prefix"`
	InboxContains []string `toml:"inbox_contains"`
	Other         []string // filed by a rule of the owner's
	Refused       []string
	Unclear       []string
}

// Stamp is a header field worth showing. It decides no placement.
type Stamp struct {
	Header  string
	Key     string
	Meaning string
}

// Demands are what the provider asks of senders.
type Demands struct {
	Rules     []string
	URL       string
	SMTPCodes []string `toml:"smtp_codes"`
}

// Quirk is a way in which servers leave the standard or surprise, and what to do about it. Where a
// person has to do it, When names the moment and Hint the sentence, with {provider} for the name
// and {id} for the id of the preset.
type Quirk struct {
	ID   string
	What string
	Do   string
	When string // "login", "connect", "no-junk" or "check"
	Hint string
}

// Defaults hold where a preset is silent.
type Defaults struct {
	Edition          string   // the day on which the presets were last checked as a whole
	UseConnections   int      `toml:"use_connections"`
	IdleRestart      string   `toml:"idle_restart"`
	ConnectTimeout   string   `toml:"connect_timeout"`
	CommandTimeout   string   `toml:"command_timeout"`
	PollInterval     string   `toml:"poll_interval"`
	FetchBatch       int      `toml:"fetch_batch"`
	LoginMinInterval string   `toml:"login_min_interval"`
	JunkNames        []string `toml:"junk_names"` // what servers in many languages call junk
}
