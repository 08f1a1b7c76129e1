package inbox

import "time"

// load is what looks tell of how busy a server of ours is. What a look takes longer than the
// quickest one, the server was busy with others; so the next look waits for a multiple of that.
// Where thousands of seeds are looked for at once, each is looked at as often as the server bears.
type load struct{ quickest, latest time.Duration }

const (
	loadTimes = 3                      // so many times the delay
	loadMost  = 400 * time.Millisecond // one slow look must not make the next sighting late
)

// took notes how long a look has taken.
func (l *load) took(d time.Duration) {
	if l.quickest == 0 || d < l.quickest {
		l.quickest = d
	}
	l.latest = d
}

// spare is the least time between the last look and the next.
func (l *load) spare() time.Duration {
	return min(loadTimes*(l.latest-l.quickest), loadMost)
}
