package lab

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestDNSAnswers(t *testing.T) {
	tests := []struct {
		name  string
		kind  uint16
		rcode int
		holds string // in the first answer; empty: there is none
	}{
		{"example.org.", dns.TypeTXT, dns.RcodeSuccess, "v=spf1 ip4:198.51.100.4 -all"},
		{"EXAMPLE.org.", dns.TypeMX, dns.RcodeSuccess, "mail1.example.org."},
		{"_dmarc.example.org.", dns.TypeTXT, dns.RcodeSuccess, "p=quarantine"},
		{"s2026._domainkey.example.org.", dns.TypeTXT, dns.RcodeSuccess, "k=ed25519"},
		{"mail2.example.org.", dns.TypeA, dns.RcodeSuccess, "203.0.113.9"},
		{"4.100.51.198.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, "mail1.example.org."},
		{"9.113.0.203.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, "static-9.hosting.example."},
		{"static-9.hosting.example.", dns.TypeA, dns.RcodeNameError, ""},
		{"_domainkey.example.org.", dns.TypeTXT, dns.RcodeSuccess, ""}, // something is below it
		{"mail1.example.org.", dns.TypeAAAA, dns.RcodeSuccess, ""},
		{"nothing.example.org.", dns.TypeA, dns.RcodeNameError, ""},
	}
	w := start(t, Options{})
	for _, network := range []string{"udp", "tcp"} {
		client := dns.Client{Net: network}
		for _, test := range tests {
			q := new(dns.Msg).SetQuestion(test.name, test.kind)
			reply, _, err := client.ExchangeContext(t.Context(), q, w.DNS())
			if err != nil {
				t.Fatalf("%s %s: %v", network, test.name, err)
			}
			if reply.Rcode != test.rcode || (len(reply.Answer) > 0) != (test.holds != "") {
				t.Errorf("%s %s: %s with %d answers", network, test.name,
					dns.RcodeToString[reply.Rcode], len(reply.Answer))
				continue
			}
			if test.holds != "" && !strings.Contains(reply.Answer[0].String(), test.holds) {
				t.Errorf("%s %s: %v, want %q", network, test.name, reply.Answer[0], test.holds)
			}
			if test.holds == "" && len(reply.Ns) != 1 {
				t.Errorf("%s %s: no start of authority in a negative answer", network, test.name)
			}
		}
	}
}

func TestLongAnswersComeByTCP(t *testing.T) {
	z := newZone()
	z.apex("long.example")
	long := strings.Repeat("0123456789", 200)
	z.text("long.example", long)
	server, err := serveDNS(z, start(t, Options{}).logger)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	got, err := overNetwork(server.addr).LookupTXT(context.Background(), "long.example")
	if err != nil || len(got) != 1 || got[0] != long {
		t.Errorf("%d texts, %v", len(got), err)
	}
}

func TestResolverTellsTroubleApart(t *testing.T) {
	var e *net.DNSError
	_, err := inProcess(newZone()).LookupTXT(t.Context(), "nothing.example")
	if !errors.As(err, &e) || !e.IsNotFound {
		t.Errorf("nothing there: %v", err)
	}
	cut := &resolver{func(context.Context, *dns.Msg) (*dns.Msg, error) {
		return nil, errors.New("no answer")
	}}
	_, err = cut.LookupTXT(t.Context(), "nothing.example")
	if !errors.As(err, &e) || e.IsNotFound || !e.Temporary() {
		t.Errorf("no answer: %v", err)
	}
}
