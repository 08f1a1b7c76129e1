package provider

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"seedtest"
)

func ExampleForAddress() {
	p, ok := ForAddress("anna.example@gmail.com")
	fmt.Println(ok, p.ID, p.Server.Host, p.Server.Port, p.Server.TLS)
	fmt.Println(p.Junk[0], p.Essential)
	_, ok = ForAddress("ops@example.org")
	fmt.Println(ok)
	// Output:
	// true gmail imap.gmail.com 993 implicit
	// [Gmail]/Spam [\All]
	// false
}

func TestForAddress(t *testing.T) {
	for address, want := range map[string]string{
		"a@gmail.com":                "gmail",
		"A@GoogleMail.COM.":          "gmail",
		"a@outlook.com":              "outlook",
		"a@hotmail.be":               "outlook", // by pattern
		"a@live.co.nz":               "outlook",
		"a@posteo.de":                "posteo",
		"a@posteo.net":               "posteo",
		"a@cox.net":                  "cox",
		"a@web.de":                   "webde",
		"a@x@gmx.net":                "gmx",
		"a@mail.gmail.com":           "",
		"a@com":                      "",
		"a@":                         "",
		"":                           "",
		"a@\"gmail.com":              "",
		`a@id = "gmail`:              "",
		"a@outlook.com.evil.example": "",
	} {
		p, ok := ForAddress(address)
		if p.ID != want || ok != (want != "") {
			t.Errorf("ForAddress(%q) = %q, %v; want %q", address, p.ID, ok, want)
		}
	}
}

func TestForMX(t *testing.T) {
	for mx, want := range map[string]string{
		"gmail-smtp-in.l.google.com.":             "gmail",
		"alt3.gmail-smtp-in.l.google.com":         "gmail",
		"aspmx.l.google.com":                      "google-workspace",
		"ASPMX2.googlemail.com":                   "google-workspace",
		"example-org.mail.protection.outlook.com": "microsoft365",
		"outlook-com.olc.protection.outlook.com":  "outlook",
		"in1-smtp.messagingengine.com":            "fastmail",
		"mxbiz1.qq.com":                           "qq-exmail",
		"mx3.qq.com":                              "qq",
		"mta5.am0.yahoodns.net":                   "yahoo",
		"mx-aol.mail.gm0.yahoodns.net":            "aol",
		"notgmx.net":                              "",
		"mail.example.org":                        "",
		"":                                        "",
	} {
		p, ok := ForMX(mx)
		if p.ID != want || ok != (want != "") {
			t.Errorf("ForMX(%q) = %q, %v; want %q", mx, p.ID, ok, want)
		}
	}
}

func TestMapping(t *testing.T) {
	get := func(id string) seedtest.Provider {
		p, ok := ByID(id)
		if !ok {
			t.Fatalf("ByID(%q): no such preset", id)
		}
		return p
	}
	check := func(what string, ok bool) {
		if !ok {
			t.Errorf("%s does not hold", what)
		}
	}
	gmail, outlook, m365 := get("gmail"), get("outlook"), get("microsoft365")
	check("gmail asks for classes", gmail.ClassBy == seedtest.ClassXGMRAW)
	check("gmail knows promotions", slices.Contains(gmail.Classes, "promotions"))
	check("gmail restarts IDLE as the defaults say", gmail.IdleRestart == 9*time.Minute)
	check("gmail trusts mx.google.com", slices.Equal(gmail.Trust.AuthservIDs, []string{`mx\.google\.com`}))
	check("outlook hides classes", outlook.ClassBy == seedtest.ClassHidden && outlook.Classes == nil)
	check("outlook's results have no authserv-id", outlook.Trust.NoAuthservID)
	check("outlook has a marker", outlook.Trust.BoundaryMarker == "X-IncomingTopHeaderMarker")
	check("outlook's localised junk follows", outlook.Junk[0] == "Junk" && slices.Contains(outlook.Junk, "Courrier indésirable"))
	check("microsoft365 has a quarantine", m365.Quarantine && !outlook.Quarantine)
	check("mail.ru's results stand below", get("mailru").Trust.ResultsBelow && !gmail.Trust.ResultsBelow)
	check("mail.ru has mailboxes like the inbox", len(get("mailru").InboxLike) == 5)
	check("cox trusts what yahoo writes", slices.Equal(get("cox").Trust.AuthservIDs, get("yahoo").Trust.AuthservIDs))
	check("dovecot has no host", get("dovecot").Server.Host == "")
	check("icloud signs in by local part", get("icloud").Username == "localpart")
	check("generic trusts nothing", len(Generic().Trust.AuthservIDs) == 0 && !Generic().Trust.NoAuthservID)
	check("generic knows names of junk", slices.Contains(Generic().Junk, "Junk"))
}

func TestServerByDomain(t *testing.T) {
	for address, want := range map[string]string{
		"a@163.com": "imap.163.com", "a@126.com": "imap.126.com", "a@YEAH.net": "imap.yeah.net",
		"a@zoho.com": "imap.zoho.com", "a@zohomail.eu": "imap.zoho.eu", "a@zohocloud.ca": "imap.zohocloud.ca",
	} {
		p, ok := ForAddress(address)
		if !ok || p.Server.Host != want || p.Server.Port != 993 || p.Username != "email" {
			t.Errorf("ForAddress(%q) is at %+v, username %q; want %s, 993, email", address, p.Server,
				p.Username, want)
		}
	}
}

func TestHints(t *testing.T) {
	for _, x := range []struct {
		id   string
		when seedtest.HintWhen
		want string
	}{
		{"outlook", seedtest.HintLogin, "keeps IMAP switched off"},
		{"outlook", seedtest.HintLogin, "Basic authentication ended"}, // the note of the preset
		{"exchange", seedtest.HintConnect, "does not start its IMAP service"},
		{"gmx", seedtest.HintNoJunk, "only while the spam filter is on"},
		{"posteo", seedtest.HintNoJunk, "Posteo files no spam"},
		{"axigen", seedtest.HintCheck, "[provider.axigen]"},
	} {
		p, _ := ByID(x.id)
		if got := strings.Join(p.HintsFor(x.when), "\n"); !strings.Contains(got, x.want) {
			t.Errorf("%s, %s: %q, want %q in it", x.id, x.when, got, x.want)
		}
	}
	gmail, _ := ByID("gmail")
	if got := gmail.HintsFor(seedtest.HintNoJunk); got != nil {
		t.Errorf("gmail without junk: %q, want nothing", got)
	}
	own := WithQuirks(Generic(), []string{"imap-off-by-default", "focused-hidden", "quarantine-hides-mail"})
	if len(own.HintsFor(seedtest.HintLogin)) != 1 || !own.Quarantine || own.WhyNoClass() == "" {
		t.Errorf("WithQuirks = %+v, want a hint, a quarantine and hidden classes", own)
	}
}

func TestHabits(t *testing.T) {
	for id, want := range map[string]seedtest.Habits{
		"gmail": {Connections: 3, LoginEvery: time.Minute, SessionLife: 24 * time.Hour, FetchBatch: 50,
			DailyMB: 2500},
		"netease":  {Connections: 1, LoginEvery: time.Minute, PollEvery: time.Minute, FetchBatch: 50},
		"exchange": {Connections: 2, IdleTimeout: 30 * time.Minute, FetchBatch: 50}, // one's own
		"orange":   {Connections: 2, LoginEvery: time.Minute, FetchBatch: 50, JunkKept: 7 * 24 * time.Hour},
		"cox":      {Connections: 2, LoginEvery: time.Minute, FetchBatch: 50}, // as yahoo
	} {
		if p, _ := ByID(id); p.Habits != want {
			t.Errorf("%s: habits %+v, want %+v", id, p.Habits, want)
		}
	}
	if h := Generic().Habits; h != (seedtest.Habits{}) {
		t.Errorf("habits of a server of which nothing is known: %+v", h)
	}
}

func TestAccounts(t *testing.T) {
	gmail, _ := ByID("gmail")
	if a := gmail.Account; a.InactiveDays != 730 || a.IMAPCounts == nil || !*a.IMAPCounts ||
		a.SecretPage != "https://myaccount.google.com/apppasswords" || a.Access != "app-password" {
		t.Errorf("gmail's accounts: %+v", a)
	}
	if a := Generic().Account; a != (seedtest.Account{}) {
		t.Errorf("accounts of a server of which nothing is known: %+v", a)
	}
}

func TestWildcardMatchesHostsOnly(t *testing.T) {
	re := regexp.MustCompile("^(?i:" + wildcard("mx*.messagingengine.com") + ")$")
	for s, want := range map[string]bool{
		"mx4.messagingengine.com": true, "mx.messagingengine.com": true,
		"mx4.messagingengineXcom": false, "mx messagingengine.com": false,
		"mx4.messagingengine.com.evil.example": false,
	} {
		if re.MatchString(s) != want {
			t.Errorf("%s matches %q: %v, want %v", re, s, !want, want)
		}
	}
}

// TestData holds every file against the rules of the data.
func TestData(t *testing.T) {
	if len(IDs()) < 60 {
		t.Fatalf("IDs() has %d presets, want at least the 60 of the first edition", len(IDs()))
	}
	quirks := quirkIDs(t)
	used, domains := map[string]bool{}, map[string]string{}
	for _, id := range IDs() {
		p := strict(t, id)
		t.Run(id, func(t *testing.T) { checkPreset(t, id, p) })
		for _, q := range p.Quirks {
			used[q] = true
			if !quirks[q] {
				t.Errorf("%s: quirk %q is not in quirks.toml", id, q)
			}
		}
		for _, d := range p.Domains {
			if other, ok := domains[d]; ok {
				t.Errorf("%s: domain %s is in %s too", id, d, other)
			}
			domains[d] = id
			if got, _ := ForAddress("x@" + d); got.ID != id {
				t.Errorf("ForAddress(x@%s) = %q, want %q", d, got.ID, id)
			}
		}
	}
	for q := range quirks {
		if !used[q] {
			t.Errorf("quirks.toml: %q is used by no preset", q)
		}
	}
}

func quirkIDs(t *testing.T) map[string]bool {
	var file struct{ Quirk []Quirk }
	decodeStrictly(t, "quirks.toml", quirkData, &file)
	decodeStrictly(t, "defaults.toml", defaultData, &Defaults{})
	ids := map[string]bool{}
	for _, q := range file.Quirk {
		if ids[q.ID] || q.What == "" || q.Do == "" {
			t.Errorf("quirks.toml: %q is twice there, or says not what it is or what to do", q.ID)
		}
		ids[q.ID] = true
		oneOf(t, q.ID+": when", q.When, "", "login", "connect", "no-junk", "check")
		if (q.When == "") != (q.Hint == "") {
			t.Errorf("quirks.toml: %q has when = %q and hint = %q: want both or none", q.ID, q.When, q.Hint)
		}
	}
	return ids
}

func strict(t *testing.T, id string) Preset {
	data, err := presets.ReadFile("data/" + id + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	var p Preset
	decodeStrictly(t, id, data, &p)
	return p
}

func decodeStrictly(t *testing.T, name string, data []byte, to any) {
	t.Helper()
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(to)
	if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) {
		t.Fatalf("%s: there is no such key:\n%s", name, strict.String())
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func checkPreset(t *testing.T, id string, p Preset) {
	oneOf(t, "kind", p.Kind, "hosted", "software")
	oneOf(t, "access", p.Access, "app-password", "password", "oauth-only", "bridge", "pop-only", "none")
	oneOf(t, "imap.tls", p.IMAP.TLS, "", "implicit", "starttls")
	oneOf(t, "imap.username", p.IMAP.Username, "", "email", "localpart", "account")
	oneOf(t, "mailboxes.junk_flag", p.Mailboxes.JunkFlag, "", "list", "xlist", "none", "unknown")
	oneOf(t, "headers.ar_position", p.Headers.ARPosition, "", "top", "bottom")
	h := p.Headers
	oneOf(t, "headers.shape", h.Shape, "", "documented", "observed", "guess")
	if told := h.Authserv != nil || h.BoundaryBy != ""; told != (h.Shape != "") {
		t.Errorf("headers.shape = %q: say how the headers are known, if they are", h.Shape)
	}
	if len(h.Below)+len(h.Tail) > 0 && h.BoundaryBy == "" {
		t.Error("headers: below and tail count from the edge: want boundary_by")
	}
	if p.ID != id || p.Name == "" || len(p.Sources) == 0 {
		t.Errorf("id %q, name %q, sources %q: want the id of the file, a name and a source", p.ID, p.Name, p.Sources)
	}
	for _, pattern := range slices.Concat(p.DomainPatterns, p.Greeting, []string{h.BoundaryBy, h.InsideBy}) {
		if _, err := regexp.Compile(pattern); err != nil {
			t.Errorf("pattern %q: %v", pattern, err)
		}
	}
	l := p.Limits
	for _, s := range []string{l.IdleRestart, l.IdleTimeout, l.IdleKeepalive, l.SessionMax, l.PollInterval} {
		if d, err := time.ParseDuration(s); s != "" && (err != nil || d <= 0) {
			t.Errorf("limit %q: %v", s, err)
		}
	}
	for _, s := range append(p.IMAP.Alt, p.IMAP) {
		if strings.ContainsAny(s.Host, "{} ") {
			t.Errorf("imap host %q is no host", s.Host)
		}
		for _, d := range s.Domains {
			if got, _ := ForAddress("x@" + d); got.ID != id || got.Server.Host != s.Host {
				t.Errorf("ForAddress(x@%s) is at %s of %s, want %s", d, got.Server.Host, got.ID, s.Host)
			}
		}
	}
	if _, ok := Details(p.SameAs); p.SameAs != "" && !ok {
		t.Errorf("same_as = %q: no such preset", p.SameAs)
	}
	for _, s := range p.Placement {
		oneOf(t, "placement.method", s.Method, "header", "base64-kv", "x-gm-raw")
	}
	for _, s := range p.Domains {
		if s != strings.ToLower(s) || !strings.Contains(s, ".") {
			t.Errorf("domain %q is not a lower-case domain", s)
		}
	}
	if out := p.provider(); out.IdleRestart <= 0 || out.Username == "" {
		t.Errorf("provider(): idle restart %v, username %q", out.IdleRestart, out.Username)
	}
	hosted := p.Kind == "hosted" && p.Access != "none" && p.Access != "pop-only"
	if hosted && (p.IMAP.Host == "" || p.IMAP.Port == 0 || p.IMAP.TLS == "") {
		t.Errorf("imap = %+v: a hosted provider needs host, port and tls", p.IMAP)
	}
}

func oneOf(t *testing.T, what, got string, want ...string) {
	t.Helper()
	if !slices.Contains(want, got) {
		t.Errorf("%s = %q, want one of %q", what, got, want)
	}
}

func TestEdition(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, Edition()); err != nil {
		t.Errorf("Edition() = %q: %v", Edition(), err)
	}
	for name, s := range map[string]string{
		"connect_timeout": Silent().ConnectTimeout, "command_timeout": Silent().CommandTimeout,
		"poll_interval": Silent().PollInterval, "login_min_interval": Silent().LoginMinInterval,
		"idle_restart": Silent().IdleRestart,
	} {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			t.Errorf("defaults.toml: %s = %q: %v", name, s, err)
		}
	}
}

func BenchmarkForAddress(b *testing.B) {
	for b.Loop() {
		ForAddress("anna.example@gmail.com")
	}
}

func BenchmarkForAddressUnknown(b *testing.B) {
	for b.Loop() {
		ForAddress("ops@example.org")
	}
}

func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		All()
	}
}
