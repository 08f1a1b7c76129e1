package seedtest

import "errors"

// The two ways in which DNS says that there is nothing. Any other error of a resolver means that
// nothing could be learned.
var (
	ErrNXDOMAIN = errors.New("no such domain name")
	ErrNODATA   = errors.New("no record of this type")
)
