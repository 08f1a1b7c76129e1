package main

import (
	"net"
	"strconv"

	"seedtest"
)

// proxyOf is the host:port of the proxy that a route's connections go through; empty: none.
func proxyOf(r seedtest.Route) string {
	if r.Proxy == nil {
		return ""
	}
	return net.JoinHostPort(r.Proxy.Host, strconv.Itoa(r.Proxy.Port))
}

// through says so of a way that goes through a proxy.
func through(proxy string) string {
	if proxy == "" {
		return ""
	}
	return " through the proxy " + proxy
}
