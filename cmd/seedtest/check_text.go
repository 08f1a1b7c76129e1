package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/report"
)

const (
	checkWidth  = 80
	checkIndent = "      "
)

// lines tells one check to a person, what matters most first.
func (c checked) lines(verbose bool) []string {
	t := &checkText{width: checkWidth, verbose: verbose}
	t.lines = append(t.lines, report.CleanLine(fmt.Sprintf("%-4s  %s %s", c.mark(), c.Kind, c.title())))
	if in := c.Instrument; in != nil {
		t.health(in)
	}
	if c.Error != "" && !t.said(c.Error) {
		t.add("", "%s", c.Error)
	}
	if c.Hint != "" {
		t.add("", "hint: %s", c.Hint)
	}
	switch {
	case c.Route != nil && c.Route.Remote != "":
		t.add("", "%s%s in %s", withName(c.Route.Remote, c.Route.RemoteName), through(c.Route.Proxy),
			c.Route.Latency.Round(time.Millisecond))
		t.add("offers", "%s", strings.Join(c.Route.Extensions, ", "))
		t.tls(c.Route.TLS)
		t.policy(c.Route.Policy)
		for _, remark := range c.Route.Remarks {
			if what, _, _ := strings.Cut(remark, "; "); !t.said(what) {
				t.add("note", "%s", remark)
			}
		}
	case c.Seed != nil && c.Seed.Remote != "":
		t.signedIn(c)
	case c.Seed != nil && c.Seed.TLS != nil:
		t.tls(c.Seed.TLS)
	}
	t.message(c)
	if in := c.Instrument; in != nil {
		t.instrument(in)
	}
	if c.Seed != nil && (verbose || c.OK) {
		t.add("offers", "%s", strings.Join(c.Seed.Capabilities, " "))
	}
	return t.lines
}

// withName adds the reverse name of an address, if it has one.
func withName(address, name string) string {
	if name == "" {
		return address
	}
	return address + " (" + name + ")"
}

// title names what was checked: of a route with several servers also which one.
func (c checked) title() string {
	text := c.Name
	if c.Domain != "" {
		text += " to " + c.Domain
	}
	if c.Server != "" {
		text += " by " + c.Server
	}
	if c.Key != "" {
		text += " signs: " + c.Key
	}
	if r := c.Route; r != nil && r.Preference != nil {
		text += fmt.Sprintf(" (MX %d)", *r.Preference)
	}
	return text
}

// mark is the word that a check begins with.
func (c checked) mark() string {
	switch {
	case !c.OK:
		return "FAIL"
	case c.Error != "":
		return "note"
	case c.Instrument != nil && c.Instrument.health.Sick:
		return "SICK"
	case c.Instrument != nil && c.Instrument.notable(), len(c.Remarks) > 0,
		c.Route != nil && len(c.Route.Remarks) > 0:
		return "note"
	}
	return "ok"
}

// notable reports whether a seed's health is worth a look.
func (in *instrument) notable() bool {
	return in.health.State != seedtest.SeedOK && in.health.State != seedtest.SeedUnknown
}

// checkText gathers the lines of one check.
type checkText struct {
	width   int
	verbose bool
	lines   []string
}

// add appends a text with a label before it.
func (t *checkText) add(label, format string, args ...any) {
	if label != "" {
		label = fmt.Sprintf("%-10s ", label)
	}
	text := fmt.Sprintf(format, args...)
	t.lines = append(t.lines, report.Paragraph(checkIndent+label, text, t.width)...)
}

// said reports whether words stand there already, whatever the line breaks.
func (t *checkText) said(words string) bool {
	if _, rest, ok := strings.Cut(words, ": "); ok { // "seed NAME: "
		words = rest
	}
	have := strings.Join(strings.Fields(strings.Join(t.lines, " ")), " ")
	return strings.Contains(have, strings.Join(strings.Fields(report.CleanLine(words)), " "))
}

// health says a seed's condition, the evidence and what to do.
func (t *checkText) health(in *instrument) {
	h := in.health
	switch {
	case in.seed.ByHand:
		t.add("health", "by hand: nobody signs in; seedtest place takes its owner's word")
	case h.State != seedtest.SeedUnknown:
		text := string(h.State) + " since " + day(h.Since)
		switch {
		case h.Sick:
			text += ", not counted in runs"
		case h.Ailing():
			text += "; once more, and it is not counted"
		}
		t.add("health", "%s", text)
	}
	if h.State == seedtest.SeedOK {
		return
	}
	for _, why := range h.Why {
		t.add("  because", "%s", why)
	}
	for _, advice := range h.Advice {
		t.add("  do", "%s", advice)
	}
}

// signedIn tells what the server showed.
func (t *checkText) signedIn(c checked) {
	s := c.Seed
	if c.OK {
		t.add("", "%s, signed in after %s, round trip %s", s.Remote,
			(s.ConnectTime + s.LoginTime).Round(time.Millisecond), s.RoundTrip.Round(10*time.Microsecond))
	} else {
		t.add("", "%s", s.Remote)
	}
	t.tls(s.TLS)
	others := 0
	for _, m := range placesFirst(s.Mailboxes) {
		switch {
		case m.Role != seedtest.RoleNone:
			t.add(string(m.Role), "%s (by %s)%s", m.Name, m.FoundBy, classWords(m))
		case t.verbose:
			t.add("other", "%s", m.Name)
		default:
			others++
		}
	}
	switch {
	case others == 0:
	case c.Kind == "sender":
		t.add("other", "%d more, read for delivery reports too", others)
	default:
		t.add("other", "%d more, read for proofs of absence", others)
	}
	if how := s.Strategy; how.How != "" {
		t.add("strategy", "%s: %s", how.How, how.Why)
	}
	var quotas []string
	for _, q := range s.Quotas {
		quotas = append(quotas, quotaWords(q))
	}
	t.add("quota", "%s", strings.Join(quotas, ", "))
}

// placesFirst returns the mailboxes where mail is expected before the others.
func placesFirst(all []seedtest.Mailbox) []seedtest.Mailbox {
	first := []seedtest.Role{seedtest.RoleInbox, seedtest.RoleInboxLike, seedtest.RoleJunk}
	rank := func(m seedtest.Mailbox) int {
		if i := slices.Index(first, m.Role); i >= 0 {
			return i
		}
		return len(first)
	}
	list := slices.Clone(all)
	slices.SortStableFunc(list, func(a, b seedtest.Mailbox) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return list
}

func classWords(m seedtest.Mailbox) string {
	if m.Class == "" {
		return ""
	}
	return ", class " + m.Class
}

// instrument tells what earlier runs and the configuration say of a seed.
func (t *checkText) instrument(in *instrument) {
	if n := len(in.notice); n > 0 {
		t.add("seen", "%s after acceptance at the median, 9 of 10 within %s (%d messages)",
			short(quantile(in.notice, 0.5)), short(quantile(in.notice, 0.9)), n)
	}
	if in.limit > 0 {
		t.add("dose", "%s", in.doseWords())
	} else if t.verbose {
		t.add("dose", "no limit: a server of ours")
	}
	t.add("budget", "%s", spentWords(in.spent))
	for _, b := range in.breakers {
		t.add("breaker", "route %s rests here until %s: %s", b.Route, minuteOf(b.Until), b.Why)
	}
	t.add("account", "%s", in.accountWords())
	if s := in.succession; s != nil {
		t.add("succession", "%s", s.Words())
		t.add("", "%s", s.Why)
		for _, how := range s.How {
			t.add("  do", "%s", how)
		}
	}
	if m := in.health.Moved; m != nil {
		t.add("account", "its address changed on %s; the health of the account before does not count",
			day(m.On))
	}
}

// spentWords says what the last run cost the server.
func spentWords(s seedtest.Spent) string {
	switch {
	case s.SignIns == 0:
		return ""
	case s.Budget == 0:
		return fmt.Sprintf("%d commands in the last run, sign-ins %d", s.Commands, s.SignIns)
	}
	return fmt.Sprintf("%d of %d commands in the last run, sign-ins %d", s.Commands, s.Budget, s.SignIns)
}

func (in *instrument) doseWords() string {
	text := fmt.Sprintf("%d of %d messages in 24 hours", in.today.Messages, in.limit)
	if in.today.Messages >= in.limit {
		text += ", next free " + minuteOf(in.today.Free)
	}
	return fmt.Sprintf("%s, %d in a year; %d of %d to its provider in this hour", text, in.sent, in.hour,
		in.hourLimit)
}

// accountWords holds the last use against the provider's rule for dead accounts.
func (in *instrument) accountWords() string {
	a := in.seed.Provider.Account
	if a.InactiveDays == 0 || in.seed.Own {
		return ""
	}
	counts := "it is not known whether reading by IMAP counts"
	switch {
	case a.IMAPCounts == nil:
	case *a.IMAPCounts:
		counts = "reading by IMAP counts"
	default:
		counts = "reading by IMAP does not count"
	}
	last := "last use not known: write last_sign_in = DAY"
	if !in.active.IsZero() {
		last = "last used " + day(in.active)
	}
	return fmt.Sprintf("%s; unused for %d days it may be closed, and %s", last, a.InactiveDays, counts)
}

func (t *checkText) tls(info *seedtest.TLSInfo) {
	addTLS(func(format string, args ...any) { t.add("", format, args...) }, info)
	if info == nil || !t.verbose {
		return
	}
	t.add("  by", "%s", strings.Join(append([]string{info.Issuer}, info.Chain...), "; "))
	t.add("  SHA-256", "%s", info.SHA256)
}

// policy tells what a domain publishes about TLS, and what came of it.
func (t *checkText) policy(p *seedtest.TLSPolicy) {
	if p == nil {
		return
	}
	text := strings.TrimSpace(p.Mode + " " + p.ID)
	switch {
	case p.Note != "":
		text = strings.TrimPrefix(text+"; "+p.Note, "; ")
	case p.Demanded:
		text = strings.TrimPrefix(text+"; kept", "; ")
	}
	t.add(strings.ToUpper(string(p.By)), "%s", text)
}

// addTLS tells what a TLS handshake agreed.
func addTLS(add func(string, ...any), t *seedtest.TLSInfo) {
	if t == nil {
		add("no TLS")
		return
	}
	until := ""
	if t.NotAfter != nil {
		until = ", until " + day(*t.NotAfter)
	}
	if !t.Verified {
		until += ", NOT verified"
		if t.Problem != "" {
			until += ": " + t.Problem
		}
	}
	agreed := strings.TrimSpace(t.Version + " " + t.Cipher)
	add("%s, certificate for %s%s", cmp.Or(agreed, "no TLS agreed on"),
		cmp.Or(strings.Join(t.Names, " "), t.Peer), until)
	switch {
	case t.Shown != "":
		add("the server was shown our certificate, %s", t.Shown)
	case t.Asked:
		add("the server asked for a certificate of ours, and got none")
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func minuteOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// short rounds a duration to what a person reads.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
