package sender

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Published says how the records at [DKIMKey.Name] fit the key: "" if receivers can verify by them,
// or what is wrong (RFC 6376 section 3.6.1). notes are worth knowing either way.
func (k DKIMKey) Published(records []string) (problem string, notes []string) {
	var keys []map[string]string
	for _, r := range records {
		if tags := keyTags(r); tags["v"] == "" || tags["v"] == "DKIM1" {
			if _, ok := tags["p"]; ok {
				keys = append(keys, tags)
			}
		}
	}
	switch len(keys) {
	case 0:
		return "no key is published there", nil
	case 1:
	default:
		return fmt.Sprintf("%d keys are published there, of which receivers take any one", len(keys)), nil
	}
	tags := keys[0]
	list := func(tag, otherwise string) []string {
		if tags[tag] == "" {
			return []string{otherwise}
		}
		return strings.Split(tags[tag], ":")
	}
	ours := keyTags(k.Record())
	switch {
	case tags["p"] == "":
		return "the key published there is revoked (p= is empty)", nil
	case list("k", "rsa")[0] != k.Algorithm():
		return fmt.Sprintf("a key of kind %s is published there, and ours is %s", list("k", "rsa")[0],
			k.Algorithm()), nil
	case !sameKey(tags["p"], ours["p"]):
		return "another key than ours is published there", nil
	case !slices.Contains(list("h", "sha256"), "sha256"):
		return "the record forbids SHA-256, which we sign with", nil
	case !slices.Contains(list("s", "*"), "*") && !slices.Contains(list("s", "*"), "email"):
		return "the record says that the key is not for mail", nil
	}
	if slices.Contains(list("t", ""), "y") {
		notes = append(notes, "the record says t=y: receivers may treat the mail as unsigned")
	}
	if k.Algorithm() == "rsa" && k.Bits() < goodRSA {
		notes = append(notes, fmt.Sprintf("the key has %d bits, and RFC 8301 wants %d", k.Bits(), goodRSA))
	}
	return "", notes
}

// goodRSA is the length of RSA keys that signers should have, in bits (RFC 8301 section 3.2).
const goodRSA = 2048

// keyTags reads a tag list (RFC 6376 section 3.2). White space within values does not count.
func keyTags(record string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(record, ";") {
		name, value, ok := strings.Cut(tag, "=")
		if ok {
			tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
		}
	}
	return tags
}

// sameKey compares keys as octets: base64 may be written with or without its end.
func sameKey(a, b string) bool {
	x, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(a, "="))
	y, other := base64.RawStdEncoding.DecodeString(strings.TrimRight(b, "="))
	return err == nil && other == nil && slices.Equal(x, y)
}

// String names the key, and never shows it.
func (k DKIMKey) String() string { return k.Name() }

// GoString is String: what is printed with %#v shows no key either.
func (k DKIMKey) GoString() string { return k.Name() }
