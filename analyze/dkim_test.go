package analyze

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

func TestSignature(t *testing.T) {
	raw := "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.org;\r\n" +
		"\ts=k1; q=dns/txt; t=1117574938; x=1118006938; l=20;\r\n" +
		"\ti=@eng.example.org; h=From : To :\r\n  Subject;\r\n" +
		"\tz=From:anna@example.org|\r\n\tTo:b@example.net;\r\n" +
		"\tbh=MTIzNDU2Nzg5MDEyMzQ1\r\n Njc4OTAxMjM0NTY3ODkwMTI=;\r\n" +
		" b=dzdVyOfAKCdLXdJOc9G2q8Lo\r\n\tXSlEniSb ==\r\n" +
		"X-Google-DKIM-Signature: v=1; d=1e100.net\r\n\r\n"
	a := Message([]byte(raw), "", seedtest.Trust{})
	if len(a.Signatures) != 1 {
		t.Fatalf("Signatures = %+v, want the one DKIM-Signature", a.Signatures)
	}
	s := a.Signatures[0]
	want := []seedtest.Property{{Name: "v", Value: "1"}, {Name: "a", Value: "rsa-sha256"},
		{Name: "c", Value: "relaxed/simple"}, {Name: "d", Value: "example.org"},
		{Name: "s", Value: "k1"}, {Name: "q", Value: "dns/txt"}, {Name: "t", Value: "1117574938"},
		{Name: "x", Value: "1118006938"}, {Name: "l", Value: "20"},
		{Name: "i", Value: "@eng.example.org"}, {Name: "h", Value: "From:To:Subject"},
		{Name: "z", Value: "From:anna@example.org|To:b@example.net"},
		{Name: "bh", Value: "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="},
		{Name: "b", Value: "dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSb=="}}
	if !slices.Equal(s.Tags, want) {
		t.Errorf("Tags = %v\nwant %v", s.Tags, want)
	}
	if s.Problems != nil || s.Position != 0 || !strings.HasPrefix(s.Raw, "v=1; a=rsa-sha256; c=") {
		t.Errorf("signature = %+v, want no problem, position 0 and what was written", s)
	}
}

func TestSignatureProblems(t *testing.T) {
	const sound = "v=1; a=rsa-sha256; d=example.org; s=k1; h=from; bh=QQ==; b=QQ=="
	tests := []struct {
		name, value string
		tags        int
		want        []string
	}{
		{"sound", sound, 7, nil},
		{"a semicolon at the end", sound + ";", 7, nil},
		{"a tag twice", sound + "; d=example.net", 8, []string{"two tags d="}},
		{"tags that nobody knows", sound + "; zz9_=; r=y", 9, nil},
		{"no b and no s", "v=1; a=x; d=example.org; h=FROM; bh=QQ==", 5, []string{"no b=", "no s="}},
		{"an empty tag", strings.Replace(sound, "h=from", "h=", 1), 7, []string{"no h="}},
		{"capitals", strings.Replace(sound, "v=1", "V=1", 1), 7, []string{"no v="}},
		{"text", "v=1; hello; a=rsa-sha256; d=e; s=k; h=from; bh=QQ; b=QQ", 7,
			[]string{"there is text that is no tag"}},
		{"a name that is none", sound + "; 1a=b", 7, []string{"there is text that is no tag"}},
		{"another version", strings.Replace(sound, "v=1", "v=0.5", 1), 7, []string{"v= is not 1"}},
		{"numbers", sound + "; t=now; x=-1; l=5", 10,
			[]string{"t= is not a number", "x= is not a number"}},
		{"From is not signed", strings.Replace(sound, "h=from", "h=to:fromage", 1), 7,
			[]string{"h= does not name From"}},
		{"nothing", "", 0, []string{"no v=", "no a=", "no b=", "no bh=", "no d=", "no h=", "no s="}},
		{"too many", sound + strings.Repeat(";y=z", maxTags), maxTags,
			[]string{"too many tags: the rest is not read"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := new(authReader).oneSignature(test.value)
			if len(s.Tags) != test.tags || !slices.Equal(s.Problems, test.want) {
				t.Errorf("signature(%q) = %+v, want %d tags, problems %q", test.value, s, test.tags,
					test.want)
			}
		})
	}
}

// FuzzSignature holds that the raw value is kept, that no tag is invented, and that equal input
// gives equal output, whatever was read before.
func FuzzSignature(f *testing.F) {
	f.Add("v=1; a=rsa-sha256; d=example.org; s=k1; h=from : to; bh=Q Q; b=QQ")
	f.Add(";;=;a=b=c; a=;\x00=1;z")
	r := new(authReader)
	f.Fuzz(func(t *testing.T, value string) {
		r.spent = 0
		s := r.oneSignature(value)
		if s.Raw != value || len(s.Tags) > strings.Count(value, "=") {
			t.Fatalf("signature(%q) = %+v", value, s)
		}
		for _, tag := range s.Tags {
			if !strings.Contains(value, tag.Name) || len(tag.Value) > len(value) {
				t.Fatalf("signature(%q) has the tag %+v", value, tag)
			}
		}
		if !reflect.DeepEqual(s, new(authReader).oneSignature(value)) {
			t.Fatalf("two readings of %q differ", value)
		}
	})
}
