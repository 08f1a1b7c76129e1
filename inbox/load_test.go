package inbox

import (
	"testing"
	"time"
)

// The way to a server is no load: it may be long, and the looks quick all the same.
func TestLoadSparesABusyServer(t *testing.T) {
	const ms = time.Millisecond
	var l load
	for _, x := range []struct{ took, want time.Duration }{
		{40 * ms, 0}, {40 * ms, 0}, {45 * ms, 15 * ms}, {20 * ms, 0}, {40 * ms, 60 * ms},
		{time.Minute, 400 * ms}, {20 * ms, 0},
	} {
		l.took(x.took)
		if got := l.spare(); got != x.want {
			t.Errorf("after a look of %s: %s to spare, want %s", x.took, got, x.want)
		}
	}
}
