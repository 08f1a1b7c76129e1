package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// delay is how long the relay holds back what passes, each way.
const delay = 20 * time.Millisecond

// relay listens before a server, delays every packet, and counts the octets that clients said. It
// returns its port.
func relay(server string, said *atomic.Int64) (port int, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			go carry(far, client, said)
			go carry(client, far, new(atomic.Int64))
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, func() { _ = l.Close() }, nil
}

type packet struct {
	data []byte
	due  time.Time
}

// carry copies, each packet as much later as it came, and counts octets.
func carry(to io.WriteCloser, from io.Reader, octets *atomic.Int64) {
	line := make(chan packet, 1000)
	go func() {
		defer close(line)
		for {
			buf := make([]byte, 16<<10)
			n, err := from.Read(buf)
			octets.Add(int64(n))
			if n > 0 {
				line <- packet{buf[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range line {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	_ = to.Close()
	for range line { // until the other end has closed
	}
}
