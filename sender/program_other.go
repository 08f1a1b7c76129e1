//go:build !unix

package sender

import "os/exec"

// apart is for systems with process groups.
func apart(*exec.Cmd) {}

// kill ends the program.
func kill(c *exec.Cmd) { _ = c.Process.Kill() }
