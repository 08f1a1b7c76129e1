package seedtest

import "time"

// Unreached is an address of a server at which an attempt got no connection, while others of the
// server were tried too.
type Unreached struct {
	Remote string    `json:"remote"` // address:port
	Begun  time.Time `json:"begun"`
	Error  string    `json:"error"` // why not, in words
}
