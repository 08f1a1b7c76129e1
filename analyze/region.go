package analyze

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"seedtest"
	"seedtest/header"
)

// head is a header with the text it was read from and the positions of its Received fields.
type head struct {
	header.Header
	raw      []byte
	received []int
}

// region is the part of a header that the receiving provider wrote. Servers write on top, so that
// it begins above all else and ends with the Received field of the edge, the server that spoke to
// the outside. Some edges insert further fields directly below their Received field, and some
// providers append fields at the end. Whoever sent the message wrote everything else, and may have
// written it to look like the provider's.
type region struct {
	known bool // there is a boundary, or the preset names one that was not found
	top   int  // the fields at positions below top stand above the boundary
	end   int  // those from top up to end were inserted directly below it
	loose bool // what may stand there is not known, only of which kinds it is
	tail  int  // the fields from tail on were appended
	last  int  // from here on all fields have names as appended ones have
	edge  int  // index in the hops of the field that the edge wrote, -1 if unknown
	whole bool // the head ends where it seems to, so that what stands last was written last
	inner bool // no edge saw a client from outside: the message stayed inside, as far as it shows
}

func (r region) holds(position int) bool { return position < r.end || position >= r.tail }

// boundary finds the region: by the name of the provider's edge, else by its marker.
func boundary(h head, hops []seedtest.Hop, trust seedtest.Trust) region {
	r := region{edge: -1, tail: len(h.Fields), last: len(h.Fields), whole: h.isWhole()}
	r.known = trust.BoundaryBy != "" || trust.BoundaryMarker != ""
	switch edge, outside := edgeHop(hops, trust); {
	case edge >= 0:
		r.known, r.inner = true, !outside
		r.edge, r.top = edge, h.received[hops[edge].Header]+1
		r.end, r.loose = below(h.Header, r.top, trust)
	case trust.BoundaryBy == "" && trust.BoundaryMarker != "":
		r.top = markerAt(h.Header, trust.BoundaryMarker)
		r.end, r.edge = r.top, lastAbove(hops, h.received, r.top)
	}
	if r.edge >= 0 && r.whole {
		r.tail, r.last = tailAt(h.Header, r.end, trust)
	}
	return r
}

// isWhole reports whether the head was read to its end: an empty line with the line end that the
// first line has, which is a server's, or the end of the input. A sender can make a line that only
// looks empty, or so many that are no fields or too many that are, and so choose what seems to
// stand last.
func (h head) isWhole() bool {
	if len(h.Fields) == header.MaxFields || len(h.raw) > header.MaxSize && h.Body >= header.MaxSize {
		return false
	}
	if h.Body >= len(h.raw) {
		return true
	}
	end := "\r"
	if i := bytes.IndexByte(h.raw, '\n'); i > 0 && h.raw[i-1] == '\r' {
		end = "\r\n"
	} else if i >= 0 {
		end = "\n"
	}
	return bytes.HasSuffix(h.raw[:h.Body], []byte(end+end))
}

// markerAt returns the position of the topmost field of that name, or 0: one that the sender
// brought along stands below the provider's own.
func markerAt(h header.Header, marker string) int {
	for i, f := range h.Fields {
		if strings.EqualFold(f.Name, marker) {
			return i
		}
	}
	return 0
}

// below returns where the fields end that the edge inserted below its Received field, and whether
// only their kinds are known.
func below(h header.Header, top int, trust seedtest.Trust) (end int, loose bool) {
	switch {
	case trust.NothingBelow || trust.ResultsBelow:
		return top, false
	case len(trust.Below) > 0:
		return inOrder(h, top, trust.Below), false
	}
	end = top
	for end < len(h.Fields) && isEdgeField(h.Fields[end].Key) {
		end++
	}
	return end, true
}

// isEdgeField reports whether edges of which nothing more is known write such fields.
func isEdgeField(key string) bool {
	return key == results || key == "received-spf" || strings.HasPrefix(key, "arc-")
}

// inOrder returns where a run of fields ends that holds what is listed, in that order: each once,
// some left out. What does not fit the order was not written there, and so the sender's fields
// begin with it. An entry is a field's name, or NAME:TEXT for one whose value begins with that
// text, such as the authserv-id by which one of several fields of results is known.
func inOrder(h header.Header, top int, list []string) int {
	end, next := top, 0
	for ; end < len(h.Fields); end++ {
		i := next
		for i < len(list) && !isListed(&h.Fields[end], list[i]) {
			i++
		}
		if i == len(list) || repeated(h, top, end) {
			break
		}
		next = i + 1
	}
	return end
}

// repeated reports whether the same field stands in the run already: a list may give a name two
// places where the order is not settled, and yet it is written once.
func repeated(h header.Header, top, at int) bool {
	if h.Fields[at].Key == results {
		return false // told apart by their authserv-ids, or listed as often as they occur
	}
	for i := top; i < at; i++ {
		if h.Fields[i].Key == h.Fields[at].Key {
			return true
		}
	}
	return false
}

// isListed compares a field with an entry of a list. A star at the end stands for any text.
func isListed(f *header.Field, entry string) bool {
	if !mayBegin(entry, f.Name) {
		return false
	}
	name, text, withText := strings.Cut(entry, ":")
	if begin, ok := strings.CutSuffix(name, "*"); ok {
		return hasPrefix(f.Name, begin)
	}
	if len(f.Name) != len(name) || !strings.EqualFold(f.Name, name) {
		return false
	}
	if !withText || !hasPrefix(f.Value, text) {
		return !withText
	}
	rest := f.Value[len(text):]
	return strings.HasSuffix(text, "=") || rest == "" || strings.IndexByte("; \t(", rest[0]) >= 0
}

// mayBegin rules out entries, nearly all, that begin with another letter than a name.
func mayBegin(entry, name string) bool {
	if entry == "" || name == "" {
		return entry == name
	}
	first, other := entry[0], name[0]
	return first|0x20 == other|0x20 || first == '*' || first >= 0x80 || other >= 0x80
}

// tailAt returns where the fields begin that the provider appended. It always writes the first one
// of them, so that the lowest of that name is its own, and everything below it too; what stands
// there must be listed, or that field is not what it looks like. There is no tail that begins with
// results if the results stand on top. Without it, last is where the fields begin that are listed.
func tailAt(h header.Header, end int, trust seedtest.Trust) (tail, last int) {
	none := len(h.Fields)
	if len(trust.Tail) == 0 {
		return none, none
	}
	first := trust.Tail[0]
	if hasPrefix(first, results) && slices.ContainsFunc(h.Fields[:end],
		func(f header.Field) bool { return isListed(&f, first) }) {
		return none, none
	}
	for last = none; last > end; last-- {
		if isListed(&h.Fields[last-1], first) {
			return last - 1, last - 1
		}
		if !isAnyOf(&h.Fields[last-1], trust.Tail[1:]) {
			break
		}
	}
	return none, last
}

func isAnyOf(f *header.Field, list []string) bool {
	for _, entry := range list {
		if isListed(f, entry) {
			return true
		}
	}
	return false
}

// lastAbove returns the lowest hop whose field stands above a position, or -1.
func lastAbove(hops []seedtest.Hop, received []int, position int) int {
	for i := range hops { // the oldest, and so the lowest, comes first
		if received[hops[i].Header] < position {
			return i
		}
	}
	return -1
}

// edgeHop returns the topmost hop that an edge of the provider wrote about a client from outside
// or, if there is none, the topmost that one wrote at all, and which of the two it is. It looks no
// further than the hops can be the provider's: below that, anybody may have named its edge. Without
// a name for the edge, a server that signs with its own name is its own edge.
func edgeHop(hops []seedtest.Hop, trust seedtest.Trust) (edge int, outside bool) {
	if trust.BoundaryBy == "" && (trust.BoundaryMarker != "" || len(trust.AuthservIDs) == 0) {
		return -1, false // none can be told from others
	}
	own, inside := match(trust.BoundaryBy, false), match(trust.InsideBy, false)
	lenient := trust.InsideBy == "" && trust.BoundaryBy != ""
	first := -1
	for i := len(hops) - 1; i >= 0; i-- {
		h := &hops[i]
		switch {
		case first >= 0 && !lenient && h.By.Name != hops[first].By.Name:
			return first, false // the edge hands a message on to itself, through a filter, and to no other
		case isEdge(h, own, trust):
			if !isInside(h.From, own, inside) {
				return i, true
			}
			if first < 0 {
				first = i
			}
			if h.From == (seedtest.HopFrom{}) {
				return first, false // handed in by a user, who wrote all below
			}
		case lenient, inside.matches(h.By.Name), !isPublic(h.From.IP):
		default:
			return first, false
		}
	}
	return first, false
}

func isEdge(h *seedtest.Hop, own *namePattern, trust seedtest.Trust) bool {
	if trust.BoundaryBy != "" {
		return own.matches(h.By.Name) ||
			strings.Contains(trust.BoundaryBy, `\(`) && own.matches(byComment(h))
	}
	return trust.BoundaryMarker == "" && hasID(trust.AuthservIDs, h.By.Name)
}

// byComment returns the server's name and the comment behind it, "mx1.example.net (NewMX)": some
// providers' edges differ from their other servers only in what they say they are.
func byComment(h *seedtest.Hop) string {
	begin := "by " + h.By.Name + " ("
	i := strings.LastIndex(h.Raw, begin)
	if i < 0 {
		return ""
	}
	text := h.Raw[i+len("by "):]
	return text[:strings.IndexByte(text, ')')+1]
}

// isInside reports whether a client is the provider itself. Addresses tell it that nobody outside
// has. The greeting, which anybody may choose, counts only where no address is recorded; the name
// that was looked up, which the owner of an address chooses, only for providers whose inner servers
// have no other mark.
func isInside(c seedtest.HopFrom, own, inside *namePattern) bool {
	switch {
	case c.IP.IsValid() && !isPublic(c.IP):
		return true
	case c.IP.IsValid():
		return inside == nil && c.RDNS != "" && own.matches(c.RDNS) && !isLiteral(c.RDNS)
	}
	return c.HELO == "" || own.matches(c.HELO) || inside.matches(c.HELO)
}

func isPublic(ip netip.Addr) bool { return ip.IsValid() && !isInternal(ip) }

func isLiteral(s string) bool {
	if s == "" || strings.IndexByte(s, ':') < 0 && !isDigit(s[len(s)-1]) {
		return false // nearly all names, each of which would make an error
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}
