package verify

import (
	"context"
	"net/netip"
)

// Resolver answers questions of DNS. Names are absolute, with or without a final dot. Where there
// is nothing the error is seedtest.ErrNXDOMAIN or seedtest.ErrNODATA; any other is a failure, which
// a later try may not have.
type Resolver interface {
	TXT(ctx context.Context, name string) ([]string, error) // strings of one record joined
	IP4(ctx context.Context, name string) ([]netip.Addr, error)
	IP6(ctx context.Context, name string) ([]netip.Addr, error)
	MX(ctx context.Context, name string) ([]string, error) // hosts, the most preferred first
	PTR(ctx context.Context, ip netip.Addr) ([]string, error)
}
