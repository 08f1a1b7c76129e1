package header

// names are those of fields that a parser has seen before, as written and in lower case, so that
// the fields of many messages share them. The first name that comes has its place for good: a
// header of many names that nobody else uses takes no more memory, and costs no more time.
type names [Places]struct{ name, key string }

// Places is how many names a parser knows at most.
const Places = 512

// maxName is how long a name may be that is kept.
const maxName = 64

// find returns the place of a name, perhaps a new one, or -1 if another has it.
func (n *names) find(name []byte) int {
	if n == nil || len(name) > maxName {
		return -1
	}
	// Names of one length differ in the middle or at the end more often than elsewhere.
	size := len(name)
	hash := uint(name[size-1]) + uint(name[size/2])<<3 + uint(name[size-size/4-1])<<5 + uint(size)<<2
	at := int(hash % uint(len(n)))
	switch known := &n[at]; {
	case known.name == string(name):
		return at
	case known.name == "":
		known.name = string(name)
		key := []byte(known.name)
		lower(key)
		known.key = string(key)
		return at
	}
	return -1
}
