package verify_test

import (
	"seedtest/resolve"
	"seedtest/verify"
)

// What asks DNS can be asked by what verifies.
var _ verify.Resolver = (*resolve.Resolver)(nil)
