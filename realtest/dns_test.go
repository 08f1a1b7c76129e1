//go:build real

package realtest

import (
	"net"
	"testing"

	"github.com/miekg/dns"
)

// The servers that DNS names for every domain of a host. The first one cannot be reached: nothing
// listens on its address.
const (
	deadMX  = "down.example.org."
	aliveMX = "mail.example.org." // the name in the certificates
)

// startDNS starts a DNS server that knows where the mail of the hosts' domains goes, and returns its
// address.
func startDNS(t *testing.T) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(answer)}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		_ = packets.Close()
		<-done
	})
	return packets.LocalAddr().String()
}

func answer(w dns.ResponseWriter, q *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(q)
	name, kind := q.Question[0].Name, q.Question[0].Qtype
	head := dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
	known := name == deadMX || name == aliveMX
	for _, h := range site.hosts {
		if name != h.Domain()+"." {
			continue
		}
		if known = true; kind == dns.TypeMX {
			reply.Answer = append(reply.Answer, &dns.MX{Hdr: head, Preference: 10, Mx: deadMX},
				&dns.MX{Hdr: head, Preference: 20, Mx: aliveMX})
		}
	}
	switch {
	case !known:
		reply.Rcode = dns.RcodeNameError
	case kind == dns.TypeA && name == deadMX:
		reply.Answer = append(reply.Answer, &dns.A{Hdr: head, A: net.IPv4(127, 0, 0, 2)})
	case kind == dns.TypeA && name == aliveMX:
		reply.Answer = append(reply.Answer, &dns.A{Hdr: head, A: net.IPv4(127, 0, 0, 1)})
	}
	_ = w.WriteMsg(reply)
}
