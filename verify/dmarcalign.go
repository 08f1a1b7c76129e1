package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// identifier is a domain that SPF or DKIM stands for, or would.
type identifier struct {
	method string // spf or dkim
	domain string // empty if unknown
	result string
	why    string // of a result that is not pass
}

// identifiers are what SPF and DKIM checked: of the signatures of one domain the best and, of the
// domains whose signatures can matter, no more than maxSigners.
func identifiers(spf seedtest.SPFCheck, dkim []seedtest.DKIMCheck) []identifier {
	_, domain, _ := strings.Cut(spf.MailFrom[max(strings.LastIndexByte(spf.MailFrom, '@'), 0):], "@")
	ids := []identifier{{"spf", cleanDomain(domain), spf.Result, spf.Reason}}
	signers := 0
	for _, d := range dkim[:min(len(dkim), maxSignatures)] {
		id := identifier{"dkim", cleanDomain(d.Domain), d.Result, d.Reason}
		same := slices.IndexFunc(ids, func(o identifier) bool {
			return o.method == "dkim" && o.domain == id.domain
		})
		if rank(id.result) >= 0 && (same < 0 || rank(ids[same].result) < 0) {
			if signers++; signers > maxSigners {
				continue
			}
		}
		switch {
		case same < 0:
			ids = append(ids, id)
		case rank(id.result) > rank(ids[same].result):
			ids[same] = id
		}
	}
	return ids
}

// rank orders results by how much they can do for a message.
func rank(result string) int {
	return slices.Index([]string{"temperror", "", "pass"}, result)
}

// alignment is what the identifiers of a message come to for one author.
type alignment struct {
	spf, dkim string // "pass", or why not
	result    string
	reason    string
}

// align holds every identifier against the author's domain (RFC 9989 sections 4.4 and 5.3.5), with
// the Organizational Domains that org finds.
func (e *dmarcEval) align(ctx context.Context, author string, rec dmarcRecord,
	org func(context.Context, string) (string, error)) alignment {
	a := alignment{spf: "not evaluated", dkim: "no signature", result: "fail"}
	best := -2
	for _, id := range e.ids {
		strict := rec.strictDKIM
		if id.method == "spf" {
			strict = rec.strictSPF
		}
		aligned, why, err := aligns(ctx, author, id, strict, org)
		text := id.text(aligned, why)
		a.count(id, aligned, err, text)
		if id.method == "spf" {
			a.spf = text
		} else if score := rank(id.result) + yes(aligned); score > best {
			a.dkim, best = text, score
		}
	}
	return a
}

func yes(b bool) int {
	if b {
		return 4
	}
	return 0
}

// text is what is said of an identifier.
func (id identifier) text(aligned bool, why string) string {
	if id.result == "pass" && aligned {
		return "pass"
	}
	text := id.result
	if text == "" {
		text = "not evaluated"
	}
	if id.domain != "" {
		text += " for " + id.domain
	}
	if !aligned && why != "" {
		return text + ", " + why
	}
	if id.why != "" {
		return text + ": " + id.why
	}
	return text
}

// count takes an identifier into the result: one that passes and is aligned decides; one of which
// that may still be leaves the result open (section 5.3.6).
func (a *alignment) count(id identifier, aligned bool, err error, text string) {
	open := func(result string) {
		if a.result == "fail" || a.result == "" {
			a.result, a.reason = result, id.method+": "+text
		}
	}
	switch {
	case a.result == "pass":
	case id.result == "pass" && aligned:
		a.result, a.reason = "pass", ""
	case err != nil && (id.result == "pass" || id.result == "temperror"):
		open("temperror")
	case id.result == "temperror" && aligned:
		open("temperror")
	case id.result == "" && (aligned || err != nil) && a.result == "fail":
		open("")
	}
}

// aligns reports whether an identifier and the author's domain are the same or, where that is
// enough, of the same Organizational Domain. One of which the domain is not known may be.
func aligns(ctx context.Context, author string, id identifier, strict bool,
	org func(context.Context, string) (string, error)) (aligned bool, why string, err error) {
	switch {
	case id.domain == "":
		return id.result == "", "", nil
	case id.domain == author:
		return true, "", nil
	case rank(id.result) < 0:
		return false, "", nil // it does not matter
	case strict:
		return false, "which is not " + author + ", as strict alignment wants", nil
	case !meets(author, id.domain):
		return false, "which is not aligned with " + author, nil
	}
	mine, err1 := org(ctx, author)
	other, err2 := org(ctx, id.domain)
	if err := errors.Join(err1, err2); err != nil {
		return false, "whose organizational domain could not be learned", err
	}
	if mine == other {
		return true, "", nil
	}
	return false, fmt.Sprintf("which is not aligned: its organizational domain is %s, not %s", other,
		mine), nil
}

// meets reports whether two names share their last label. Those that share none can have no domain
// in common.
func meets(a, b string) bool {
	return a[strings.LastIndexByte(a, '.')+1:] == b[strings.LastIndexByte(b, '.')+1:]
}
