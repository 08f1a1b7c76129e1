package report

import (
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"seedtest"
)

// author is who a message says it is from.
type author struct {
	domain string // in lower case, "" if From does not have exactly one author
	signs  bool   // a signature of exactly that domain is there, whatever it is worth
}

func authorOf(a seedtest.Analysis) author {
	list, err := mail.ParseAddressList(a.From)
	if err != nil || len(list) != 1 {
		return author{}
	}
	from := author{domain: domainOf(list[0].Address)}
	for _, s := range a.Signatures {
		from.signs = from.signs || domainOf(s.Tag("d")) == from.domain
	}
	return from
}

// domainOf is the domain of an address, or of a name that stands alone.
func domainOf(address string) string {
	address = strings.Trim(address, "<> ")
	return strings.ToLower(strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "."))
}

// aligned says of SPF or DKIM that passes whether it speaks for the author's domain (RFC 9989
// section 5). Whether the relaxed form is enough is for the author's record to say.
func (from author) aligned(r seedtest.AuthResult) string {
	if r.Result != "pass" || from.domain == "" {
		return ""
	}
	domain, exact := from.passesFor(r)
	switch {
	case domain == "":
		return ""
	case domain == from.domain && exact:
		return "aligned with From"
	case organization(domain) == organization(from.domain):
		return "aligned with From if relaxed"
	}
	return "not aligned with From"
}

// passesFor is the domain that SPF or DKIM speaks for, or "" where that is not told. An identity
// (i=) in place of the signing domain may be of a name below that, so that it is exact only where a
// signature of the author's domain is there. SPF's word on a greeting is for DMARC only where there
// is no envelope sender, and that is not known here.
func (from author) passesFor(r seedtest.AuthResult) (domain string, exact bool) {
	for _, p := range r.Properties {
		switch name := propertyName(p); {
		case r.Method == "dkim" && name == "header.d":
			return domainOf(p.Value), true
		case r.Method == "dkim" && name == "header.i":
			domain, exact = domainOf(p.Value), from.signs
		case r.Method == "spf" && slices.Contains(senders, name):
			return domainOf(p.Value), true
		}
	}
	return domain, exact
}

// senders are the names of the envelope sender in results of SPF.
var senders = []string{"smtp.mailfrom", "smtp.mail", "envelope-from"}

// organization is the name under a public suffix to which a domain belongs, or the domain itself.
// It is how receivers find it who do not walk the tree.
func organization(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}
