package analyze

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

func readAuth(value string, arc bool) seedtest.AuthField { return new(authReader).one(value, arc) }

// The reading of one value, as tests like it.

func readSPF(value string) (f seedtest.ReceivedSPF) {
	new(authReader).readSPF(value, &f)
	return f
}

func (r *authReader) one(value string, arc bool) (f seedtest.AuthField) {
	r.read(value, arc, &f)
	return f
}

func (r *authReader) oneSignature(value string) (s seedtest.DKIMSignature) {
	r.signature(value, &s)
	return s
}

func (f *stampForm) one(value string) (s seedtest.Stamp) {
	new(stampReader).read(f, value, &s)
	return s
}

func TestReadAuth(t *testing.T) {
	r := new(authReader) // as in a message: what was read before must not show
	for _, file := range []string{"authres.txt", "rfc8601.txt"} {
		for _, s := range samples(t, file) {
			if got := describeAuth(r.one(s.value, false)); got != s.want {
				t.Errorf("%s:%d: read(%q)\n got %s\nwant %s", file, s.line, s.value, got, s.want)
			}
		}
	}
}

// describeAuth writes a field of results in one line.
func describeAuth(f seedtest.AuthField) string {
	var parts []string
	if f.AuthservID != "" {
		id := "id=" + f.AuthservID
		if f.Version != "" {
			id += " v=" + f.Version
		}
		for _, c := range f.Comments {
			id += " (" + c + ")"
		}
		parts = append(parts, id)
	}
	for _, r := range f.Results {
		var b strings.Builder
		b.WriteString(r.Method)
		if r.Version != "" {
			b.WriteString("/" + r.Version)
		}
		b.WriteString("=" + r.Result)
		if r.Reason != "" {
			b.WriteString(" reason=" + r.Reason)
		}
		for _, p := range r.Properties {
			fmt.Fprintf(&b, " %s.%s=%s", p.Type, p.Name, p.Value)
		}
		for _, c := range r.Comments {
			fmt.Fprintf(&b, " (%s)", c)
		}
		parts = append(parts, b.String())
	}
	for _, p := range f.Problems {
		parts = append(parts, "!"+p)
	}
	return strings.Join(parts, "; ")
}

func TestReadAuthOfARC(t *testing.T) {
	f := readAuth("i=2; mx.example.net; arc=pass (i=1 spf=pass); spf=fail smtp.mailfrom=a@b", true)
	if f.Problems != nil || f.Instance != 2 || f.AuthservID != "mx.example.net" ||
		len(f.Results) != 2 {
		t.Errorf("readAuth of an ARC field = %+v, want instance 2 of mx.example.net with 2 results", f)
	}
	for _, value := range []string{"i=x; mx.example.net; spf=fail", "mx.example.net; spf=fail"} {
		f := readAuth(value, true)
		if f.Instance != 0 || len(f.Results) != 1 || len(f.Problems) != 1 {
			t.Errorf("readAuth(%q) of ARC = %+v, want instance 0, a result and a problem", value, f)
		}
	}
}

func TestReadSPF(t *testing.T) {
	tests := []struct {
		in, result, comment string
		pairs               map[string]string
	}{
		{`pass (mx.example.net: domain of a@example.org designates 192.0.2.1 as permitted sender) ` +
			`client-ip=192.0.2.1; envelope-from="a b"@example.org; helo=a.example.org;`, "pass",
			"mx.example.net: domain of a@example.org designates 192.0.2.1 as permitted sender",
			map[string]string{"client-ip": "192.0.2.1", "envelope-from": "a b@example.org",
				"helo": "a.example.org"}},
		{"Pass (sender SPF authorized) identity=mailfrom; client-ip=2001:db8::1; receiver=<UNKNOWN>",
			"pass", "sender SPF authorized",
			map[string]string{"identity": "mailfrom", "client-ip": "2001:db8::1", "receiver": "<UNKNOWN>"}},
		{"none (domain of a.example.org does not designate permitted sender hosts)", "none",
			"domain of a.example.org does not designate permitted sender hosts", nil},
		{"softfail client-ip=192.0.2.1 helo=a", "softfail", "",
			map[string]string{"client-ip": "192.0.2.1", "helo": "a"}},
		{"pass SPF=MAILFROM; sender=a@example.org; remoteip=::ffff:192.0.2.1; remotehost=; " +
			"helo=a.example.org; receiver=mx.example.net;", "pass", "",
			map[string]string{"spf": "MAILFROM", "sender": "a@example.org", "remotehost": "",
				"remoteip": "::ffff:192.0.2.1", "helo": "a.example.org", "receiver": "mx.example.net"}},
		{"Pass (protection.example: domain of example.org designates 192.0.2.1 as permitted sender)" +
			" receiver=protection.example; client-ip=192.0.2.1; helo=a.example.org; pr=C", "pass",
			"protection.example: domain of example.org designates 192.0.2.1 as permitted sender",
			map[string]string{"receiver": "protection.example", "client-ip": "192.0.2.1",
				"helo": "a.example.org", "pr": "C"}},
		{`permerror (redirect=(a) loops) problem="too many; lookups", mechanism=include:b`, "permerror",
			"redirect=(a) loops",
			map[string]string{"problem": "too many; lookups", "mechanism": "include:b"}},
		{"neutral: client-ip=192.0.2.1, envelope-from=<a@example.org>", "neutral", "",
			map[string]string{"client-ip": "192.0.2.1", "envelope-from": "<a@example.org>"}},
		{"SoftFail", "softfail", "", nil},
		{"", "", "", nil},
	}
	for _, test := range tests {
		f := readSPF(test.in)
		var pairs map[string]string
		for _, p := range f.Pairs {
			if pairs == nil {
				pairs = map[string]string{}
			}
			pairs[p.Name] = p.Value
		}
		if f.Result != test.result || f.Comment != test.comment || f.Raw != test.in ||
			!reflect.DeepEqual(pairs, test.pairs) {
			t.Errorf("readSPF(%q) = %+v", test.in, f)
		}
	}
}

func TestOriginalsAreReadAndNotBelieved(t *testing.T) {
	raw := "Authentication-Results-Original: mx.example.net; spf=pass\n" +
		"X-Original-Authentication-Results: mx.example.net; spf=pass\n" +
		"Authentication-Results: mx.example.net; spf=fail\n\n"
	a := Message([]byte(raw), "", seedtest.Trust{AuthservIDs: []string{`mx\.example\.net`}})
	var trusted []bool
	for _, f := range a.Authentication {
		trusted = append(trusted, f.Trusted)
	}
	if !slices.Equal(trusted, []bool{false, false, true}) {
		t.Errorf("trusted = %v, want three fields of which only the last one is", trusted)
	}
}

func TestAuthReaderIsBounded(t *testing.T) {
	r := new(authReader)
	first := r.one("mx.example.net; spf=pass; "+strings.Repeat("aa=b;", maxTokens), false)
	if n := len(first.Results); n < maxTokens/5 || n > maxTokens/3 || r.spent < maxTokens {
		t.Errorf("a field of %d results gives %d, and %d tokens", maxTokens, n, r.spent)
	}
	second := r.one("mx.example.net; spf=pass", false)
	for _, f := range []seedtest.AuthField{first, second} {
		if !slices.Contains(f.Problems, "too long: the rest is not read") {
			t.Errorf("problems = %q, want a word that the rest is not read", f.Problems)
		}
	}
	if s := r.oneSignature("v=1; a=b"); len(s.Tags) != 0 || s.Problems == nil || s.Raw != "v=1; a=b" {
		t.Errorf("signature = %+v, want what was written, no tags and a problem", s)
	}
}

// FuzzReadAuth holds that the raw value is kept, that no result is without a method, and that equal
// input gives equal output.
func FuzzReadAuth(f *testing.F) {
	for _, file := range []string{"authres.txt", "rfc8601.txt"} {
		for _, s := range samples(f, file) {
			f.Add(s.value, false)
			f.Add("i=1; "+s.value, true)
		}
	}
	f.Fuzz(func(t *testing.T, value string, arc bool) {
		got := readAuth(value, arc)
		if got.Raw != value || got.Instance < 0 {
			t.Fatalf("readAuth(%q) = %+v", value, got)
		}
		size := len(got.AuthservID) + len(got.Version)
		for _, r := range got.Results {
			size += len(r.Method) + len(r.Result) + len(r.Reason)
			if r.Method != strings.ToLower(r.Method) && isASCII(value) {
				t.Fatalf("method %q is not in lower case", r.Method)
			}
			for _, p := range r.Properties {
				size += len(p.Type) + len(p.Name) + len(p.Value)
			}
			for _, c := range r.Comments {
				size += len(c)
			}
		}
		if size > len(value) && isASCII(value) {
			t.Fatalf("readAuth(%q) says more than stands there: %+v", value, got)
		}
		if !reflect.DeepEqual(got, readAuth(value, arc)) {
			t.Fatalf("two readings of %q differ", value)
		}
	})
}

func FuzzReadSPF(f *testing.F) {
	f.Add(`pass (a: b) client-ip=192.0.2.1; envelope-from="a b"; helo=c;`)
	f.Add("softfail")
	f.Fuzz(func(t *testing.T, value string) {
		got := readSPF(value)
		if got.Raw != value || len(got.Pairs) > strings.Count(value, "=") {
			t.Fatalf("readSPF(%q) = %+v", value, got)
		}
		if isASCII(value) && (got.Result != strings.ToLower(got.Result) ||
			!strings.Contains(value, got.Comment)) {
			t.Fatalf("readSPF(%q) = %+v", value, got)
		}
	})
}

func BenchmarkReadAuth(b *testing.B) {
	const value = "mx.example.net; dkim=pass header.i=@example.org header.s=k1 header.b=AbCd+/12; " +
		"spf=pass (mx.example.net: domain of a@example.org designates 192.0.2.1 as permitted) " +
		"smtp.mailfrom=a@example.org; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=example.org"
	r := new(authReader)
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		r.spent = 0
		r.one(value, false)
	}
}

func BenchmarkSignature(b *testing.B) {
	value := "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=k1; t=1790000000; " +
		"h=from:to:subject:date:message-id :mime-version:content-type; " +
		"bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b=" +
		strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5QUJDREVGR0g ", 5)
	r := new(authReader)
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		r.spent = 0
		r.oneSignature(value)
	}
}
