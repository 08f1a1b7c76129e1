package analyze

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

// sealed writes the fields of a sound ARC set.
func sealed(instance int, validation string) string {
	return fmt.Sprintf("ARC-Seal: i=%d; a=rsa-sha256; t=1; cv=%s; d=b.example; s=k; b=QQ==\n"+
		"ARC-Message-Signature: i=%[1]d; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=k;\n"+
		" h=from:to; bh=QUJD; b=QQ==\n"+
		"ARC-Authentication-Results: i=%[1]d; b.example; arc=%[2]s; spf=pass\n", instance, validation)
}

func TestARCSets(t *testing.T) {
	a := Message([]byte(sealed(2, "Pass")+sealed(1, "none")+"\n"), "", seedtest.Trust{})
	if len(a.ARC) != 2 {
		t.Fatalf("ARC = %+v, want two sets", a.ARC)
	}
	want := seedtest.ARCSet{Instance: 2, Validation: "pass",
		Seal:    "i=2; a=rsa-sha256; t=1; cv=Pass; d=b.example; s=k; b=QQ==",
		Message: "i=2; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=k; h=from:to; bh=QUJD; b=QQ==",
		Results: "i=2; b.example; arc=Pass; spf=pass"}
	if !reflect.DeepEqual(a.ARC[1], want) {
		t.Errorf("ARC[1] = %+v\nwant %+v", a.ARC[1], want)
	}
	if a.ARC[0].Instance != 1 || a.ARC[0].Problems != nil {
		t.Errorf("ARC[0] = %+v, want a sound set of instance 1", a.ARC[0])
	}
	if len(a.Authentication) != 2 || a.Authentication[0].Instance != 2 {
		t.Errorf("Authentication = %+v, want the ARC field of instance 2 first", a.Authentication)
	}
}

func TestARCProblems(t *testing.T) {
	set := sealed(1, "none")
	lines := strings.SplitAfter(set, "\n")
	tests := []struct {
		name, raw string
		instance  int
		want      []string
	}{
		{"sound", set, 1, nil},
		{"two seals", lines[0] + set, 1, []string{"two fields arc-seal"}},
		{"two sets of one number", set + set, 1, []string{"two fields arc-seal",
			"two fields arc-message-signature", "two fields arc-authentication-results"}},
		{"a gap", sealed(3, "pass") + set, 3, []string{"instance 2 is missing"}},
		{"the first one is missing", sealed(2, "fail"), 2, []string{"instance 1 is missing"}},
		{"no seal", strings.Join(lines[1:], ""), 1, []string{"no arc-seal"}},
		{"only a seal", lines[0], 1,
			[]string{"no arc-message-signature", "no arc-authentication-results"}},
		{"a first seal that follows none", sealed(1, "pass"), 1,
			[]string{"the first seal claims cv=pass"}},
		{"a second seal that follows none", sealed(2, "none") + set, 2,
			[]string{"a later seal claims cv=none"}},
		{"a tag is missing", strings.Replace(set, "cv=none; ", "", 1), 1,
			[]string{"arc-seal: no cv="}},
		{"a tag comes twice", strings.Replace(set, "h=from", "s=k; h=from", 1), 1,
			[]string{"arc-message-signature: two tags s="}},
		{"no number", strings.ReplaceAll(set, "i=1", "i=one"), 0, []string{
			"arc-seal: the instance is not a number from 1 to 50",
			"arc-message-signature: the instance is not a number from 1 to 50",
			"arc-authentication-results: the instance is not a number from 1 to 50"}},
		{"a number too high", sealed(51, "pass"), 0, []string{
			"arc-seal: the instance is not a number from 1 to 50",
			"arc-message-signature: the instance is not a number from 1 to 50",
			"arc-authentication-results: the instance is not a number from 1 to 50"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := Message([]byte(test.raw+"\n"), "", seedtest.Trust{})
			i := slices.IndexFunc(a.ARC, func(s seedtest.ARCSet) bool {
				return s.Instance == test.instance
			})
			if i < 0 || !slices.Equal(a.ARC[i].Problems, test.want) {
				t.Errorf("ARC of %q = %+v, want problems %q in instance %d", test.raw, a.ARC,
					test.want, test.instance)
			}
		})
	}
}

// FuzzARC holds that sets stand in order, each number once, within the bounds.
func FuzzARC(f *testing.F) {
	f.Add("i=1; cv=none", "i=2", "i=x")
	f.Add("i=1;i=2", " i = 3 ", "i=51; mx.example.net; none")
	f.Fuzz(func(t *testing.T, seal, message, results string) {
		var sets []seedtest.ARCSet
		r := new(authReader)
		sets = r.addARC(sets, "arc-seal", seal)
		sets = r.addARC(sets, "arc-message-signature", message)
		sets = r.addARC(sets, "arc-authentication-results", results)
		finishARC(sets)
		last := -1
		for _, s := range sets {
			if s.Instance <= last || s.Instance > maxInstance {
				t.Fatalf("instance %d stands behind %d", s.Instance, last)
			}
			last = s.Instance
			for _, text := range []string{s.Seal, s.Message, s.Results} {
				if text != "" && text != seal && text != message && text != results {
					t.Fatalf("%q is not what was written", text)
				}
			}
		}
	})
}
