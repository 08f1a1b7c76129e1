package seedtest

import "testing"

func TestResult(t *testing.T) {
	result := func(method, result, property string) AuthResult {
		r := AuthResult{Method: method, Result: result}
		if property != "" {
			r.Properties = []Property{{Type: "smtp", Name: property, Value: "x"}}
		}
		return r
	}
	for _, test := range []struct {
		name, want string
		results    []AuthResult
	}{
		{"nothing", "", nil},
		{"another method", "", []AuthResult{result("dkim", "pass", "")}},
		{"once", "softfail", []AuthResult{result("spf", "softfail", "mailfrom")}},
		{"greeting first", "fail", []AuthResult{result("spf", "pass", "helo"),
			result("spf", "fail", "mailfrom")}},
		{"greeting fails", "pass", []AuthResult{result("spf", "pass", "mailfrom"),
			result("spf", "none", "helo")}},
		{"pass put in front", "fail", []AuthResult{result("spf", "pass", "mailfrom"),
			result("spf", "fail", "mailfrom")}},
		{"pass put behind", "fail", []AuthResult{result("spf", "fail", "mailfrom"),
			result("spf", "pass", "mailfrom")}},
	} {
		a := Analysis{Authentication: []AuthField{{Results: []AuthResult{result("spf", "pass", "")}},
			{Trusted: true, Instance: 1, Results: []AuthResult{result("spf", "pass", "")}},
			{Trusted: true, Results: test.results}}}
		if got, ok := a.Result("spf"); got.Result != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %v; want %q", test.name, got.Result, ok, test.want)
		}
	}
	a := Analysis{Authentication: []AuthField{{Trusted: true, Results: []AuthResult{
		result("dkim", "fail", "")}}, {Trusted: true, Results: []AuthResult{result("dkim", "pass", "")}}}}
	if got, _ := a.Result("dkim"); got.Result != "pass" {
		t.Errorf("dkim %q, want the signature that is good", got.Result)
	}
}
