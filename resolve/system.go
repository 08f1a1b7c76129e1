package resolve

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// resolvConf is where most systems name their servers.
const resolvConf = "/etc/resolv.conf"

// systemServers returns the servers that the system uses, address:port.
func systemServers() []string {
	if c, err := dns.ClientConfigFromFile(resolvConf); err == nil && len(c.Servers) > 0 {
		servers := make([]string, len(c.Servers))
		for i, s := range c.Servers {
			servers[i] = net.JoinHostPort(s, c.Port)
		}
		return servers
	}
	return watchedServers()
}

// watchedServers learns the servers where no file names them, as on Windows, from whom the resolver
// of the standard library tries to reach. Nothing is sent.
func watchedServers() []string {
	var mu sync.Mutex
	var servers []string
	watch := net.Resolver{PreferGo: true,
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains(servers, address) {
				servers = append(servers, address)
			}
			return nil, errors.New("only watching")
		}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = watch.LookupTXT(ctx, "example.org.")
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(servers)
}
