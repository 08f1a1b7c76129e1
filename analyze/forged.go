package analyze

import (
	"fmt"
	"strings"
	"unicode"

	"seedtest"
)

// maxEvidence is how many fields a finding quotes, and maxQuote how much of each: a forger may have
// written thousands.
const (
	maxEvidence = 5
	maxQuote    = 300
)

const codeHopCopied = "hop.copied"

// pretended is what stands in the provider's name: how many fields, and the first of them.
type pretended struct {
	first []seedtest.Evidence
	count int
}

func (p *pretended) add(field, raw string) {
	if p.count++; p.count <= maxEvidence {
		p.first = append(p.first, seedtest.Evidence{Field: field, Raw: shortened(raw)})
	}
}

// forgedFindings says what stands in the provider's name and is not believed. Results under a name
// that only looks like the provider's have one purpose. Those under its very name may be left over
// from an earlier delivery by it, if a hop below the boundary could be one.
func forgedFindings(a *seedtest.Analysis, r region, trust seedtest.Trust) []seedtest.Finding {
	if len(trust.AuthservIDs) == 0 || r.edge < 0 {
		return nil
	}
	var alike, copied pretended
	for i := range a.Authentication {
		f := &a.Authentication[i]
		switch {
		case f.Trusted || f.AuthservID == "":
		case looksLike(trust.AuthservIDs, f.AuthservID):
			alike.add(f.Field, f.Raw)
		case f.Instance == 0 && isOwn(f, trust):
			copied.add(f.Field, f.Raw)
		}
	}
	by := a.Hops[r.edge].By.Name
	var list []seedtest.Finding
	if alike.count > 0 {
		list = append(list, alike.finding(seedtest.SeverityWarning, "auth.forged",
			"results under a name that only looks like the provider's, not written by "+by))
	}
	if r.inner {
		return list // who wrote what inside a provider cannot be told
	}
	hops, earlier := copiedHops(a.Hops, r, trust)
	if earlier {
		list = append(list, hops)
	}
	switch {
	case copied.count == 0:
	case earlier:
		list = append(list, copied.finding(seedtest.SeverityInfo, "auth.copied",
			"results in the provider's name, not written by "+by+
				" on this delivery: left from an earlier one, or forged"))
	default:
		list = append(list, copied.finding(seedtest.SeverityWarning, "auth.forged",
			"results in the provider's name, not written by "+by+
				": no earlier delivery by it is to be seen"))
	}
	return list
}

// copiedHops says that hops below the boundary are in the name of the provider's edge, and returns
// false if there are none. A forwarder's header has them too. Addresses name nobody, and a provider
// whose results have no authserv-id, Microsoft, is that of half its senders.
func copiedHops(hops []seedtest.Hop, r region, trust seedtest.Trust) (seedtest.Finding, bool) {
	if trust.NoAuthservID {
		return seedtest.Finding{}, false
	}
	own := match(trust.BoundaryBy, false)
	var copied pretended
	for i := r.edge - 1; i >= 0; i-- {
		if !isLiteral(hops[i].By.Name) && isEdge(&hops[i], own, trust) {
			copied.add("Received", hops[i].Raw)
		}
	}
	if copied.count == 0 {
		return seedtest.Finding{}, false
	}
	return copied.finding(seedtest.SeverityInfo, codeHopCopied, "hops in the name of the provider's edge, "+
		"not written by it on this delivery: left from an earlier one, or forged"), true
}

func (p pretended) finding(severity seedtest.Severity, code, title string) seedtest.Finding {
	f := seedtest.Finding{Code: code, Severity: severity, Title: title, Evidence: p.first,
		Fix: []string{"nothing to do here: they are not believed"}}
	if code != codeHopCopied {
		f.Fix = append(f.Fix, "a server of yours should remove results in its own name from what it is "+
			"handed (RFC 8601 section 5)")
	}
	if p.count > maxEvidence {
		f.Title += fmt.Sprintf(" (%d fields)", p.count)
	}
	return f
}

func shortened(raw string) string { return strings.ToValidUTF8(raw[:min(len(raw), maxQuote)], "") }

// looksLike reports whether an authserv-id is none of the provider's and contains one once letters
// are taken for what they look like. A name within the provider's own domain is only another of its
// servers.
func looksLike(patterns []string, name string) bool {
	if hasID(patterns, name) {
		return false
	}
	id := lookalike(strings.TrimSuffix(name, "."))
	for _, p := range patterns {
		pattern := match(p, false)
		if !pattern.matches(id) {
			continue
		}
		at := pattern.re.FindStringIndex(id)
		if at == nil || at[1] == 0 {
			continue
		}
		within := at[1] == len(id) && (at[0] == 0 || id[at[0]-1] == '.')
		if !within || !onlyASCII(name) {
			return true
		}
	}
	return false
}

// lookalike writes a name in the letters that it looks to be written in, without what cannot be
// seen. It knows the Cyrillic and Greek letters that pass for Latin ones in most typefaces, the
// letters that fold to ASCII, and full-width forms.
func lookalike(id string) string {
	if onlyASCII(id) {
		return id
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case unicode.In(r, unicode.Cf, unicode.Mn):
			return -1
		case 0xff01 <= r && r <= 0xff5e:
			return r - 0xfee0
		}
		if latin, ok := confusable[unicode.ToLower(r)]; ok {
			return latin
		}
		return r
	}, id)
}

// confusable holds what passes for a Latin letter (Unicode Technical Standard 39, the letters of
// host names).
var confusable = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'һ': 'h', 'і': 'i', 'ј': 'j',
	'к': 'k', 'ӏ': 'l', 'м': 'm', 'н': 'h', 'п': 'n', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r',
	'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'α': 'a', 'ι': 'i', 'κ': 'k',
	'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ı': 'i', 'ſ': 's', 'ɡ': 'g',
	'。': '.', '․': '.',
}
