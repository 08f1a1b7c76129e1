package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"seedtest"
)

// routeType is a kind of route and what reads the keys that are its own.
type routeType struct {
	name seedtest.RouteType
	read func(*table, *seedtest.Route)
}

func routeTypes() []routeType {
	return []routeType{
		{seedtest.RouteSMTP, (*table).submission},
		{seedtest.RouteMX, (*table).direct},
		{seedtest.RouteSendmail, (*table).program},
		{seedtest.RouteExternal, (*table).external},
	}
}

func (t *table) route(name string, senders []seedtest.Identity) seedtest.Route {
	types := routeTypes()
	words := make([]string, len(types))
	for i, x := range types {
		words[i] = string(x.name)
	}
	route := seedtest.Route{Name: name, Type: seedtest.RouteSMTP}
	if word := t.word("type", words...); word != "" {
		route.Type = seedtest.RouteType(word)
	}
	for _, x := range types {
		if x.name == route.Type {
			x.read(t, &route)
		}
	}
	route.Control = t.flag("control")
	route.Hazard = t.flag("hazard")
	route.Sender = t.sender(senders)
	route.DKIM = t.dkim(route.Sender)
	route.Notify = t.notify(route)
	return route
}

// submission reads a route of type smtp.
func (t *table) submission(route *seedtest.Route) {
	t.relay(route)
	t.way(route)
	if route.Proxy = t.proxy(); route.Proxy != nil && route.Family != "" && route.Source == "" {
		t.r.fail(t.get("family"), "the proxy decides by which version of IP it reaches the server", "take it out")
	}
	route.Login = t.login()
	route.HELO = t.helo()
	route.CA, route.Shows = t.authorities(), t.showing()
	route.Log = t.log()
	t.checkOAuth("route-"+route.Name, "", &route.Login, route.CA)
	t.checkRouteLogin(*route)
	t.checkSubmission(route)
	t.checkShowing(*route)
	t.alternatives(route)
}

// notFor says of keys that a type of route has no use for them.
func (t *table) notFor(kind seedtest.RouteType, why string, keys ...string) {
	for _, key := range keys {
		if n := t.value(key); n != nil {
			t.r.fail(n, fmt.Sprintf("is not for a route of type %q, %s", kind, why),
				`take it out, or write type = "smtp"`)
		}
	}
}

// serverKeys are of routes that connect to a server.
func serverKeys() []string {
	return []string{"host", "hosts", "port", "tls", "username", "password", "token", "oauth", "helo", "ca",
		"certificate", "source", "family", "proxy"}
}

// sendmail is the program of a route of type sendmail unless it names one. -i lets a line with a
// single dot be content, and "--" keeps addresses from being options: Sendmail, Postfix, Exim and
// OpenSMTPD know all of it.
func sendmail() []string {
	return []string{"/usr/sbin/sendmail", "-i", "-f", "{from}", "--", "{to}"}
}

// program reads a route of type sendmail.
func (t *table) program(route *seedtest.Route) {
	const example = `program = ["/usr/sbin/sendmail", "-i", "-f", "{from}", "--", "{to}"]`
	t.notFor(route.Type, "which runs a program on this machine", serverKeys()...)
	route.Log = t.log()
	route.Program = t.texts("program", example)
	n := t.get("program")
	if n == nil {
		route.Program = sendmail()
		return
	}
	p := route.Program
	switch {
	case len(p) == 0:
		if n.kind == kindArray {
			t.r.fail(n, "names no program", "write "+example+", or leave the key out")
		}
	case strings.ContainsFunc(strings.Join(p, ""), func(c rune) bool { return c == 0 }):
		t.r.fail(n, "holds a NUL", "write "+example)
	case !path.IsAbs(p[0]) && strings.ContainsAny(p[0], `/\{`) || strings.ContainsAny(p[0], "{ "):
		t.r.fail(n, fmt.Sprintf("%q is no program", p[0]),
			"name the program alone, by its whole path, and each argument as an element of its own")
	default:
		t.checkProgram(n, p)
	}
}

// checkProgram looks at the arguments of a program.
func (t *table) checkProgram(n *node, p []string) {
	args := p[1:]
	if !slices.ContainsFunc(args, func(s string) bool { return strings.Contains(s, "{to}") }) {
		t.r.fail(n, "does not say where the recipient stands",
			`add "{to}": only the seed that a message is for may get it`)
	}
	if slices.Contains(args, "-t") {
		t.r.fail(n, "-t takes the recipients from the header", `take it out, and end with "--", "{to}"`)
	}
	named := path.Base(p[0]) == "sendmail"
	if named && !slices.Contains(args, "-i") && !slices.Contains(args, "-oi") {
		t.r.warn(n, `without "-i" sendmail takes a line with a single dot for the end of the message`)
	}
}

// external reads a route of type external: there is nothing to say about how somebody else sends.
func (t *table) external(route *seedtest.Route) {
	t.notFor(route.Type, "which you send by yourself", append(serverKeys(), "program", "dkim", "notify")...)
}

// style reads how many recipients a message of a suite has.
func (t *table) style() seedtest.Style {
	if t.word("style", "each", string(seedtest.StyleOneMessage)) == string(seedtest.StyleOneMessage) {
		return seedtest.StyleOneMessage
	}
	return seedtest.StyleEach
}
