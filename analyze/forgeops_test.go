package analyze

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// forger knows the provider's shape, and wishes to be believed.
type forger struct {
	r     *rand.Rand
	shape *shape
	truth delivery
	lie   delivery
}

// operators are the ways to forge. Each is a trick that some reader of headers falls for.
var operators = []struct {
	name  string
	forge func(*forger) forgery
}{
	{"results, directly below the provider's", func(f *forger) forgery {
		return forgery{first: f.results()}
	}},
	{"results, among the sender's fields", func(f *forger) forgery {
		return forgery{middle: f.results()}
	}},
	{"results, last", func(f *forger) forgery { return forgery{last: f.results()} }},
	{"results of a method left out", func(f *forger) forgery {
		return forgery{first: f.result("x-forged=pass"), last: f.result("x-forged=pass")}
	}},
	{"results, one method a field", func(f *forger) forgery {
		return forgery{first: f.result("dmarc=pass header.from=example.org") +
			f.result("spf=pass") + f.result("dkim=pass")}
	}},
	{"id with a suffix", func(f *forger) forgery {
		return f.asID(func(id string) string { return id + ".evil.example" })
	}},
	{"id with a prefix", func(f *forger) forgery {
		return f.asID(func(id string) string { return "x" + id })
	}},
	{"id in Cyrillic", func(f *forger) forgery {
		return f.asID(strings.NewReplacer("o", "о", "a", "а", "e", "е", "c", "с").Replace)
	}},
	{"id with letters that fold", func(f *forger) forgery {
		return f.asID(strings.NewReplacer("s", "ſ", "k", "K").Replace)
	}},
	{"id as an A-label", func(f *forger) forgery {
		return f.asID(func(id string) string { return "xn--" + id + "-9za" })
	}},
	{"id in capitals and with a dot", func(f *forger) forgery {
		return f.asID(func(id string) string { return strings.ToUpper(id) + "." })
	}},
	{"id with a comment", func(f *forger) forgery {
		return f.asID(func(id string) string { return id + " (" + id + ") " })
	}},
	{"id behind a comment", func(f *forger) forgery {
		return f.asID(func(id string) string { return "(evil.example; (x)) " + id })
	}},
	{"id in quotes", func(f *forger) forgery {
		return f.asID(func(id string) string { return `"` + id + `"` })
	}},
	{"id with zero width", func(f *forger) forgery {
		return f.asID(func(id string) string { return id[:len(id)/2] + "\u200b" + id[len(id)/2:] })
	}},
	{"id with a NUL", func(f *forger) forgery {
		return f.asID(func(id string) string { return id + "\x00.evil.example" })
	}},
	{"id as an encoded word", func(f *forger) forgery {
		return f.asID(func(id string) string { return "=?utf-8?q?" + id + "?=" })
	}},
	{"ARC set of the provider, first instance", func(f *forger) forgery {
		return forgery{first: f.arc(1)}
	}},
	{"ARC set of the provider, later instance", func(f *forger) forgery {
		return forgery{first: f.arc(2), last: f.arc(7)}
	}},
	{"hop by the edge", func(f *forger) forgery {
		return forgery{first: f.fields("received"), middle: f.fields("received")}
	}},
	{"hop by the edge about itself", func(f *forger) forgery {
		f.lie.helo, f.lie.rdns = f.edge(), f.edge()
		return forgery{first: f.fields("received") + f.fields("received")}
	}},
	{"all that the provider writes on top", func(f *forger) forgery {
		return forgery{first: f.lie.fill(f.shape.top)}
	}},
	{"all that the provider writes, twice", func(f *forger) forgery {
		all := f.lie.fill(f.shape.top + f.shape.tail)
		return forgery{first: all, last: all}
	}},
	{"marker of the boundary", func(f *forger) forgery {
		marker := "X-IncomingTopHeaderMarker: OriginalChecksum:00\n"
		return forgery{first: f.results() + f.fields("received") + marker, middle: f.results() + marker}
	}},
	{"Received-SPF", func(f *forger) forgery {
		spf := "Received-SPF: " + f.lie.spf + " (forged) client-ip=203.0.113.66; helo=trusted.example\n"
		return forgery{first: spf, middle: spf, last: spf}
	}},
	{"Received-SPF about the true client", func(f *forger) forgery {
		about := "(x) client-ip=" + f.truth.ip.String()
		return forgery{first: "Received-SPF: " + f.lie.spf + " " + about + ";\n"}
	}},
	{"stamps, first", func(f *forger) forgery { return forgery{first: f.stamps()} }},
	{"stamps, among the sender's fields", func(f *forger) forgery {
		return forgery{middle: f.stamps()}
	}},
	{"stamps, last", func(f *forger) forgery { return forgery{last: f.stamps()} }},
	{"tail, copied", func(f *forger) forgery {
		return forgery{last: f.results() + f.lie.fill(f.shape.tail) + f.stamps()}
	}},
	{"fields of the client's address", func(f *forger) forgery {
		fields := "X-Sender-IP: 203.0.113.66\nX-Originating-IP: [203.0.113.66]\n" +
			"X-Forefront-Antispam-Report: CIP:203.0.113.66;SFV:NSPM;\n"
		return forgery{first: fields, last: fields}
	}},
	{"folds and blanks", func(f *forger) forgery {
		odd := strings.NewReplacer(": ", " \t:\n \n\t ", "; ", "\n\t;\n  ").Replace(f.results())
		return forgery{first: odd, middle: odd}
	}},
	{"CR within a line", func(f *forger) forgery {
		return forgery{first: "X-A: b\r" + f.results(), middle: "X-A: b\r\r" + f.fields("received")}
	}},
	{"line of an mbox file", func(f *forger) forgery {
		return forgery{first: "From a@example.org Mon Sep 21 10:00:00 2026\n" + f.results(),
			middle: ">From a@example.org\n" + f.fields("received")}
	}},
	{"lines that are no fields", func(f *forger) forgery {
		return forgery{first: "no field\n\x00\nneither this\n" + f.results() + f.fields("received")}
	}},
	{"thousands of fields", func(f *forger) forgery {
		return forgery{first: strings.Repeat("X-Filler: a\n", 2000), middle: f.results() +
			f.fields("received")}
	}},
	{"client named as the edge", func(f *forger) forgery {
		return forgery{name: f.edge(), first: f.results() + f.fields("received") + f.results()}
	}},
	{"client named as an inner server", func(f *forger) forgery {
		return forgery{name: "localhost", first: f.lie.fill(f.shape.top)}
	}},
	{"greeting that is an address", func(f *forger) forgery {
		return forgery{helo: "[203.0.113.66]", first: f.fields("received")}
	}},
	{"greeting that names the edge", func(f *forger) forgery {
		return forgery{helo: f.edge(), first: f.lie.fill(f.shape.top)}
	}},
	{"kept by a forwarder", func(f *forger) forgery {
		kept := strings.ReplaceAll("\n"+f.results(), "\nAuthentication-Results:",
			"\nX-Original-Authentication-Results:")[1:]
		return forgery{first: kept + f.results(), middle: f.result("dmarc=pass")}
	}},
	{"earlier delivery by the same provider", func(f *forger) forgery { // not forged, and no news
		f.lie.ip = f.truth.ip.Next()
		return forgery{first: "X-Forwarded-To: anna@example.net\nX-Forwarded-For: b@example.net\n" +
			f.lie.fill(f.shape.top)}
	}},
	{"mailing list between", func(f *forger) forgery {
		return forgery{first: "Authentication-Results: list.example; dkim=pass header.d=example.org\n" +
			"Received: by list.example with SMTP; " + date + "\nX-BeenThere: l@list.example\n" +
			"List-Id: <l.list.example>\n" + f.lie.fill(f.shape.top)}
	}},
}

// all gives the provider's fields, with lies in them.
func (f *forger) all() []string {
	var list []string
	for line := range strings.Lines(f.lie.fill(f.shape.top + f.shape.tail)) {
		if line[0] == ' ' || line[0] == '\t' {
			list[len(list)-1] += line
		} else {
			list = append(list, line)
		}
	}
	return list
}

// fields gives the provider's fields of a name, in lower case.
func (f *forger) fields(name string) string {
	var b strings.Builder
	for _, field := range f.all() {
		if before, _, _ := strings.Cut(field, ":"); strings.EqualFold(before, name) {
			b.WriteString(field)
		}
	}
	return b.String()
}

// results gives fields of results in the provider's name.
func (f *forger) results() string {
	if all := f.fields(results); all != "" {
		return all
	}
	return f.result("spf=" + f.lie.spf + "; dkim=" + f.lie.dkim + "; dmarc=" + f.lie.dmarc)
}

// id is the provider's authserv-id, or one that might be.
func (f *forger) id() string {
	for _, field := range f.all() {
		if value, ok := strings.CutPrefix(field, "Authentication-Results:"); ok {
			if id, _, _ := strings.Cut(strings.TrimSpace(value), ";"); !strings.Contains(id, "=") {
				return id
			}
		}
	}
	if len(f.shape.trust.AuthservIDs) == 0 {
		return "protection.outlook.com"
	}
	readable := strings.NewReplacer(`\`, "", "[a-z0-9.-]*", "mxfront1")
	return readable.Replace(f.shape.trust.AuthservIDs[0])
}

// result gives one field of results as the provider would write it.
func (f *forger) result(text string) string {
	if f.shape.trust.NoAuthservID {
		return "Authentication-Results: " + text + "\n"
	}
	return "Authentication-Results: " + f.id() + "; " + text + "\n"
}

// asID gives results under a changed authserv-id, in every place.
func (f *forger) asID(change func(string) string) forgery {
	field := fmt.Sprintf("Authentication-Results: %s; spf=%s; dkim=%s; dmarc=%s; x-forged=pass\n",
		change(f.id()), f.lie.spf, f.lie.dkim, f.lie.dmarc)
	return forgery{first: field, middle: field, last: field}
}

func (f *forger) arc(instance int) string {
	return fmt.Sprintf("ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=google.com; b=aa\n"+
		"ARC-Message-Signature: i=%[1]d; a=rsa-sha256; d=google.com; b=aa\n"+
		"ARC-Authentication-Results: i=%[1]d; %s; spf=%s; dkim=%s; dmarc=%s\n", instance, f.id(),
		f.lie.spf, f.lie.dkim, f.lie.dmarc)
}

// edge is the name by which the provider's edge calls itself.
func (f *forger) edge() string {
	words := strings.Fields(f.fields("received"))
	for i := len(words) - 2; i >= 0; i-- {
		if words[i] == "by" {
			return words[i+1]
		}
	}
	return "mx.example.net"
}

// stamps gives all stamps that the provider writes, and such as say that a message is good.
func (f *forger) stamps() string {
	var b strings.Builder
	for _, field := range f.all() {
		name, _, _ := strings.Cut(field, ":")
		if stampTable().find(name) != nil {
			b.WriteString(field)
		}
	}
	return b.String() + "X-Spam-Flag: NO\nX-Spam-Known-Sender: yes\n" +
		"X-Microsoft-Antispam-Mailbox-Delivery: wl:1;dest:I;OFR:TrustedSenderList;\n" +
		"X-Forefront-Antispam-Report: CIP:203.0.113.66;SFV:SFE;\n" +
		"X-UI-Filterresults: notjunk:1;V03\nX-Yandex-Spam: 1\nX-Mras: OK\nX-Apple-Action: WL/INBOX\n"
}
