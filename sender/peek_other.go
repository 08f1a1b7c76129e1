//go:build !unix

package sender

import "net"

// listener is for systems where it can be known without waiting.
func listener(net.Conn) (spoke func() bool) { return func() bool { return false } }
