package analyze

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// From where on something on the way is worth saying.
const (
	slowHop   = 5 * time.Minute  // as long as servers that greylist let a client wait
	skewedHop = 10 * time.Second // clocks of servers that nobody sets differ by more
	wrongHop  = 5 * time.Minute  // with such a clock, signatures and logs are of little use
	manyHops  = 100              // more are a loop (RFC 5321 section 6.3)
)

// pathFindings says what is worth saying of the way that a message took: circles, waiting, clocks
// that disagree, and hops over the internet that show no TLS. Hops are in transit order.
func pathFindings(hops []seedtest.Hop) []seedtest.Finding {
	list := circles(hops)
	if f, ok := slowest(hops); ok {
		list = append(list, f)
	}
	if f, ok := worstClock(hops); ok {
		list = append(list, f)
	}
	if f, ok := plaintext(hops); ok {
		list = append(list, f)
	}
	if f, ok := hiddenClient(hops); ok {
		list = append(list, f)
	}
	return list
}

// circles finds servers to which the message came back for the same recipient, or with the same id.
func circles(hops []seedtest.Hop) []seedtest.Finding {
	if len(hops) > manyHops {
		return []seedtest.Finding{loop(hops[len(hops)-1:], fmt.Sprintf(
			"it passed %d servers, which is a loop or a forged header", len(hops)))}
	}
	twice := namedTwice(hops)
	var list []seedtest.Finding
	for i := range hops {
		if twice&sizeOf(hops[i].By.Name) == 0 || !comesBack(hops, i) {
			continue
		}
		f, ok := circleFrom(hops, i)
		if ok && f.Code == codeLoop {
			return []seedtest.Finding{f}
		}
		if ok && len(list) == 0 {
			list = append(list, f)
		}
	}
	return list
}

// namedTwice holds the sizes that more than one server's name has. A name whose size no other has
// is compared with none.
func namedTwice(hops []seedtest.Hop) (twice uint64) {
	seen := uint64(0)
	for i := range hops {
		size := sizeOf(hops[i].By.Name)
		twice |= seen & size
		seen |= size
	}
	return twice
}

// sizeOf is a bit for the length of a name.
func sizeOf(name string) uint64 { return 1 << (len(name) & 63) }

// comesBack reports whether a hop behind hop i is at the same server.
func comesBack(hops []seedtest.Hop, i int) bool {
	for j := i + 1; j < len(hops); j++ {
		if len(hops[i].By.Name) == len(hops[j].By.Name) && sameServer(&hops[i], &hops[j]) {
			return true
		}
	}
	return false
}

// circleFrom finds the visits to the server of hop i that follow it.
func circleFrom(hops []seedtest.Hop, i int) (seedtest.Finding, bool) {
	first := &hops[i]
	var visits []seedtest.Hop
	for j := i + 1; j < len(hops); j++ {
		switch h := &hops[j]; {
		case !sameServer(first, h), first.Raw == h.Raw: // GMX writes some fields twice
		case first.ID == h.ID && isQueueID(first.ID):
			return loop(hops[j:j+1], fmt.Sprintf("%s took it twice under the id %s", first.By.Name,
				first.ID)), true
		case sameRecipient(first, h) && between(hops[i+1:j], first) && !reinjected(h):
			visits = append(visits, *h)
		}
	}
	switch len(visits) {
	case 0:
		return seedtest.Finding{}, false
	case 1:
		return seedtest.Finding{
			Code: "hop.again", Severity: seedtest.SeverityInfo,
			Title:    fmt.Sprintf("it came back to %s for %s", first.By.Name, first.For[0]),
			Evidence: evidence(visits),
			Fix: []string{"nothing, if a filter elsewhere sends mail back; else look for a forward " +
				"that leads in a circle"},
		}, true
	}
	return loop(visits, fmt.Sprintf("it came to %s %d times for %s", first.By.Name, len(visits)+1,
		first.For[0])), true
}

const codeLoop = "hop.loop"

func loop(hops []seedtest.Hop, title string) seedtest.Finding {
	return seedtest.Finding{Code: codeLoop, Severity: seedtest.SeverityWarning, Title: title,
		Evidence: evidence(hops),
		Fix:      []string{"look for forwards or routes that lead from these servers back to them"}}
}

// sameServer compares full names: others, such as "localhost" or "0", are those of many.
func sameServer(a, b *seedtest.Hop) bool {
	return len(a.By.Name) == len(b.By.Name) && strings.EqualFold(a.By.Name, b.By.Name) &&
		strings.IndexByte(a.By.Name, '.') > 0
}

// isQueueID rules out what Exchange writes for an id, its version.
func isQueueID(id string) bool { return strings.Trim(id, "0123456789.") != "" }

func sameRecipient(a, b *seedtest.Hop) bool {
	return len(a.For) > 0 && len(b.For) > 0 && strings.EqualFold(a.For[0], b.For[0]) &&
		strings.IndexByte(a.For[0], '@') > 0
}

// between reports whether another server than that of a hop is among some.
func between(hops []seedtest.Hop, of *seedtest.Hop) bool {
	for i := range hops {
		h := &hops[i]
		if !sameServer(h, of) && h.By.Name != "" && !isLocalName(h.By.Name) {
			return true
		}
	}
	return false
}

// reinjected reports whether a hop came from within: a filter on the same machine or beside it, or
// a client in the same network.
func reinjected(h *seedtest.Hop) bool {
	return isInternal(h.From.IP) || isLocalName(h.From.HELO) || h.From.HELO == h.By.Name ||
		h.From.RDNS == h.By.Name
}

func isLocalName(name string) bool { return strings.HasPrefix(name, "localhost") }

// sharedNAT is the space between a network provider and its customers (RFC 6598).
var sharedNAT = netip.MustParsePrefix("100.64.0.0/10")

// isInternal reports whether an address cannot have come over the internet.
func isInternal(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() ||
		sharedNAT.Contains(ip)
}

// slowest finds the hop before which the message waited longest, if that is long. Where the next
// server's time falls back again, a clock is wrong and nothing waited.
func slowest(hops []seedtest.Hop) (seedtest.Finding, bool) {
	at, longest := -1, slowHop-1
	for i := range hops {
		delay := hops[i].Delay
		if delay == nil || *delay <= longest || !zoned(hops[i-1:i+1]) || isFetched(&hops[i]) {
			continue
		}
		if i+1 < len(hops) && hops[i+1].Delay != nil && *hops[i+1].Delay < -*delay/2 {
			continue
		}
		at, longest = i, *delay
	}
	if at < 0 {
		return seedtest.Finding{}, false
	}
	title := fmt.Sprintf("it waited %s before %s took it", longest.Round(time.Second),
		serverName(hops[at]))
	if all := wholeTime(hops); all >= longest {
		title += fmt.Sprintf(", of %s in all", all.Round(time.Second))
	}
	return seedtest.Finding{
		Code: "hop.slow", Severity: seedtest.SeverityWarning, Title: title,
		Evidence: evidence(hops[at-1 : at+1]),
		Fix: []string{fmt.Sprintf("ask the log of %s why: a deferral (greylisting, a limit), a full "+
			"queue, or a message that was held", serverName(hops[at-1]))},
	}, true
}

// isFetched reports whether a program fetched the message from a mailbox, where it lay delivered.
func isFetched(h *seedtest.Hop) bool {
	return strings.HasPrefix(h.With, "pop") || strings.HasPrefix(h.With, "imap")
}

// zoned reports whether the zone of each hop's time is known.
func zoned(hops []seedtest.Hop) bool {
	for i := range hops {
		if slices.Contains(hops[i].Problems, noZone) {
			return false
		}
	}
	return true
}

// wholeTime is the time from the first hop that gives one to the last.
func wholeTime(hops []seedtest.Hop) time.Duration {
	var first, last time.Time
	for i := range hops {
		if at := hops[i].Time; !at.IsZero() {
			if first.IsZero() {
				first = at
			}
			last = at
		}
	}
	return last.Sub(first)
}

// worstClock finds the hop whose time lies furthest before that of the one before it.
func worstClock(hops []seedtest.Hop) (seedtest.Finding, bool) {
	at, worst := -1, -skewedHop+1
	for i := range hops {
		if d := hops[i].Delay; d != nil && *d < worst && zoned(hops[i-1:i+1]) {
			at, worst = i, *d
		}
	}
	if at < 0 {
		return seedtest.Finding{}, false
	}
	severity := seedtest.SeverityInfo
	if worst <= -wrongHop {
		severity = seedtest.SeverityWarning
	}
	fix := "compare both clocks with a time server: delays around them are not to be trusted"
	if isZoneShift(-worst) {
		fix = "look at the time zone of both servers first: the difference is one of zones"
	}
	return seedtest.Finding{
		Code: "hop.skew", Severity: severity,
		Title: fmt.Sprintf("the clock of %s is at least %s behind that of %s", serverName(hops[at]),
			-worst.Round(time.Second), serverName(hops[at-1])),
		Evidence: evidence(hops[at-1 : at+1]),
		Fix:      []string{fix},
	}, true
}

// isZoneShift reports whether a difference is what zones differ by, give or take some minutes.
func isZoneShift(d time.Duration) bool {
	const near = 3 * time.Minute
	return d > 30*time.Minute && (d+near)%(30*time.Minute) <= 2*near && d < 24*time.Hour
}

// plaintext finds hops over the internet whose server says that it was ESMTP and not ESMTPS (RFC
// 3848), and nothing else of TLS. Of plain SMTP nothing is said: many write that word whatever
// the connection was. Servers of one house may trust the wires between them.
func plaintext(hops []seedtest.Hop) (seedtest.Finding, bool) {
	var list []seedtest.Hop
	count, login := 0, false
	for i := range hops {
		if h := &hops[i]; isPlain(h) && h.From.IP.IsValid() && !reinjected(h) && !inHouse(h) {
			login = login || h.With == "esmtpa"
			if count++; count <= maxEvidence {
				list = append(list, *h)
			}
		}
	}
	if count == 0 {
		return seedtest.Finding{}, false
	}
	f := seedtest.Finding{
		Code: "hop.plaintext", Severity: seedtest.SeverityInfo,
		Title:    fmt.Sprintf("%s shows no TLS", serverName(list[0])),
		Evidence: evidence(list),
		Fix:      []string{"offer STARTTLS there, and see that the client before it uses it"},
	}
	if count > 1 {
		f.Title = fmt.Sprintf("%d servers show no TLS, %s first", count, serverName(list[0]))
	}
	if login {
		f.Severity = seedtest.SeverityWarning
		f.Title += ", and a login was given"
	}
	return f, true
}

// hiddenClient finds that the first field which the receiving provider wrote gives an address from
// within, though the message came to it from others: something in front hides who connected.
func hiddenClient(hops []seedtest.Hop) (seedtest.Finding, bool) {
	i := 0
	for i < len(hops) && !hops[i].Trusted {
		i++
	}
	if i < 1 || i == len(hops) || !hops[i].From.IP.IsValid() || !isInternal(hops[i].From.IP) {
		return seedtest.Finding{}, false
	}
	return seedtest.Finding{
		Code: "hop.hidden", Severity: seedtest.SeverityInfo,
		Title: fmt.Sprintf("%s took it from %s, an address from within: who connected is not told",
			serverName(hops[i]), hops[i].From.IP),
		Evidence: evidence(hops[i : i+1]),
		Fix: []string{"let what stands in front of that server hand the client's address on (the " +
			"PROXY protocol, XCLIENT): SPF and blocklists are asked about the wrong one"},
	}, true
}

func isPlain(h *seedtest.Hop) bool {
	return h.TLS == nil && (h.With == "esmtp" || h.With == "esmtpa" && !isWithin(h.By.Name, proxied))
}

// proxied is the domain of servers that write ESMTPA of logins, though a proxy before them demands
// TLS: those of Fastmail.
const proxied = ".messagingengine.com"

// inHouse reports whether client and server are neighbours by their names, mx1.mail.example.org and
// mx2.mail.example.org, and no one logged in. In a domain such as co.uk all are strangers.
func inHouse(h *seedtest.Hop) bool {
	i := strings.IndexByte(h.By.Name, '.')
	if i < 0 || h.With == "esmtpa" {
		return false
	}
	house := h.By.Name[i:]
	top := strings.LastIndexByte(house, '.')
	return top >= len(".abcd") && isWithin(h.From.RDNS, house)
}

// isWithin reports whether a name ends with a domain, which begins with a dot.
func isWithin(name, domain string) bool {
	n := len(name) - len(domain)
	return n > 0 && strings.EqualFold(name[n:], domain)
}

func serverName(h seedtest.Hop) string {
	if h.By.Name == "" {
		return "a server without a name"
	}
	return h.By.Name
}

func evidence(hops []seedtest.Hop) []seedtest.Evidence {
	var list []seedtest.Evidence
	for _, h := range hops {
		list = append(list, seedtest.Evidence{Field: "Received", Raw: h.Raw})
	}
	return list
}
