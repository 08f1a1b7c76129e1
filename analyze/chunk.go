package analyze

// chunk makes space for small lists, of which a message has many, some at a time.
type chunk[T any] struct {
	values []T
}

// How many values there is space for at once: of small ones, of which a message has dozens, and of
// those that stand for a whole field.
const (
	chunkSize = 128
	roomSize  = 32
)

// one returns a list of one value, to which nothing can be added in place.
func (c *chunk[T]) one(v T) []T {
	if len(c.values) == cap(c.values) {
		c.values = make([]T, 0, chunkSize)
	}
	c.values = append(c.values, v)
	n := len(c.values)
	return c.values[n-1 : n : n]
}

// copyOf returns a copy of a list, to which nothing can be added in place; of an empty one, nil.
func (c *chunk[T]) copyOf(list []T) []T {
	switch {
	case len(list) == 0:
		return nil
	case len(list) > cap(c.values)-len(c.values):
		if len(list) > chunkSize/2 {
			return append(make([]T, 0, len(list)), list...)
		}
		c.values = make([]T, 0, chunkSize)
	}
	begin := len(c.values)
	c.values = append(c.values, list...)
	return c.values[begin:len(c.values):len(c.values)]
}

// room returns an empty list to which so many values can be added in place; for none, nil.
func (c *chunk[T]) room(n int) []T {
	switch {
	case n == 0:
		return nil
	case n > roomSize/2:
		return make([]T, 0, n)
	case n > cap(c.values)-len(c.values):
		c.values = make([]T, 0, roomSize)
	}
	begin := len(c.values)
	c.values = c.values[:begin+n]
	return c.values[begin : begin : begin+n]
}
