//go:build real

package realtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// attacking is a message whose fields try to take over a page about them.
const attacking = `Received: from <script>document.title='taken'</script> ([192.0.2.1])
	by mx.google.com with ESMTPS id "><img/src=x/onerror=document.title='taken'>;
	Wed, 25 Nov 2026 03:15:20 -0800 (PST)
Authentication-Results: mx.google.com; spf=pass smtp.mailfrom="</td></table><svg/onload=
	document.title='taken'>"
X-Spam-Status: Yes, score=7 tests=</style><script>document.title='taken'</script>
From: "javascript:alert(1)" <a@example.org>
Subject: =?utf-8?q?=3Cscript=3Edocument=2Etitle=3D'taken'=3C/script=3E?=
`

// TestPageInABrowser opens a page in Chromium: nothing of a header runs, and all of it can be read.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	message, page := filepath.Join(dir, "a.eml"), filepath.Join(dir, "a.html")
	if err := os.WriteFile(message, []byte(attacking), 0o600); err != nil {
		t.Fatal(err)
	}
	made := exec.CommandContext(t.Context(), site.path("seedtest"), "analyze", "--provider", "gmail",
		"--format", "html", message, message)
	html, err := made.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, html, 0o600); err != nil {
		t.Fatal(err)
	}
	dom := opened(t, dir, page)
	if !strings.Contains(dom, "<title>What the headers of 2 messages say</title>") {
		t.Error("the page's title was taken over")
	}
	for _, element := range []string{"<script", "<img", " onerror=\"", " onload=\""} {
		if strings.Contains(dom, element) {
			t.Errorf("the page has %q", element)
		}
	}
	for element, times := range map[string]int{"<article ": 2, "</table>": 7, "<h3>Hops</h3>": 2} {
		if got := strings.Count(dom, element); got != times {
			t.Errorf("the page has %q %d times, want %d", element, got, times)
		}
	}
	if !strings.Contains(dom, "&lt;script&gt;document.title='taken'&lt;/script&gt;") {
		t.Error("the subject cannot be read")
	}
}

// opened returns what Chromium made of a page, after its scripts would have run.
func opened(t *testing.T, dir, page string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+filepath.Join(dir, "browser"), "--dump-dom", "file://"+page)
	c.Env = append(os.Environ(), "HOME="+dir)
	dom, err := c.Output()
	if err != nil {
		t.Fatalf("chromium: %v (realtest/install.sh installs it)", err)
	}
	return string(dom)
}
