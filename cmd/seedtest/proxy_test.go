package main

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/sender"
)

// TestProxyIsTold: before anything is sent, by plan and by a dry run, and by check.
func TestProxyIsTold(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "[route.", "[route.far]\nhost = \"mail.example.org\"\n"+
			"proxy = { host = \"proxy.example.org\" }\n\n[route.", 1) +
			"\n[suite.far]\nroutes = [\"far\"]\n"
	})
	const words = " through the proxy proxy.example.org:1080"
	for name, args := range map[string][]string{"plan": {"plan", "far"}, "dryrun": {"run", "far", "--dry-run"}} {
		if got := b.run(t.Context(), nil, args...); !strings.Contains(got.stdout, words) {
			t.Errorf("%s does not say %q:\n%s%s", name, words, got.stdout, got.stderr)
		}
		got := b.run(t.Context(), nil, append(args, "--format", "json")...)
		obey(t, name, name, got.stdout)
		if !strings.Contains(got.stdout, `"proxy": "proxy.example.org:1080"`) {
			t.Errorf("%s has no proxy:\n%s", name, got.stdout)
		}
	}
}

// TestCheckTellsTheWay: through which proxy a route was checked, and what the server saw of us.
func TestCheckTellsTheWay(t *testing.T) {
	info := seedtest.TLSInfo{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Verified: true, Asked: true}
	shown := info
	shown.Shown = "CN=mail1.example.org"
	for words, tls := range map[string]seedtest.TLSInfo{
		"asked for a certificate of ours, and got none":   info,
		"was shown our certificate, CN=mail1.example.org": shown,
	} {
		c := checked{Kind: "route", Name: "far", OK: true, Route: &sender.Check{OK: true, TLS: &tls,
			Remote: "mx.example.net:25", Proxy: "proxy.example.org:1080"}}
		text := strings.Join(c.lines(false), "\n")
		for _, want := range []string{"mx.example.net:25 through the proxy proxy.example.org:1080 in", words} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("check says no %q:\n%s", want, text)
			}
		}
		var out bytes.Buffer
		if err := writeChecksJSON(&out, []checked{c}, false); err != nil {
			t.Fatal(err)
		}
		obey(t, "check", "check", out.String())
	}
	unreached := []checked{{Route: &sender.Check{Host: "mx.example.net", Stage: seedtest.StageConnect,
		Proxy: "proxy.example.org:1080"}, Hint: "its own"}}
	if got := blocked(unreached)[0].Hint; got != "its own" {
		t.Errorf("of a proxy's trouble check says %q", got)
	}
}
