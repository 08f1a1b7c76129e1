package inbox

import (
	"net"
	"strings"
	"sync"
	"testing"

	"seedtest"
)

// metered is a connection that notes each write, and what was read after it.
type metered struct {
	net.Conn
	mu   *sync.Mutex
	said *[]turn
}

// turn is one write and the bytes that came until the next.
type turn struct {
	wrote string
	read  int
}

func (c metered) Write(p []byte) (int, error) {
	c.mu.Lock()
	*c.said = append(*c.said, turn{wrote: string(p)})
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func (c metered) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(*c.said) - 1; last >= 0 {
		(*c.said)[last].read += n
	}
	return n, err
}

// A message that a STATUS told of is fetched by one write, and little more than its header comes.
func TestWatchFetchesInOneRoundTrip(t *testing.T) {
	var mu sync.Mutex
	var said []turn
	watch(t, newBook(1), func(s *server) {
		s.dialed = func(c net.Conn) net.Conn { return metered{Conn: c, mu: &mu, said: &said} }
	}, func(w *watching) {
		w.accept(0)
		header := "X-Long: " + strings.Repeat("a", 3000) + "\r\n" + w.header(0)
		w.deliver("INBOX", header, strings.Repeat("A body that nobody needs.\r\n", 1000))
		w.ended()
		w.placed(0, seedtest.Inbox)
		mu.Lock()
		defer mu.Unlock()
		fetches := 0
		for _, x := range said {
			if !strings.Contains(x.wrote, "BODY.PEEK[HEADER]") {
				continue
			}
			fetches++
			if !strings.Contains(x.wrote, "EXAMINE") || !strings.Contains(x.wrote, "UNSELECT") {
				t.Errorf("the fetch is %q, want the mailbox opened and left by the same write", x.wrote)
			}
			if most := len(header) + 1024; x.read > most {
				t.Errorf("%d bytes came, want at most %d for a header of %d", x.read, most, len(header))
			}
			if x.read < len(header) {
				t.Errorf("%d bytes came after the write, want the header of %d", x.read, len(header))
			}
		}
		if fetches != 1 {
			t.Errorf("%d writes ask for headers, want 1", fetches)
		}
	})
}
