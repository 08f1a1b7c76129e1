package analyze

import "strings"

// stampIndex finds the form of a field by its name. Nearly every field of a message is no stamp, so
// that what costs least is tried first: the first letter with the length, then a hash that ignores
// case, then the names with a star.
type stampIndex struct {
	lengths [256]uint64  // by the first byte: a bit for each length a known name has
	slots   []*stampForm // by hash, the next free slot taken where two meet
	starred []starredName
	first   [256]bool // first bytes of the names with a star
	unread  unreadRule
}

// starredName is a name with a star for any text, such as an organisation's name.
type starredName struct {
	begin, end string
	form       *stampForm
}

func newStampIndex(families []stampFamily, unread unreadRule) *stampIndex {
	count := 0
	for i := range families {
		count += len(families[i].Field)
	}
	size := 64
	for size < 4*count {
		size *= 2
	}
	x := &stampIndex{slots: make([]*stampForm, size), unread: unread}
	x.unread.prepare()
	for i := range families {
		for _, f := range families[i].Field {
			x.add(f)
		}
	}
	return x
}

func (x *stampIndex) add(f *stampForm) {
	if begin, end, ok := strings.Cut(f.Name, "*"); ok {
		x.starred = append(x.starred, starredName{begin, end, f})
		x.first[lowerByte(f.Name[0])], x.first[upperByte(f.Name[0])] = true, true
		return
	}
	for _, c := range [...]byte{lowerByte(f.Name[0]), upperByte(f.Name[0])} {
		x.lengths[c] |= 1 << (len(f.Name) & 63)
	}
	i := hashName(f.Name) & (len(x.slots) - 1)
	for x.slots[i] != nil {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = f
}

// find returns the form of a field, or nil. A whole name counts before one with a star.
func (x *stampIndex) find(name string) *stampForm {
	if name == "" {
		return nil
	}
	if x.lengths[name[0]]&(1<<(len(name)&63)) != 0 {
		i := hashName(name) & (len(x.slots) - 1)
		for ; x.slots[i] != nil; i = (i + 1) & (len(x.slots) - 1) {
			if known := x.slots[i].Name; len(known) == len(name) && strings.EqualFold(known, name) {
				return x.slots[i]
			}
		}
	}
	if !x.first[name[0]] {
		return nil
	}
	for i := range x.starred {
		s := &x.starred[i]
		if len(name) > len(s.begin)+len(s.end) && hasPrefix(name, s.begin) && hasSuffix(name, s.end) {
			return s.form
		}
	}
	return nil
}

// hashName is FNV-1a over a name without its case.
func hashName(name string) int {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i]|0x20)) * 16777619
	}
	return int(h & 0x7fffffff)
}

// unreadRule says which names promise a filter's opinion: those that hold one of the words, or end
// with one of the ends, and hold none of the others.
type unreadRule struct {
	Words []string
	Ends  []string
	Not   []string

	first [256]bool // bytes with which a word begins
}

func (r *unreadRule) prepare() {
	for _, word := range r.Words {
		r.first[lowerByte(word[0])], r.first[upperByte(word[0])] = true, true
	}
}

func (r *unreadRule) matches(name string) bool {
	found := r.hasWord(name)
	for _, end := range r.Ends {
		found = found || hasSuffix(name, end)
	}
	if !found {
		return false
	}
	for _, not := range r.Not {
		if contains(name, not) {
			return false
		}
	}
	return true
}

func (r *unreadRule) hasWord(name string) bool {
	for i := range len(name) {
		if !r.first[name[i]] {
			continue
		}
		for _, word := range r.Words {
			if hasPrefix(name[i:], word) {
				return true
			}
		}
	}
	return false
}

// contains, hasPrefix and hasSuffix compare without case.
func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if hasPrefix(s[i:], part) {
			return true
		}
	}
	return false
}

func hasPrefix(s, begin string) bool {
	return len(s) >= len(begin) && strings.EqualFold(s[:len(begin)], begin)
}

func hasSuffix(s, end string) bool {
	return len(s) >= len(end) && strings.EqualFold(s[len(s)-len(end):], end)
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func upperByte(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c &^ 0x20
	}
	return c
}
