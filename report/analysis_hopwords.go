package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// hopWords is who handed a message to whom in a hop, and how.
type hopWords struct {
	How    string // protocol, and via what
	TLS    string // "TLS 1.3"; "no TLS" where it went in the clear between networks
	Named  bool   // the protocol's name says as much of the TLS
	Cipher string
	From   string
	Near   string // "private" or "loopback", of the client's address
	Origin bool   // the client is who delivered the message to the provider
	By     string
	ByIP   string // beside the name
	ID     string
	For    string
}

func (n names) hopWords(h seedtest.Hop) hopWords {
	w := hopWords{How: n.say(howWords(h)), TLS: n.say(tlsWords(h)), From: n.say(clientOf(h)),
		Near: nearness(h.From.IP), By: n.say(h.By.Name), ByIP: address(h.By.IP), ID: n.say(h.ID),
		For: n.say(strings.Join(h.For, ", "))}
	if h.TLS != nil {
		w.Cipher = n.say(h.TLS.Cipher)
	}
	w.Named = w.TLS == "TLS" && slices.Contains(encrypted, h.With)
	if w.By == "" {
		w.By, w.ByIP = w.ByIP, ""
	}
	if ip, err := netip.ParseAddr(h.By.Name); err == nil && ip.Unmap() == h.By.IP.Unmap() {
		w.ByIP = ""
	}
	if w.By == "" {
		w.By = "(not told)"
	}
	return w
}

// protocol says how the message was handed over, without the cipher.
func (w hopWords) protocol() string {
	if w.Named {
		return w.How
	}
	return joined(" ", w.How, w.TLS)
}

// server says the receiver of a hop, its id for the message and the recipients it names.
func (w hopWords) server() string {
	return joined(", ", w.By, labelOf("id ", w.ID), labelOf("for ", w.For))
}

// client says the client of a hop, and whether it is the one that delivered the message.
func (w hopWords) client() string {
	if w.Origin {
		return w.From + ", the origin"
	}
	return w.From
}

// notTold stands for a client of which a hop says nothing.
const notTold = "(not told)"

// clientOf names the client of a hop: the name it gave, the name that was found, its address.
func clientOf(h seedtest.Hop) string {
	f := h.From
	said := []string{f.HELO}
	switch {
	case f.RDNS == "" || strings.EqualFold(f.RDNS, f.HELO):
	case strings.EqualFold(f.RDNS, "unknown"):
		said = append(said, "(unknown)")
	case f.HELO == "":
		said[0] = f.RDNS
	default:
		said = append(said, "(PTR "+f.RDNS+")")
	}
	if ip := address(f.IP); ip != "" && strings.Trim(f.HELO, "[]") != ip {
		said = append(said, "["+ip+"]")
	}
	if f.User != "" {
		said = append(said, "user "+f.User)
	}
	if text := joined(" ", said...); text != "" {
		return text
	}
	return notTold
}

// nearness says that an address is of no network that others reach.
func nearness(ip netip.Addr) string {
	ip = ip.Unmap()
	switch {
	case !ip.IsValid():
		return ""
	case ip.IsLoopback():
		return "loopback"
	case ip.IsPrivate() || ip.IsLinkLocalUnicast():
		return "private"
	}
	return ""
}

// howWords says the protocol of a hop: in capitals, but the name of a program as it is written.
func howWords(h seedtest.Hop) string {
	how := strings.ToUpper(h.With)
	if strings.Contains(h.With, " ") {
		how = asWritten(h.Raw, h.With)
	}
	return joined(" ", how, labelOf("via ", h.Via))
}

// asWritten finds a text in lower case in what it was read from.
func asWritten(raw, lower string) string {
	for at := 0; at+len(lower) <= len(raw); at++ {
		if strings.EqualFold(raw[at:at+len(lower)], lower) {
			return raw[at : at+len(lower)]
		}
	}
	return lower
}

// Protocols that say by their names whether they were encrypted (RFC 3848, RFC 6531).
var (
	encrypted = []string{"esmtps", "esmtpsa", "smtps", "lmtps", "lmtpsa", "utf8smtps", "utf8smtpsa",
		"utf8lmtps", "utf8lmtpsa", "https"}
	inTheClear = []string{"smtp", "esmtp", "esmtpa", "utf8smtp", "utf8smtpa"}
)

// tlsWords says how a hop was encrypted, and where it was not though it came over the Internet.
func tlsWords(h seedtest.Hop) string {
	switch t := h.TLS; {
	case t != nil && t.Version != "":
		return tlsName(t.Version)
	case t != nil && t.Bits > 0:
		return fmt.Sprintf("TLS of %d bits", t.Bits)
	case t != nil || slices.Contains(encrypted, h.With):
		return "TLS"
	case h.From.IP.IsValid() && nearness(h.From.IP) == "" && slices.Contains(inTheClear, h.With):
		return "no TLS"
	}
	return ""
}

// short says a delay between two hops; tenths matter only where there are any.
func short(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	if d > 0 && d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return took(d)
}
