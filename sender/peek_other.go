//go:build !unix

package sender

import "net"

// spoke is for systems where it can be known without waiting.
func spoke(net.Conn) bool { return false }
