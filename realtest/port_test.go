//go:build real

package realtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
)

// ports are those of loopback on which servers listen. None is given twice. As long as there are
// others, none is of the range from which the system takes ports for outgoing connections: before
// its server starts, such a port could be taken by any connection.
type ports struct {
	mu    sync.Mutex
	given map[int]bool
}

// firstPort is above those that servers of a system usually have.
const firstPort = 10000

// take returns n ports on which nobody listens.
func (p *ports) take(n int) ([]int, error) {
	low, high, err := outgoing()
	if err != nil {
		return nil, err
	}
	all := rand.Perm(1<<16 - firstPort)
	for i := range all {
		all[i] += firstPort
	}
	slices.SortStableFunc(all, func(a, b int) int {
		return within(a, low, high) - within(b, low, high)
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	var taken []int
	for _, port := range all {
		if len(taken) == n {
			return taken, nil
		}
		if !p.given[port] && listens(port) == nil {
			p.given[port] = true
			taken = append(taken, port)
		}
	}
	return nil, errors.New("no port of loopback is free")
}

// outgoing is the range from which the system takes ports for outgoing connections.
func outgoing() (low, high int, err error) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscan(string(text), &low, &high)
	return low, high, err
}

// within is 1 for a port of a range, and 0 for another.
func within(port, low, high int) int {
	if low <= port && port <= high {
		return 1
	}
	return 0
}

// listens says why no server can listen on a port now, and nil if one can.
func listens(port int) error {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	return l.Close()
}

func TestPorts(t *testing.T) {
	p := ports{given: map[int]bool{}}
	low, high, err := outgoing()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		taken, err := p.take(8)
		if err != nil || len(taken) != 8 {
			t.Fatalf("take: %d ports, %v, want 8", len(taken), err)
		}
		for _, port := range taken {
			if low > firstPort+2000 && within(port, low, high) == 1 {
				t.Errorf("port %d is for outgoing connections", port)
			}
		}
	}
	if len(p.given) != 800 {
		t.Errorf("%d ports were given in 800 turns: some twice", len(p.given))
	}
}
