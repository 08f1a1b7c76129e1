package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// serveDNS answers questions on loopback as answer fills them in. It returns the address.
func serveDNS(t *testing.T, answer func(asked dns.Question, reply *dns.Msg)) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg)
		reply.SetReply(q)
		answer(q.Question[0], reply)
		if err := w.WriteMsg(reply); err != nil {
			t.Error(err)
		}
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		_ = packets.Close()
		<-done
	})
	return packets.LocalAddr().String()
}

// zoneOf serves DNS on loopback: every domain's mail goes to mx.example.org, which is this machine,
// but that of strict.example, which takes none.
func zoneOf(t *testing.T) string {
	t.Helper()
	return serveDNS(t, func(asked dns.Question, reply *dns.Msg) {
		record := ""
		switch {
		case asked.Qtype == dns.TypeMX && asked.Name == "strict.example.":
			record = asked.Name + " 60 MX 0 ."
		case asked.Qtype == dns.TypeMX:
			record = asked.Name + " 60 MX 10 mx.example.org."
		case asked.Qtype == dns.TypeA:
			record = asked.Name + " 60 A 127.0.0.1"
		case asked.Qtype == dns.TypePTR:
			record = asked.Name + " 60 PTR mail.example.org."
		case asked.Qtype == dns.TypeTXT && asked.Name == "example.org.":
			record = asked.Name + ` 60 TXT "v=spf1 ip4:127.0.0.1 -all"`
		default:
			return
		}
		rr, err := dns.NewRR(record)
		if err != nil {
			t.Error(err)
			return
		}
		reply.Answer = append(reply.Answer, rr)
	})
}

// exchangerOf is a mail exchanger on loopback that greets and listens. It returns its port.
func exchangerOf(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "220 mx.example.org ESMTP\r\n")
				lines := bufio.NewScanner(conn)
				for lines.Scan() {
					fmt.Fprint(conn, "250 mx.example.org\r\n")
				}
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// withDirect gives a bench a route of type mx to a server of the test, with the DNS of the test.
func withDirect(t *testing.T, more string) *bench {
	b := newBench(t)
	zone := zoneOf(t)
	route := fmt.Sprintf("\n[route.direct]\ntype = \"mx\"\nhelo = \"mail.example.org\"\nport = %d\n%s\n",
		exchangerOf(t), more)
	b.configure(func(text string) string {
		return strings.Replace(text, b.world.DNS(), zone, 1) + route
	})
	return b
}

// TestCheckDirect asks the servers of each seed's domain.
func TestCheckDirect(t *testing.T) {
	b := withDirect(t, "address = \"127.0.0.1\"")
	got := b.run(t.Context(), nil, "check", "direct", "--format", "json")
	obey(t, "check", "check", got.stdout)
	var out struct {
		Checks []struct {
			Domain, Host, Error, Stage string
			OK                         bool
			Preference                 *int
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
	}
	seen := map[string]bool{}
	for _, c := range out.Checks {
		seen[c.Domain] = true
		switch {
		case c.Domain == "strict.example" && (c.OK || !strings.Contains(c.Error, "takes no mail")),
			c.Domain != "strict.example" && (!c.OK || c.Host != "mx.example.org" || c.Preference == nil ||
				*c.Preference != 10 || c.Stage != "ehlo"):
			t.Errorf("check: %+v", c)
		}
	}
	if !seen["gmail-like.example"] || !seen["strict.example"] || got.status != statusNothing {
		t.Errorf("checked %v, status %d", seen, got.status)
	}
	text := b.run(t.Context(), nil, "check", "direct").stdout
	for _, want := range []string{"ok    route direct to gmail-like.example by mx.example.org (MX 10)",
		"FAIL  route direct to strict.example", "no TLS"} {
		if !strings.Contains(text, want) {
			t.Errorf("check says no %q:\n%s", want, text)
		}
	}
}

// TestCheckSaysMisfits, and that a route that is forced is not stopped by them.
func TestCheckSaysMisfits(t *testing.T) {
	for more, mark := range map[string]string{"": "FAIL", "force = true\n": "note"} {
		b := withDirect(t, "address = \"192.0.2.1\"\n"+more)
		mark += " route direct"
		text := strings.Join(strings.Fields(b.run(t.Context(), nil, "check", "direct").stdout), " ")
		for _, want := range []string{mark + " the reverse name of 192.0.2.1, mail.example.org, does not lead back",
			mark + " helo = \"mail.example.org\" does not lead to 192.0.2.1", mark + " SPF of example.org says fail"} {
			if !strings.Contains(text, want) {
				t.Errorf("check says no %q:\n%s", want, text)
			}
		}
	}
}
