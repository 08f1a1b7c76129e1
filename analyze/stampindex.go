package analyze

import "strings"

// stampIndex finds the form of a field by its name in lower case. Nearly every field of a message
// is no stamp, so that what costs least is tried first: the first letter with the length, then the
// whole name, then the names with a star.
type stampIndex struct {
	lengths [256]uint64 // by the first byte: a bit for each length that a known name has
	whole   map[string]*stampForm
	starred [256][]starredName // by the first byte behind "x-"
	within  []starredName      // those whose star is the first there: x-*-mailscanner
	unread  unreadRule
}

// starredName is a name with a star for any text, such as an organisation's name.
type starredName struct {
	begin, end string
	form       *stampForm
}

func newStampIndex(families []stampFamily, unread unreadRule) *stampIndex {
	x := &stampIndex{whole: make(map[string]*stampForm, 512), unread: unread}
	for _, word := range unread.Words {
		x.unread.begin[word[0]] = append(x.unread.begin[word[0]], word)
	}
	for i := range families {
		for _, f := range families[i].Field {
			x.add(f)
		}
	}
	return x
}

func (x *stampIndex) add(f *stampForm) {
	name := strings.ToLower(f.Name)
	begin, end, starred := strings.Cut(name, "*")
	switch {
	case !starred:
		x.whole[name] = f
		x.lengths[name[0]] |= 1 << (len(name) & 63)
	case begin == "x-":
		x.within = append(x.within, starredName{begin, end, f})
	default:
		x.starred[begin[2]] = append(x.starred[begin[2]], starredName{begin, end, f})
	}
}

// find returns the form of a field, or nil.
func (x *stampIndex) find(name string) *stampForm { return x.form(strings.ToLower(name)) }

// form is find for a name in lower case. A whole name counts before one with a star.
func (x *stampIndex) form(key string) *stampForm {
	if key == "" {
		return nil
	}
	if x.lengths[key[0]]&(1<<(len(key)&63)) != 0 {
		if f := x.whole[key]; f != nil {
			return f
		}
	}
	if len(key) < 3 || key[:2] != "x-" {
		return nil
	}
	if f := starredForm(x.starred[key[2]], key); f != nil {
		return f
	}
	return starredForm(x.within, key)
}

func starredForm(names []starredName, key string) *stampForm {
	for i := range names {
		n := &names[i]
		if len(key) >= len(n.begin)+len(n.end) && strings.HasPrefix(key, n.begin) &&
			strings.HasSuffix(key, n.end) {
			return n.form
		}
	}
	return nil
}

// unreadRule says which names promise a filter's opinion: those that hold one of the words, or end
// with one of the ends, and hold none of the others. All are in lower case.
type unreadRule struct {
	Words []string
	Ends  []string
	Not   []string

	begin [256][]string // the words by their first byte
}

func (r *unreadRule) matches(key string) bool {
	found := r.holdsWord(key)
	for _, end := range r.Ends {
		found = found || strings.HasSuffix(key, end)
	}
	if !found {
		return false
	}
	for _, not := range r.Not {
		if strings.Contains(key, not) {
			return false
		}
	}
	return true
}

// holdsWord looks for all words in one pass.
func (r *unreadRule) holdsWord(key string) bool {
	for i := range len(key) {
		for _, word := range r.begin[key[i]] {
			if strings.HasPrefix(key[i:], word) {
				return true
			}
		}
	}
	return false
}

// hasPrefix compares without case.
func hasPrefix(s, begin string) bool {
	return len(s) >= len(begin) && strings.EqualFold(s[:len(begin)], begin)
}
