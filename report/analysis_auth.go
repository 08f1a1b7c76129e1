package report

import (
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// authReading is one field of authentication results.
type authReading struct {
	Who      string // who says it
	Field    string
	Trusted  bool
	Results  []resultReading
	Problems []string
	Raw      string
}

type resultReading struct {
	Method string
	Result string // pass small, everything else in capitals
	About  string // domain, selector, address
	Remark string // everything else that was said
}

// Believed says whether the word of a field counts.
func (r authReading) Believed() string { return yesNo(r.Trusted) }

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func (n names) authField(f seedtest.AuthField) authReading {
	who := f.AuthservID
	if who == "" {
		who = "(no authserv-id)"
	}
	if f.Instance > 0 {
		who += fmt.Sprintf(", ARC instance %d", f.Instance)
	}
	r := authReading{Who: n.say(who), Field: n.say(f.Field), Trusted: f.Trusted,
		Problems: n.each(f.Problems), Raw: n.say(f.Raw)}
	for _, x := range f.Results {
		r.Results = append(r.Results, n.result(x))
	}
	return r
}

func (n names) receivedSPF(f seedtest.ReceivedSPF) authReading {
	return authReading{Who: "Received-SPF", Field: "Received-SPF", Trusted: f.Trusted,
		Raw: n.say(f.Raw), Results: []resultReading{n.result(seedtest.AuthResult{Method: "spf",
			Result: f.Result, Reason: f.Comment, Properties: f.Pairs})}}
}

func (n names) result(r seedtest.AuthResult) resultReading {
	about, rest := aboutWords(r)
	return resultReading{Method: n.say(r.Method), Result: n.say(resultWord(r.Result)),
		About:  n.say(about),
		Remark: n.say(propertyWords(rest, r.Reason, strings.Join(r.Comments, "; ")))}
}

// resultWord writes pass small and everything else in capitals.
func resultWord(result string) string {
	if result == "pass" {
		return result
	}
	return strings.ToUpper(result)
}

// subjects are the properties that say what a result is about, by method, the best first. Of each
// inner list one is said.
var subjects = map[string][][]string{
	"spf": {{"smtp.mailfrom", "envelope-from", "smtp.mail", "smtp.helo", "helo"},
		{"smtp.remote-ip", "client-ip"}},
	"dkim":  {{"header.d", "header.i"}, {"header.s"}},
	"dmarc": {{"header.from"}},
	"iprev": {{"smtp.remote-ip", "policy.iprev"}},
}

// aboutWords says what a result is about, and returns the properties that this leaves.
func aboutWords(r seedtest.AuthResult) (string, []seedtest.Property) {
	var said []string
	rest := slices.Clone(r.Properties)
	for _, choice := range subjects[r.Method] {
		for _, name := range choice {
			at := slices.IndexFunc(rest, func(p seedtest.Property) bool { return propertyName(p) == name })
			if at < 0 || rest[at].Value == "" {
				continue
			}
			value := rest[at].Value
			if name == "header.i" { // without a local part it names the domain
				value = strings.TrimPrefix(value, "@")
			}
			said = append(said, subjectLabel(name)+value)
			rest = slices.Delete(rest, at, at+1)
			break
		}
	}
	return strings.Join(said, ", "), rest
}

// subjectLabel is what has to be said of a property for its value to be understood.
func subjectLabel(name string) string {
	switch name {
	case "header.s":
		return "selector "
	case "smtp.helo", "helo":
		return "HELO "
	case "smtp.remote-ip", "client-ip":
		return "from "
	}
	return ""
}

func propertyName(p seedtest.Property) string {
	if p.Type == "" {
		return p.Name
	}
	return p.Type + "." + p.Name
}

func propertyWords(list []seedtest.Property, remarks ...string) string {
	var said []string
	for _, x := range list {
		said = append(said, propertyName(x)+"="+x.Value)
	}
	for _, r := range remarks {
		if r != "" {
			said = append(said, "("+r+")")
		}
	}
	return strings.Join(said, " ")
}

// chainWords says what the ARC sets claim.
func chainWords(a seedtest.Analysis) string {
	n := len(a.ARC)
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf("%s, cv=%s claimed by the last", plural(n, "set", "sets"),
		a.ARC[n-1].Validation)
	if a.Verified == nil {
		return text + ", not verified"
	}
	return text
}

// signatureReading is one DKIM-Signature field as it reads.
type signatureReading struct {
	Domain, Selector, Algorithm string
	Signs                       string // the fields
	Problems                    []string
	Raw                         string
}

func (n names) signatures(list []seedtest.DKIMSignature) []signatureReading {
	var out []signatureReading
	for _, s := range list {
		out = append(out, signatureReading{n.say(s.Tag("d")), n.say(s.Tag("s")), n.say(s.Tag("a")),
			n.say(strings.ReplaceAll(s.Tag("h"), ":", ", ")), n.each(s.Problems), n.say(s.Raw)})
	}
	return out
}

// words says a signature in one line.
func (s signatureReading) words() string {
	text := joined(", ", s.Domain, labelOf("selector ", s.Selector), s.Algorithm)
	return joined("; ", text, labelOf("signs ", s.Signs))
}

func labelOf(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}
