package sender

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// Notes keep what is learned of servers beyond the life of a Client.
type Notes interface {
	// Note puts what change makes of the bytes that are kept under a name, nil if there are none, in
	// their place.
	Note(ctx context.Context, name string, change func([]byte) []byte) error
}

// The bounds of what is known of servers.
const (
	maxOffers  = 500         // servers of a Client
	noteWithin = time.Second // for reading a note
)

// offer is when a server last offered what a firewall may take out.
type offer struct {
	STARTTLS time.Time `json:"starttls,omitzero"`
	AUTH     time.Time `json:"auth,omitzero"`
}

// and has the later times of both.
func (o offer) and(p offer) offer {
	if p.STARTTLS.After(o.STARTTLS) {
		o.STARTTLS = p.STARTTLS
	}
	if p.AUTH.After(o.AUTH) {
		o.AUTH = p.AUTH
	}
	return o
}

// offers are what the servers of a Client offered. Notes are read when a server no longer offers
// something, and written when the Client is closed, so that no message waits for them.
type offers struct {
	notes Notes // nil: none
	mu    sync.Mutex
	seen  map[string]offer // by server
	asked map[string]bool  // whose notes are in seen
}

func newOffers(notes Notes) *offers {
	return &offers{notes: notes, seen: map[string]offer{}, asked: map[string]bool{}}
}

func serverName(e seedtest.Endpoint) string {
	return net.JoinHostPort(strings.ToLower(e.Host), strconv.Itoa(e.Port))
}

func noteOf(server string) string { return "smtp offers " + server }

// learn takes what a server offers now.
func (o *offers) learn(server string, p offer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old, known := o.seen[server]; p != (offer{}) && (known || len(o.seen) < maxOffers) {
		o.seen[server] = old.and(p)
	}
}

// of returns what a server is known to have offered. Its note is read once.
func (o *offers) of(ctx context.Context, server string) offer {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.notes == nil || o.asked[server] || len(o.asked) >= maxOffers {
		return o.seen[server]
	}
	o.asked[server] = true
	ctx, cancel := context.WithTimeout(ctx, noteWithin)
	defer cancel()
	p := offer{}
	_ = o.notes.Note(ctx, noteOf(server), func(old []byte) []byte { // without notes nothing is known
		p = readOffer(old)
		return writeOffer(p)
	})
	o.seen[server] = o.seen[server].and(p)
	return o.seen[server]
}

// close has what was learned noted.
func (o *offers) close(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for server, p := range o.seen {
		if o.notes == nil || ctx.Err() != nil {
			return
		}
		_ = o.notes.Note(ctx, noteOf(server), func(old []byte) []byte { // the mail is sent all the same
			return writeOffer(readOffer(old).and(p))
		})
	}
}

// readOffer reads a note. One that cannot be read says nothing.
func readOffer(note []byte) (p offer) {
	if json.Unmarshal(note, &p) != nil {
		return offer{}
	}
	return p
}

func writeOffer(p offer) []byte {
	note, _ := json.Marshal(p) // two times can always be written
	return note
}

// learnOffers takes what the server offered by the last EHLO. Behind TLS that began by STARTTLS
// nothing says so any more.
func (s *session) learnOffers() {
	now, p := s.c.o.Now().UTC(), offer{}
	if s.offers("STARTTLS") || s.tls != nil && s.c.route.Server.TLS != seedtest.TLSImplicit {
		p.STARTTLS = now
	}
	if len(s.mechanisms) > 0 {
		p.AUTH = now
	}
	s.c.offers.learn(serverName(s.c.route.Server), p)
}

// taken says of a keyword that is missing that the server offered it before; empty if it is not
// known to have.
func (s *session) taken(ctx context.Context, when func(offer) time.Time) string {
	at := when(s.c.offers.of(ctx, serverName(s.c.route.Server)))
	if at.IsZero() {
		return ""
	}
	return ", and did on " + at.Format("2006-01-02 15:04 MST") +
		": its operator switched it off since, or something on the way takes it out"
}

func startTLSOf(p offer) time.Time { return p.STARTTLS }

func authOf(p offer) time.Time { return p.AUTH }
