package sender

import (
	"bytes"
	"html"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"seedtest"
)

// sign looks for one thing that receivers dislike, and returns what shows it.
type sign func(*specimen) (evidence string, is bool)

// signs are what the rules of lint.toml look for, by their id.
func signs() map[string]sign {
	return map[string]sign{
		"long-line":          longLine,
		"raw-8bit":           raw8bit,
		"field-count":        fieldCount,
		"spf-unaligned":      spfUnaligned,
		"dkim-unaligned":     dkimUnaligned,
		"unsigned":           unsigned,
		"one-click-unsigned": oneClickUnsigned,
		"no-unsubscribe":     noUnsubscribe,
		"subject-empty":      subjectEmpty,
		"subject-capitals":   subjectCapitals,
		"subject-reply":      subjectReply,
		"variable":           variable,
		"html-only":          htmlOnly,
		"html-large":         htmlLarge,
		"html-active":        htmlActive,
		"images-only":        imagesOnly,
		"link-mismatch":      linkMismatch,
		"link-address":       linkAddress,
		"link-shortener":     linkShortener,
		"link-bare":          linkBare,
		"file-refused":       fileRefused,
		"file-active":        fileActive,
		"hazard":             hazard,
	}
}

func longLine(x *specimen) (string, bool) {
	for line := range bytes.SplitSeq(x.composed.Data, []byte("\n")) {
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 998 {
			return string(line), true
		}
	}
	return "", false
}

func raw8bit(x *specimen) (string, bool) {
	for line := range bytes.SplitSeq(x.composed.Data, []byte("\n")) {
		if bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			return string(line), true
		}
	}
	return "", false
}

func fieldCount(x *specimen) (string, bool) {
	for _, name := range []string{"Date", "From", "To", "Subject", "Message-Id"} {
		if n := len(x.header.Values(name)); n != 1 {
			return name, true
		}
	}
	return "", false
}

// aligned compares two domains as DMARC does in its relaxed mode (RFC 7489 section 3.1).
func aligned(a, b string) bool {
	org := func(domain string) string {
		domain = strings.ToLower(strings.TrimSuffix(domain, "."))
		if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
			return o
		}
		return domain
	}
	return org(a) == org(b)
}

func spfUnaligned(x *specimen) (string, bool) {
	domain := domainOf(x.composed.EnvelopeFrom)
	return domain, x.from != "" && domain != "" && !aligned(domain, x.from) && !signedFor(x)
}

// signedFor reports whether the route signs for the domain of From.
func signedFor(x *specimen) bool {
	return slices.ContainsFunc(x.route.DKIM, func(k seedtest.DKIM) bool {
		return aligned(k.Domain, x.from)
	})
}

func dkimUnaligned(x *specimen) (string, bool) {
	if len(x.route.DKIM) == 0 || x.from == "" || signedFor(x) {
		return "", false
	}
	return x.route.DKIM[0].Domain, true
}

func unsigned(x *specimen) (string, bool) {
	return "", x.route.Type == seedtest.RouteMX && len(x.route.DKIM) == 0
}

func oneClickUnsigned(x *specimen) (string, bool) {
	return "", x.header.Has("List-Unsubscribe-Post") && x.route.Type == seedtest.RouteMX &&
		len(x.route.DKIM) == 0
}

func noUnsubscribe(x *specimen) (string, bool) {
	if x.header.Has("List-Unsubscribe") {
		return "", false
	}
	switch p := x.header.Get("Precedence"); strings.ToLower(p) {
	case "bulk", "list":
		return "Precedence: " + p, true
	}
	for _, name := range []string{"List-Id", "Feedback-Id"} {
		if v := x.header.Get(name); v != "" {
			return name + ": " + v, true
		}
	}
	return "", false
}

// saidSubject is the subject without the reference that we put at its end.
func saidSubject(x *specimen) string {
	return strings.TrimSpace(subjectRef().ReplaceAllString(x.subject, ""))
}

func subjectRef() *regexp.Regexp { return regexp.MustCompile(`\([a-z2-7]{10}\)$`) }

func subjectEmpty(x *specimen) (string, bool) { return "", saidSubject(x) == "" }

func subjectCapitals(x *specimen) (string, bool) {
	s, letters := saidSubject(x), 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return "", false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return s, letters >= 8
}

func subjectReply(x *specimen) (string, bool) {
	poses := regexp.MustCompile(`(?i)^(re|aw|fwd?|wg|tr|sv|vs|rv|odp)\s*:`).FindString(saidSubject(x))
	return poses, poses != "" && !x.header.Has("In-Reply-To") && !x.header.Has("References")
}

func variable(x *specimen) (string, bool) {
	found := regexp.MustCompile(`\{\{[^{}\n]{1,40}\}\}`).
		FindString(x.subject + "\n" + x.text + "\n" + x.page)
	return found, found != ""
}

func htmlOnly(x *specimen) (string, bool) { return "", x.page != "" && x.text == "" }

func htmlLarge(x *specimen) (string, bool) { return "", len(x.page) > 102<<10 }

func htmlActive(x *specimen) (string, bool) {
	found := regexp.MustCompile(`(?i)<(script|form|iframe|object|embed|frameset)\b[^>]*>`).
		FindString(x.page)
	return found, found != ""
}

func imagesOnly(x *specimen) (string, bool) {
	// The line with the token does not count: no message of the user's has it.
	said := regexp.MustCompile(`Reference: [a-z2-7]{42}`).ReplaceAllString(x.shown, "")
	found := regexp.MustCompile(`(?i)<img\b[^>]*>`).FindString(x.page)
	return found, found != "" && len(strings.Join(strings.Fields(said), "")) < 40
}

func linkMismatch(x *specimen) (string, bool) {
	for _, l := range x.links {
		shown := hostShown().FindStringSubmatch(l.shows)
		to := hostOf(l.to)
		if shown != nil && to != "" && !aligned(shown[1], to) {
			return l.shows + " -> " + l.to, true
		}
	}
	return "", false
}

// hostShown matches words that are an address, and its host.
func hostShown() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#]\S*)?$`)
}

// hostOf is the host of a web address, "" of anything else.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// webAddresses are all web addresses of a message.
func webAddresses(x *specimen) []string {
	all := regexp.MustCompile(`(?i)https?://[^\s<>"')\]]+`).FindAllString(x.text, -1)
	for _, l := range x.links {
		all = append(all, l.to)
	}
	return all
}

func linkAddress(x *specimen) (string, bool) {
	for _, a := range webAddresses(x) {
		if _, err := netip.ParseAddr(hostOf(a)); err == nil {
			return a, true
		}
	}
	return "", false
}

func linkShortener(x *specimen) (string, bool) {
	for _, a := range webAddresses(x) {
		if slices.Contains(lints().Shorteners, strings.TrimPrefix(hostOf(a), "www.")) {
			return a, true
		}
	}
	return "", false
}

func linkBare(x *specimen) (string, bool) {
	found := regexp.MustCompile(`(?im)(?:^|[\s(<])(www\.[a-z0-9-]+\.[a-z]\S*)`).
		FindStringSubmatch(x.text)
	if found == nil {
		return "", false
	}
	return found[1], true
}

// fileOf returns the first attachment whose kind is in a list.
func fileOf(x *specimen, kinds []string) (string, bool) {
	for _, name := range x.files {
		kind := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
		if kind != "" && slices.Contains(kinds, kind) {
			return name, true
		}
	}
	return "", false
}

func fileRefused(x *specimen) (string, bool) { return fileOf(x, lints().RefusedFiles) }

func fileActive(x *specimen) (string, bool) { return fileOf(x, lints().MacroFiles) }

func hazard(x *specimen) (string, bool) {
	found := strings.Contains(x.text, gtube()) || slices.Contains(x.files, "eicar.com")
	return "", found
}

// words are what a page shows.
func words(page string) string {
	page = regexp.MustCompile(`(?is)<(script|style|title)\b.*?</(script|style|title)\s*>|<!--.*?-->`).
		ReplaceAllString(page, " ")
	page = regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(unescaped(page)), " ")
}

func unescaped(s string) string { return html.UnescapeString(s) }
