package config

import (
	"fmt"
	"time"

	"seedtest"
)

// checkSuccessions says where a seed replaces none that there is, or itself, or one that another
// replaces too. A circle is one of seeds that all replace another.
func (r *reader) checkSuccessions(top *table, all []seedtest.Seed) {
	replaces, names := map[string]string{}, []string{}
	for _, s := range all {
		replaces[s.Name], names = s.Replaces, append(names, s.Name)
	}
	successor := map[string]string{}
	for _, s := range all {
		if s.Replaces == "" {
			continue
		}
		n := top.get("seed").get(s.Name).get("replaces")
		_, known := replaces[s.Replaces]
		switch other := successor[s.Replaces]; {
		case !known:
			r.fail(n, fmt.Sprintf("there is no [seed.%s]", s.Replaces), oneOf(s.Replaces, names))
		case circle(replaces, s.Name):
			r.fail(n, fmt.Sprintf("%s would replace itself in the end", s.Name),
				"name the seed that is older, and take replaces out of that one")
		case other != "":
			r.fail(n, fmt.Sprintf("[seed.%s] replaces it already", other), "keep one of the two successors")
		}
		successor[s.Replaces] = s.Name
	}
}

// circle reports whether following what is replaced leads back to where it began.
func circle(replaces map[string]string, from string) bool {
	at := replaces[from]
	for range replaces {
		if at == from || at == "" {
			break
		}
		at = replaces[at]
	}
	return at == from
}

// checkByHand says which keys speak of a sign-in that a seed by hand never has.
func (t *table) checkByHand() {
	for _, key := range []string{"imap", "username", "password", "token", "oauth", "canary", "ca"} {
		if n := t.value(key); n != nil {
			t.r.fail(n, "the seed is by_hand: nobody signs in to it", "take one of the two keys out")
		}
	}
}

// date returns a day, or the zero time if the key is not there.
func (t *table) date(key string) time.Time {
	n := t.typed(key, kindTime, key+" = 2026-05-01, without quotes")
	if n == nil {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, n.text)
	if err != nil {
		t.r.fail(n, "is no day", "write "+key+" = 2026-05-01, a day without the time")
		return time.Time{}
	}
	return day
}
