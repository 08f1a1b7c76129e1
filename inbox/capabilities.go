package inbox

import (
	"strings"
	"sync"
)

// offers are the sets of capabilities that servers announced. Thousands of seeds at one provider
// share one set.
var offers = struct {
	mu   sync.Mutex
	sets map[string]map[string]bool
}{sets: map[string]map[string]bool{}}

// What goes beyond is not shared.
const (
	maxOffers = 1000
	maxOffer  = 4 << 10 // bytes
)

// capabilitySet returns the set of some capabilities. It is never changed.
func capabilitySet(names []string) map[string]bool {
	key := strings.Join(names, " ")
	offers.mu.Lock()
	defer offers.mu.Unlock()
	if set, ok := offers.sets[key]; ok {
		return set
	}
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	if len(offers.sets) < maxOffers && len(key) <= maxOffer {
		offers.sets[key] = set
	}
	return set
}
