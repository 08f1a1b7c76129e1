package report

import "slices"

// authentication writes who said what of the sender, and whether it is believed.
func (p *page) authentication(r reading) {
	switch {
	case len(r.Auth)+len(r.Sets) == 0:
		p.section("AUTH", "no field says anything of the sender")
		return
	case r.AnyBelieved():
		p.section("AUTH", "* by the provider itself; the rest is not believed")
	default:
		p.section("AUTH", "claims; none is known to be the provider's, and none is believed")
	}
	w := widthsOf(append(slices.Clone(r.Auth), r.Sets...))
	for _, f := range r.Auth {
		p.statement(f, w)
	}
	p.chain(r, w)
}

// widths are those of the columns of a method and of its result.
type widths struct{ method, result int }

func widthsOf(list []authReading) widths {
	w := widths{method: 5, result: 4}
	for _, f := range list {
		for _, x := range f.Results {
			w.method = max(w.method, min(cells(x.Method), 12))
			w.result = max(w.result, min(cells(x.Result), 9))
		}
	}
	return w
}

// statement writes one field, under the name of its writer.
func (p *page) statement(f authReading, w widths) {
	if !f.Again {
		p.entry("  "+star(f.Trusted)+" ", f.Who)
	}
	for _, x := range f.Results {
		at, word := len(p.lines), cut(x.Result, w.result)
		p.entry("      "+pad(cut(x.Method, w.method), w.method)+" "+pad(word, w.result)+"  ",
			p.remarked(x))
		if !f.Trusted {
			word = ""
		}
		p.toned(at, word)
	}
	at := len(p.lines)
	p.problems("      ", f.Problems)
	if p.style.Verbose {
		p.para("      raw ", f.Field+": \""+f.Raw+"\"", 0)
	}
	p.toned(at, "")
}

// toned gives the lines from one on no other colour than that of a word in the first of them.
func (p *page) toned(from int, word string) {
	if p.tones == nil {
		p.tones = map[int]string{}
	}
	for i := from; i < len(p.lines); i++ {
		p.tones[i], word = word, ""
	}
}

// remarked says a result without its words. Where SPF passes its comment says that in a sentence,
// which is for those who ask for all.
func (p *page) remarked(x resultReading) string {
	if x.Method == "spf" && x.Result == "pass" && !p.style.Verbose {
		return joined("  ", x.About, x.Rest)
	}
	return joined("  ", x.About, x.Remark())
}

// chain writes what the ARC sets quote: a line for each, unless the style asks for all.
func (p *page) chain(r reading, w widths) {
	p.para("    ARC  ", r.ARC, 0)
	for _, f := range r.Sets {
		if p.style.Verbose {
			p.statement(f, w)
			continue
		}
		p.brief("         ", f.quoted())
	}
}
