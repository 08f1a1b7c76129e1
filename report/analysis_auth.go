package report

import (
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// authReading is what one writer says of the sender, in one field.
type authReading struct {
	Who      string // who says it
	Field    string
	Trusted  bool
	Again    bool // the writer of the field before
	Results  []resultReading
	Problems []string
	Raw      string
}

type resultReading struct {
	Method string
	Result string // pass small, everything else in capitals
	About  string // domain, selector, address
	Rest   string // the other properties
	Words  string // reason and comments
}

// Remark is everything beside what a result is about.
func (r resultReading) Remark() string { return joined(" ", r.Rest, r.Words) }

// Believed says whether the word of a field counts.
func (r authReading) Believed() string { return believed(r.Trusted) }

func believed(yes bool) string {
	if yes {
		return "believed"
	}
	return "not believed"
}

// quoted says the results alone, as an ARC set quotes them.
func (r authReading) quoted() string {
	var said []string
	for _, x := range r.Results {
		if rank(x) < len(judges) || x.Method == "arc" {
			said = append(said, x.Method+" "+x.Result)
		}
	}
	if len(said) == 0 {
		return r.Who + " quotes nothing of the sender"
	}
	return r.Who + " quotes " + strings.Join(compact(said), ", ")
}

// statements puts into words who says what of the sender, the believed first; and apart from that
// what each ARC set quotes, the last first.
func (n names) statements(a seedtest.Analysis) (said, sets []authReading) {
	from := authorOf(a)
	for _, trusted := range []bool{true, false} {
		for _, f := range a.Authentication {
			if f.Trusted == trusted && f.Instance == 0 {
				said = append(said, n.authField(f, from))
			}
		}
		for _, f := range a.ReceivedSPF {
			if f.Trusted == trusted {
				said = append(said, n.receivedSPF(f, from))
			}
		}
	}
	for i := 1; i < len(said); i++ {
		said[i].Again = said[i].Who == said[i-1].Who && said[i].Trusted == said[i-1].Trusted
	}
	quoted := slices.DeleteFunc(slices.Clone(a.Authentication),
		func(f seedtest.AuthField) bool { return f.Instance == 0 })
	slices.SortStableFunc(quoted, func(x, y seedtest.AuthField) int { return y.Instance - x.Instance })
	for _, f := range quoted {
		sets = append(sets, n.authField(f, author{}))
	}
	return said, sets
}

func (n names) authField(f seedtest.AuthField, from author) authReading {
	who := f.AuthservID
	problems := f.Problems
	switch {
	case who == "" && f.Trusted: // the provider's form has none, or it would not be known for its own
		who = "the provider, without an authserv-id"
		problems = slices.DeleteFunc(slices.Clone(problems),
			func(s string) bool { return s == "no authserv-id" })
	case who == "":
		who = "(no authserv-id)"
	}
	if !strings.EqualFold(f.Field, "Authentication-Results") { // a copy of what another was told
		who += ", in " + f.Field
	}
	if f.Instance > 0 {
		who = joined(" ", fmt.Sprintf("set %d", f.Instance), labelOf("by ", f.AuthservID))
	}
	r := authReading{Who: n.say(who), Field: n.say(f.Field), Trusted: f.Trusted,
		Problems: n.each(problems), Raw: n.say(f.Raw)}
	for _, x := range f.Results {
		r.Results = append(r.Results, n.result(x, from))
	}
	slices.SortStableFunc(r.Results, func(x, y resultReading) int { return rank(x) - rank(y) })
	return r
}

// rank orders results: the judges first.
func rank(r resultReading) int {
	if i := slices.Index(judges, r.Method); i >= 0 {
		return i
	}
	return len(judges)
}

func (n names) receivedSPF(f seedtest.ReceivedSPF, from author) authReading {
	rest := slices.DeleteFunc(slices.Clone(f.Pairs),
		func(p seedtest.Property) bool { return p.Name == "receiver" })
	return authReading{Who: n.say("Received-SPF" + labelOf(" by ", receiverOf(f))),
		Field: "Received-SPF", Trusted: f.Trusted, Raw: n.say(f.Raw),
		Results: []resultReading{n.result(seedtest.AuthResult{Method: "spf", Result: f.Result,
			Reason: f.Comment, Properties: rest}, from)}}
}

// receiverOf names the writer of a Received-SPF field.
func receiverOf(f seedtest.ReceivedSPF) string {
	for _, p := range f.Pairs {
		if p.Name == "receiver" && !strings.ContainsAny(p.Value, "<> ") {
			return p.Value
		}
	}
	return "" // or "<UNKNOWN>"
}

func (n names) result(r seedtest.AuthResult, from author) resultReading {
	about, rest := aboutWords(r)
	asked, rest, comments := policyOf(r, rest)
	about = joined(", ", about, from.aligned(r), asked)
	return resultReading{Method: n.say(r.Method), Result: n.say(resultWord(r.Result)),
		About: n.say(about), Rest: n.say(propertyWords(telling(rest))),
		Words: n.say(propertyWords(nil, r.Reason, strings.Join(comments, "; ")))}
}

// resultWord writes pass small and everything else in capitals.
func resultWord(result string) string {
	if result == "pass" {
		return result
	}
	return strings.ToUpper(result)
}

// untold are properties that tell people nothing beside what a result is about. They stand in the
// raw field.
var untold = []string{"header.b", "header.a", "header.i", "identity", "pr"}

func telling(list []seedtest.Property) []seedtest.Property {
	return slices.DeleteFunc(slices.Clone(list),
		func(p seedtest.Property) bool { return slices.Contains(untold, propertyName(p)) })
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
