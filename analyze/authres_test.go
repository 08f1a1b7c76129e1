package analyze

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"seedtest"
)

func TestReadAuth(t *testing.T) {
	for _, s := range samples(t, "authres.txt") {
		if got := describeAuth(readAuth(s.value, false)); got != s.want {
			t.Errorf("authres.txt:%d: readAuth(%q)\n got %s\nwant %s", s.line, s.value, got, s.want)
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
	if f.Instance != 2 || f.AuthservID != "mx.example.net" || len(f.Results) != 2 {
		t.Errorf("readAuth of an ARC field = %+v, want instance 2 of mx.example.net with 2 results", f)
	}
	if f := readAuth("i=x; mx.example.net; spf=fail", true); f.Instance != 0 || len(f.Results) != 1 {
		t.Errorf("readAuth of an ARC field without a number = %+v, want instance 0, 1 result", f)
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

// FuzzReadAuth holds that the raw value is kept, that no result is without a method, and that equal
// input gives equal output.
func FuzzReadAuth(f *testing.F) {
	for _, s := range samples(f, "authres.txt") {
		f.Add(s.value, false)
		f.Add("i=1; "+s.value, true)
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
		if got := readSPF(value); got.Raw != value || len(got.Pairs) > len(value) {
			t.Fatalf("readSPF(%q) = %+v", value, got)
		}
	})
}
