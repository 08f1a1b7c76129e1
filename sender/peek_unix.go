//go:build unix

package sender

import (
	"net"
	"syscall"
)

// spoke reports whether the kernel holds octets of the peer that nobody asked for, or its end of the
// connection. It does not wait.
func spoke(conn net.Conn) bool {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var one [1]byte
	heard := false
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		heard = err == nil
	})
	return err == nil && heard
}
