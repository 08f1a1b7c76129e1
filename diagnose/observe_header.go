package diagnose

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"seedtest"
)

// header observes what the receiving provider itself wrote. Untrusted fields have no voice.
func (o *observed) header() {
	a := o.Analysis
	if a == nil {
		return
	}
	o.origin(a)
	o.authentication(a)
	o.receivedSPF(a)
	o.stamps(a)
	o.slowest(a)
}

// origin observes the client that the provider saw.
func (o *observed) origin(a *seedtest.Analysis) {
	if a.Origin == nil {
		return
	}
	ip := a.Origin.IP.Unmap()
	if ip.IsValid() {
		o.put("ip", ip.String())
		o.put("mechanism", mechanism(ip))
		o.egress(ip)
	}
	if i := a.Origin.Hop; i >= 0 && i < len(a.Hops) && a.Hops[i].Trusted {
		o.client(a.Hops[i])
	}
}

// mechanism is the SPF term that names an address (RFC 7208 section 5.6).
func mechanism(ip netip.Addr) string {
	if ip.Is4() {
		return "ip4:" + ip.String()
	}
	return "ip6:" + ip.String()
}

// egress observes whether the provider saw the machine that we handed the message to.
func (o *observed) egress(seen netip.Addr) {
	sub := o.Submission()
	if sub == nil {
		return
	}
	to, err := netip.ParseAddrPort(sub.Remote)
	if err == nil && to.Addr().Unmap() == seen {
		o.see("egress.ip", "expected", "", "")
	}
}

var (
	noName = regexp.MustCompile(`(?i)\bunknown\.?\s*(\(may be forged\)\s*)?\[`)
	forged = regexp.MustCompile(`(?i)may be forged|\bunverified\b`)
)

// client observes the greeting and the reverse name as the provider noted them.
func (o *observed) client(h seedtest.Hop) {
	helo, found := hostName(h.From.HELO), hostName(h.From.RDNS)
	name := fullName(found)
	o.put("helo", helo)
	switch {
	case found == "unknown" || found == "" && noName.MatchString(h.Raw):
		o.see("egress.ptr", "none", "Received", h.Raw)
	case name != "" && forged.MatchString(h.Raw):
		o.see("egress.ptr", "unconfirmed", "Received", h.Raw)
	case name != "":
		o.see("egress.ptr", "named", "Received", h.Raw)
	}
	o.put("rdns", name)
	switch {
	case helo == "":
	case !strings.Contains(helo, ".") || isAddress(helo):
		o.see("egress.helo", "invalid", "Received", h.Raw)
	case name != "" && name != helo:
		o.see("egress.helo", "other", "Received", h.Raw)
	default:
		o.see("egress.helo", "ok", "Received", h.Raw)
	}
}

// fullName is what stands in the place of a reverse name, if it is one. Yahoo and others write an
// address there, and some a word such as "unverified": that says nothing of what DNS has.
func fullName(found string) string {
	if !strings.Contains(found, ".") || isAddress(found) {
		return ""
	}
	return found
}

// isAddress reports whether a text is an address, in brackets or not, with or without the "IPv6:"
// of RFC 5321 section 4.1.3.
func isAddress(s string) bool {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(s), "["), "]")
	_, err := netip.ParseAddr(strings.TrimPrefix(s, "ipv6:"))
	return err == nil
}

func hostName(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// reverseNames observes a missing reverse name where a provider simply writes nothing: only if the
// same provider did write one for another client in this run.
func reverseNames(list []observed) {
	writes := map[string]bool{}
	for _, o := range list {
		if o.fill["rdns"] != "" {
			writes[o.provider] = true
		}
	}
	for i := range list {
		o := &list[i]
		h := originHop(o.Analysis)
		if h == nil || h.From.RDNS != "" || !writes[o.provider] {
			continue
		}
		if _, known := o.seen["egress.ptr"]; !known {
			o.see("egress.ptr", "none", "Received", h.Raw)
		}
	}
}

// originHop returns the trusted hop at which the provider took the message, or nil.
func originHop(a *seedtest.Analysis) *seedtest.Hop {
	if a == nil || a.Origin == nil {
		return nil
	}
	if i := a.Origin.Hop; i >= 0 && i < len(a.Hops) && a.Hops[i].Trusted {
		return &a.Hops[i]
	}
	return nil
}

// authentication observes the methods of the provider's own Authentication-Results.
func (o *observed) authentication(a *seedtest.Analysis) {
	var said []seedtest.AuthField
	for _, f := range a.Authentication {
		if f.Trusted && f.Instance == 0 {
			said = append(said, f)
		}
	}
	if len(said) == 0 {
		return
	}
	for _, method := range []string{"spf", "dkim", "dmarc", "iprev"} {
		r, ok := a.Result(method)
		if !ok {
			if method != "iprev" {
				o.see("ar."+method, "absent", said[0].Field, said[0].Raw)
			}
			continue
		}
		o.see("ar."+method, r.Result, fieldOf(said, method, r), quote(said, method, r))
		o.result(method, r)
	}
	if r, ok := a.Result("compauth"); ok {
		o.see("ar.compauth", r.Result+"/"+r.Reason, said[0].Field, quote(said, "compauth", r))
	}
}

// result fills the template words that a result gives.
func (o *observed) result(method string, r seedtest.AuthResult) {
	for _, p := range r.Properties {
		switch name := p.Type + "." + p.Name; {
		case method == "spf" && name == "smtp.mailfrom":
			o.put("domain", domainOf("@"+p.Value[strings.LastIndexByte(p.Value, '@')+1:]))
		case method == "dmarc" && name == "header.from":
			o.put("from_domain", hostName(p.Value))
		case method == "dkim" && name == "header.d" && r.Result == "pass":
			o.put("dkim_domain", hostName(p.Value))
		case method == "dkim" && name == "header.s" && r.Result == "pass":
			o.put("dkim_selector", p.Value)
		}
	}
	if method == "spf" {
		all := map[string]string{"fail": "-all", "softfail": "~all", "neutral": "?all"}
		o.put("all", all[r.Result])
	}
}

// signedElsewhere fills how another route signs, as an example to follow.
func (o *observed) signedElsewhere(list []observed) {
	for _, x := range list {
		if x.Control || x.Route == o.Route || x.fill["dkim_domain"] != o.fill["from_domain"] {
			continue
		}
		if s := x.fill["dkim_selector"]; s != "" {
			o.put("signed_by", x.Route)
			o.put("signed_domain", x.fill["dkim_domain"])
			o.put("selector", s)
			return
		}
	}
}

// quote finds a result in the raw text of its field, up to the semicolon that ends it.
func quote(fields []seedtest.AuthField, method string, r seedtest.AuthResult) string {
	re, err := regexp.Compile(`(?i)\b` + regexp.QuoteMeta(method) + `\s*=\s*` +
		regexp.QuoteMeta(r.Result) + `\b[^;]*`)
	if err == nil {
		for _, f := range fields {
			if s := strings.TrimSpace(re.FindString(f.Raw)); s != "" {
				return s
			}
		}
	}
	text := method + "=" + r.Result
	if r.Reason != "" {
		text += " reason=" + r.Reason
	}
	for _, c := range r.Comments {
		text += " (" + c + ")"
	}
	return text
}

func fieldOf(fields []seedtest.AuthField, method string, r seedtest.AuthResult) string {
	for _, f := range fields {
		for _, x := range f.Results {
			if x.Method == method && x.Result == r.Result {
				return f.Field
			}
		}
	}
	return fields[0].Field
}

// receivedSPF observes Received-SPF where no Authentication-Results names SPF.
func (o *observed) receivedSPF(a *seedtest.Analysis) {
	for _, f := range a.ReceivedSPF {
		if f.Trusted {
			o.see("received_spf", strings.ToLower(f.Result), "Received-SPF", f.Raw)
			if o.fill["all"] == "" {
				all := map[string]string{"fail": "-all", "softfail": "~all"}
				o.put("all", all[strings.ToLower(f.Result)])
			}
			return
		}
	}
}

// stamps observes what the provider's own filter noted.
func (o *observed) stamps(a *seedtest.Analysis) {
	var raws []string
	verdicts := []string{"spam", "unsure", "ham"}
	best := len(verdicts)
	for _, s := range a.Stamps {
		if !s.Trusted {
			continue
		}
		raw := s.Field + ": " + s.Raw
		raws = append(raws, raw)
		if i := slices.Index(verdicts, s.Verdict); i >= 0 && i < best {
			best = i
			o.see("stamp.verdict", s.Verdict, s.Field, s.Raw)
		}
	}
	if len(raws) > 0 {
		text := strings.Join(raws, "\n")
		o.see("stamp.tests", text, "stamps", text)
	}
}

// slowest fills the hop that held the message longest. Where the next server's time falls back
// again, a clock is wrong and nothing waited.
func (o *observed) slowest(a *seedtest.Analysis) {
	var worst *seedtest.Hop
	for i := range a.Hops {
		h := &a.Hops[i]
		if h.Delay == nil || worst != nil && *h.Delay <= *worst.Delay {
			continue
		}
		if i+1 < len(a.Hops) && a.Hops[i+1].Delay != nil && *a.Hops[i+1].Delay < -*h.Delay/2 {
			continue
		}
		worst = h
	}
	if worst != nil && *worst.Delay > 0 {
		o.put("slow_hop", worst.By.Name)
		o.put("slow_delay", short(*worst.Delay))
	}
}
