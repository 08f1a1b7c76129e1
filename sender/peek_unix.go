//go:build unix

package sender

import (
	"net"
	"syscall"
)

// listener returns what reports whether the kernel holds octets of the peer that nobody asked for, or
// its end of the connection. It does not wait. One goroutine at a time may ask.
func listener(conn net.Conn) (spoke func() bool) {
	never := func() bool { return false }
	c, ok := conn.(syscall.Conn)
	if !ok {
		return never
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return never
	}
	var one [1]byte
	heard := false
	peek := func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		heard = err == nil
	}
	return func() bool {
		heard = false
		return raw.Control(peek) == nil && heard
	}
}
