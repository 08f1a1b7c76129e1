package signin_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"

	"seedtest/lab"
	"seedtest/signin"
)

// TestKeyring keeps tokens in a keyring, and no file but the lock's.
func TestKeyring(t *testing.T) {
	keyring.MockInit()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{Rotate: true})
		w.keep = signin.Keyring(w.dir)
		w.signedIn(t)
		time.Sleep(2 * time.Hour)
		token, err := w.source().Secret(t.Context())
		w.opens(t, token, err)
		files, err := filepath.Glob(filepath.Join(w.dir, "*"))
		if err != nil || len(files) != 1 || filepath.Ext(files[0]) != ".lock" {
			t.Errorf("files %v, %v, want the lock alone", files, err)
		}
		if err := w.keep.Ready(w.oauth.Name); err != nil {
			t.Error(err)
		}
		if err := w.keep.Forget(w.oauth.Name); err != nil {
			t.Error(err)
		}
		if err := w.keep.Ready(w.oauth.Name); err != nil {
			t.Errorf("Ready without a grant: %v", err)
		}
		if _, err := w.keep.Load(w.oauth.Name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load after Forget: %v, want fs.ErrNotExist", err)
		}
	})
}

// TestNoKeyring: where there is none, as on most servers, the error says what to do.
func TestNoKeyring(t *testing.T) {
	keyring.MockInitWithError(errors.New("exec: \"dbus-launch\": executable file not found in $PATH"))
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		w.keep = signin.Keyring(w.dir)
		_, err := w.source().Secret(t.Context())
		reason(t, err, "dbus-launch", "take keyring = true out")
		if err := w.keep.Ready("x"); err == nil {
			t.Error("Ready without a keyring: nil, want why")
		}
		if err := w.keep.Save("x", signin.Grant{}); err == nil || !strings.Contains(err.Error(), "0600") {
			t.Errorf("Save: %v, want what to do instead", err)
		}
		if _, err := os.Stat(filepath.Join(w.dir, "x.json")); err == nil {
			t.Error("a file was written where the keyring was asked for")
		}
	})
}
