package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"seedtest"
)

// proxyError is a failure on the way through a proxy.
type proxyError struct {
	how string // it failed before the proxy could answer; empty: it is the answer
	err error
}

// Error implements error.
func (e *proxyError) Error() string { return e.err.Error() }

// Unwrap is what failed.
func (e *proxyError) Unwrap() error { return e.err }

// blames reports whether the proxy, and no server behind it, is to blame: one that is silent may wait
// for a server.
func (e *proxyError) blames() bool {
	if e.how != "" {
		return true
	}
	switch said := e.said(); said {
	case noWay, noLogin, noCommand:
		return true
	default:
		return proxyAnswers[said] == "" && !isTimeout(e.err)
	}
}

// said is the proxy's answer as the library words it.
func (e *proxyError) said() string { return strings.TrimPrefix(e.Error(), "unknown error ") }

// dialByProxy has the route's proxy connect to the server. The proxy looks up the server's name,
// unless its address is known.
func (c *Client) dialByProxy(ctx context.Context) (net.Conn, error) {
	p := c.route.Proxy
	var login *proxy.Auth
	if p.Password != nil {
		secret, err := p.Password.Secret(ctx)
		if err != nil {
			return nil, &proxyError{"is not asked", fmt.Errorf("no secret for %s: %w", p.Username, err)}
		}
		login = &proxy.Auth{User: p.Username, Password: secret.Reveal()}
	}
	r, err := c.dialTo(ctx, "tcp", proxyAddress(*p))
	if err != nil {
		return nil, &proxyError{"cannot be reached", err}
	}
	if err := askProxy(ctx, r.conn, login, c.target()); err != nil {
		_ = r.conn.Close()
		return nil, &proxyError{"", err}
	}
	return r.conn, nil
}

// askProxy asks for a connection by one to the proxy. The library's own dialing would hide whether
// the proxy was reached.
func askProxy(ctx context.Context, conn net.Conn, login *proxy.Auth, target string) error {
	socks, err := proxy.SOCKS5("tcp", "", login, nil)
	if err != nil {
		return err
	}
	asks, able := socks.(interface {
		DialWithConn(ctx context.Context, conn net.Conn, network, address string) (net.Addr, error)
	})
	if !able {
		return errors.New("the library for SOCKS takes no connection that is open")
	}
	_, err = asks.DialWithConn(ctx, conn, "tcp", target)
	if until, ok := ctx.Deadline(); ok && !time.Now().Before(until) {
		<-ctx.Done() // the connection has the same deadline, and may have heard of it first
	}
	var op *net.OpError
	if errors.As(err, &op) && strings.HasPrefix(op.Op, "socks") {
		return op.Err
	}
	return err
}

// proxyTrouble says what it means that there is no connection through the proxy. It reports false if
// the trouble is not of that kind.
func (c *Client) proxyTrouble(t *trouble, err error) bool {
	var failed *proxyError
	if !errors.As(err, &failed) {
		return false
	}
	t.proxy = failed.blames()
	at, why := "the proxy "+proxyAddress(*c.route.Proxy), cause(failed.err, c.o.Timeouts.Connect)
	if failed.how != "" {
		t.what = fmt.Sprintf("connect: %s %s: %s", at, failed.how, why)
		t.hint = "check proxy in the route, and that it is up; of the server nothing is known"
		return true
	}
	said := failed.said()
	if hint := proxyAnswers[said]; hint != "" {
		t.what, t.hint = fmt.Sprintf("connect: %s says of %s: %s", at, c.target(), said), hint
		return true
	}
	t.what = fmt.Sprintf("connect: %s gave no connection to %s: %s", at, c.target(), why)
	t.hint = fmt.Sprintf("is there a SOCKS 5 proxy on port %d? One for HTTP is of no use here",
		c.route.Proxy.Port)
	return true
}

// The answers that are about us, and no server.
const (
	noCommand = "command not supported"
	noWay     = "no acceptable authentication methods"
	noLogin   = "username/password authentication failed"
)

// proxyAnswers says what to do about the replies of RFC 1928 section 6, and where a login is refused
// (RFC 1929), as the library words them.
var proxyAnswers = map[string]string{
	"general SOCKS server failure": "the proxy's log tells why; many say so of a server that they " +
		"cannot reach",
	"connection not allowed by ruleset": "the proxy lets nobody, or not this login, go there: have it " +
		"allow the server and its port",
	"network unreachable": "the proxy has no way to the server's network",
	"host unreachable":    "the proxy cannot find or reach the server: check host, and the proxy's DNS",
	"connection refused":  "nothing listens on that port of the server: check host and port",
	"TTL expired":         "the way from the proxy to the server is too long, or goes in circles",
	noCommand:             "the proxy makes no connections for others",
	"address type not supported": "the proxy may not look names up, or not know IPv6: name the server " +
		"by another address",
	noWay: "the proxy wants a login, or wants none: see username and " +
		"password of proxy",
	noLogin: "the proxy does not know this login: see username and " +
		"password of proxy",
}

func proxyAddress(p seedtest.Proxy) string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// byProxy says by which proxy a connection goes.
func (c *Client) byProxy() string {
	if c.route.Proxy == nil {
		return ""
	}
	return " through the proxy " + proxyAddress(*c.route.Proxy)
}
