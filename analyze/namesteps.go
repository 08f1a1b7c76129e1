package analyze

// nameSteps is what a name is made of, in ASCII.
type nameSteps struct {
	steps      []step
	begin, end bool // nothing stands before the first step, or behind the last one
	fixed      bool // each step is one byte
	begins     bool // the first step is there
	ends       bool // so is the last one, behind which nothing stands
}

// step is one byte of a set.
type step struct {
	bytes asciiSet
	none  bool // it may be missing
	many  bool // more of them may follow
}

// asciiSet is a set of bytes below 128.
type asciiSet [2]uint64

func (s *asciiSet) add(c byte)      { s[c>>6&1] |= 1 << (c & 63) }
func (s *asciiSet) has(c byte) bool { return s[c>>6&1]>>(c&63)&1 != 0 }

// in reports whether the steps are found in a name.
func (p *nameSteps) in(name string) bool {
	if p.ends && (name == "" || !p.steps[len(p.steps)-1].bytes.has(name[len(name)-1])) {
		return false // nearly all names
	}
	first, last := 0, len(name)
	if p.fixed && p.end {
		first = len(name) - len(p.steps)
	}
	if p.begin {
		last = 0
	}
	for i := max(first, 0); first >= 0 && i <= last; i++ {
		if i < len(name) && p.begins && !p.steps[0].bytes.has(name[i]) {
			continue // nearly everywhere
		}
		if p.at(name[i:], p.steps) {
			return true
		}
	}
	return false
}

// at reports whether a text begins with some of the steps.
func (p *nameSteps) at(text string, steps []step) bool {
	for i := range steps {
		s := &steps[i]
		if s.many || s.none {
			return p.varied(text, steps[i:])
		}
		if text == "" || !s.bytes.has(text[0]) {
			return false
		}
		text = text[1:]
	}
	return text == "" || !p.end
}

// varied is at for steps of which the first is no certain number of bytes.
func (p *nameSteps) varied(text string, steps []step) bool {
	first, least, most := &steps[0], 1, len(text)
	if first.none {
		least = 0
	}
	if !first.many {
		most = min(1, most)
	}
	n := 0
	for n < most && first.bytes.has(text[n]) {
		n++
	}
	for ; n >= least; n-- {
		if p.at(text[n:], steps[1:]) {
			return true
		}
	}
	return false
}

// isQuick reports whether no name makes the comparison go back so often that it takes long.
func (p *nameSteps) isQuick() bool {
	many := 0
	for _, s := range p.steps {
		if s.many {
			many++
		}
	}
	return many <= 1 || many == 2 && p.begin
}
