package header

// names are those of fields that a parser has seen before, as written and in lower case, so that
// the fields of many messages share them. The first name that comes has its place for good: a
// header of many names that nobody else uses takes no more memory, and costs no more time.
type names [Places]struct{ name, key string }

// Places is how many names a parser knows at most.
const Places = 512

// maxName is how long a name may be that is kept.
const maxName = 64

// find returns the place of a name, or -1 if it has none.
func (n *names) find(name []byte) int {
	if n == nil || len(name) == 0 || len(name) > maxName {
		return -1
	}
	if at := place(name); n[at].name == string(name) {
		return at
	}
	return -1
}

// keep gives a name that has none a place, and returns it, or -1 if another has it.
func (n *names) keep(name []byte) int {
	if n == nil || len(name) > maxName {
		return -1
	}
	at := place(name)
	if n[at].name == "" {
		n[at].name = string(name)
		key := []byte(n[at].name)
		lower(key)
		n[at].key = string(key)
	}
	if n[at].name != string(name) {
		return -1
	}
	return at
}

// place says where a name belongs. Names of one length differ in the middle or at the end more
// often than elsewhere.
func place(name []byte) int {
	size := len(name)
	hash := uint(name[size-1]) + uint(name[size/2])<<3 + uint(name[size-size/4-1])<<5 + uint(size)<<2
	return int(hash % Places)
}
