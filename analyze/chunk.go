package analyze

// chunk makes space for small lists, of which a message has many, some at a time.
type chunk[T any] struct {
	values []T
}

// chunkSize is how many values there is space for at once.
const chunkSize = 32

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
