package signin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/lab"
)

// TestKeptFile: tokens lie in a file that only its owner can read, and whose owner changed or which
// others could read is of no use.
func TestKeptFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		_, err := w.source().Secret(t.Context())
		if got := reason(t, err, "nobody has signed in"); got != seedtest.ReasonNoConsent {
			t.Errorf("reason %q, want %q", got, seedtest.ReasonNoConsent)
		}
		w.signedIn(t)
		path := filepath.Join(w.dir, "seed-outlook-a.json")
		for p, want := range map[string]os.FileMode{path: 0o600, w.dir: 0o700} {
			if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: mode %v, %v, want %v", p, info.Mode(), err, want)
			}
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		_, err = w.source().Secret(t.Context())
		reason(t, err, "chmod 600")
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		w.oauth.Account = "another@outlook-like.example"
		_, err = w.source().Secret(t.Context())
		reason(t, err, account, "another@outlook-like.example", "seedtest login")
		w.oauth.Account = account
		if err := w.keep.Forget(w.oauth.Name); err != nil {
			t.Error(err)
		}
		_, err = w.source().Secret(t.Context())
		reason(t, err, "nobody has signed in")
	})
}

// TestUnwritable: a token that cannot be written is used all the same by this process, and the
// next renewal goes on from it. The name is too long for a temporary file, and not for a file.
func TestUnwritable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{Rotate: true})
		w.signedIn(t)
		kept, err := os.ReadFile(filepath.Join(w.dir, w.oauth.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		w.oauth.Name = strings.Repeat("x", 248)
		if err := os.WriteFile(filepath.Join(w.dir, w.oauth.Name+".json"), kept, 0o600); err != nil {
			t.Fatal(err)
		}
		source := w.source()
		for range 5 {
			time.Sleep(2 * time.Hour)
			token, err := source.Secret(t.Context())
			w.opens(t, token, err)
		}
		w.server.Revoke(account)
		time.Sleep(2 * time.Hour)
		asked := w.server.Asked("/token")
		for range 3 {
			_, err := source.Secret(t.Context())
			reason(t, err, "seedtest login")
		}
		if n := w.server.Asked("/token") - asked; n != 1 {
			t.Errorf("the server was asked %d times about a consent that is gone, want once", n)
		}
		if !strings.Contains(w.log.String(), "could not be kept") {
			t.Errorf("the log does not say that tokens could not be kept:\n%s", w.log)
		}
		w.noSecrets(t)
	})
}
