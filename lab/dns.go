package lab

import (
	"errors"
	"log/slog"
	"net"

	"github.com/miekg/dns"
)

// dnsServer serves the zone over UDP and TCP on one port of loopback.
type dnsServer struct {
	addr    string
	servers []*dns.Server
	done    chan error
}

// portTries is how many ports are tried until one is free for both UDP and TCP.
const portTries = 20

func serveDNS(z *zone, log *slog.Logger) (*dnsServer, error) {
	packets, listener, err := bothPorts()
	if err != nil {
		return nil, err
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if err := w.WriteMsg(fitted(w, q, z.answer(q))); err != nil {
			log.Debug("dns: answer", "error", err)
		}
	})
	s := &dnsServer{addr: packets.LocalAddr().String(), done: make(chan error, 2)}
	s.servers = []*dns.Server{
		{PacketConn: packets, Handler: handler},
		{Listener: listener, Handler: handler},
	}
	for _, server := range s.servers {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { s.done <- server.ActivateAndServe() }()
		<-started
	}
	return s, nil
}

func bothPorts() (net.PacketConn, net.Listener, error) {
	var failed error
	for range portTries {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener, nil
		}
		failed = errors.Join(err, packets.Close())
	}
	return nil, nil, failed
}

// fitted shortens an answer to what the asker can take over UDP (RFC 1035 section 4.2.1).
func fitted(w dns.ResponseWriter, q, reply *dns.Msg) *dns.Msg {
	if w.RemoteAddr().Network() != "udp" {
		return reply
	}
	size := dns.MinMsgSize
	if opt := q.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		reply.SetEdns0(uint16(size), false)
	}
	reply.Truncate(size)
	return reply
}

func (s *dnsServer) Close() error {
	var all error
	for _, server := range s.servers {
		all = errors.Join(all, server.Shutdown())
	}
	for range s.servers {
		all = errors.Join(all, <-s.done)
	}
	return all
}
