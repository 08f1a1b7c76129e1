package sender

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/net/idna"
)

// TestUnmappedDomains: domains of small letters, digits and dots are what IDNA makes of them.
func TestUnmappedDomains(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		domain := make([]byte, 1+draw.IntN(80))
		for i := range domain {
			domain[i] = unmapped[draw.IntN(len(unmapped))]
			if draw.IntN(8) == 0 {
				domain[i] = '.'
			}
		}
		got, err := asciiDomain(string(domain))
		if err != nil { // by the length of a label
			continue
		}
		if want, err := idna.Lookup.ToASCII(string(domain)); err != nil || got != want {
			t.Fatalf("%q: %q, by IDNA %q %v", domain, got, want, err)
		}
	}
}
