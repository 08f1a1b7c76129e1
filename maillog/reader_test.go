package maillog

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// following is a reader that follows one message, and what it recorded.
type following struct {
	t     *testing.T
	facts chan seedtest.FactBody
	ended chan error
	stop  context.CancelFunc
}

func follow(t *testing.T, log seedtest.RelayLog) *following {
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{t: t, facts: make(chan seedtest.FactBody, 100), ended: make(chan error, 1), stop: cancel}
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	r := &Reader{Log: log, Zone: time.UTC}
	go func() {
		f.ended <- r.Follow(ctx, seedtest.Relaying{Route: "relay", Changed: changed, Now: now,
			Sent: func() []seedtest.Relayable { return []seedtest.Relayable{wanted()} },
			Record: func(_ context.Context, bodies ...seedtest.FactBody) error {
				for _, b := range bodies {
					f.facts <- b
				}
				return nil
			}})
	}()
	t.Cleanup(cancel)
	return f
}

func (f *following) end() {
	f.t.Helper()
	f.stop()
	if err := <-f.ended; err != nil {
		f.t.Errorf("Follow: %v", err)
	}
}

// next returns the next fact in words.
func (f *following) next() string {
	switch b := (<-f.facts).(type) {
	case seedtest.Relayed:
		return told([]seedtest.Relayed{b})
	case seedtest.Fault:
		if b.To != nil {
			return "over"
		}
		return string(b.Kind) + " of " + b.Route + ": " + b.What
	}
	return "?"
}

// syslog makes lines as a file holds them.
func syslog(lines ...string) string {
	var s strings.Builder
	for _, l := range lines {
		program, text, _ := strings.Cut(l, " ")
		s.WriteString("Nov 26 13:29:30 mail postfix/" + program + "[1]: " + text + "\n")
	}
	return s.String()
}

func deferral(why string) string { return strings.Replace(busy, "later", why, 1) }

const put = "p1 deferred 450 4XyZ9b2Lq1z3>"

// TestFile follows a file from before it is there, through appended pieces of lines, a rotation by
// renaming, one by copying and truncating, and its loss.
func TestFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mail.log")
		f := follow(t, seedtest.RelayLog{File: path})
		expect := func(what string, want ...string) {
			t.Helper()
			time.Sleep(2 * pollEvery)
			synctest.Wait()
			var got []string
			for len(f.facts) > 0 {
				got = append(got, f.next())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		write := func(flag int, text string) {
			t.Helper()
			w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flag, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.WriteString(text); err != nil {
				t.Fatal(err)
			}
			_ = w.Close()
		}
		f1 := "log of relay: open " + path + ": no such file or directory"
		if runtime.GOOS == "windows" {
			t.Skip("a file that is open cannot be renamed here")
		}
		expect("no file", f1)
		write(os.O_APPEND, syslog(name, deferral("one")))
		expect("there it is", put, "over")
		half := syslog(deferral("two"))
		write(os.O_APPEND, half[:80])
		expect("half a line")
		write(os.O_APPEND, half[80:]+"\n\n"+strings.Repeat("x", 3*maxLine)+"\n")
		expect("the rest of it", put)
		write(os.O_APPEND, syslog(deferral("three")))
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		expect("rotated away", put)
		write(os.O_APPEND, syslog(deferral("four")))
		expect("its successor", put)
		write(os.O_TRUNC, syslog(deferral("5")))
		expect("truncated", put)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		expect("removed")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		expect("a directory", "log of relay: open "+path+": is a directory")
		f.end()
	})
}

// TestFileOfOldLines: what a big file held before is read back to a bound, from the beginning of a
// line.
func TestFileOfOldLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mail.log")
		filler := strings.Repeat(syslog("qmgr 4XyZ9b2Lq1z3: something else"), readBack/50)
		text := syslog(deferral("too old")) + filler + syslog(name, deferral("read")) + strings.Repeat(".", 9) + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := follow(t, seedtest.RelayLog{File: path})
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		if n := len(f.facts); n != 1 {
			t.Fatalf("%d facts, want one", n)
		}
		if r, ok := (<-f.facts).(seedtest.Relayed); !ok || r.Reply.Text != "read" {
			t.Errorf("got %+v", r)
		}
		f.end()
	})
}

// TestCommand follows what a program prints, which ends at once: its trouble is told with what it
// said, and it is run again.
func TestCommand(t *testing.T) {
	sh, err := os.Stat("/bin/sh")
	if err != nil || sh.IsDir() {
		t.Skip("there is no /bin/sh here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log"), []byte(syslog(name, sent)), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `if [ -e again ]; then cat log; exec sleep 1000; fi; touch again; echo "no way to mail1" >&2; exit 7`
	f := follow(t, seedtest.RelayLog{Command: []string{"/bin/sh", "-c", script}, Dir: dir})
	for i, want := range []string{"log of relay: command /bin/sh: exit status 7: no way to mail1", "over",
		"p1 accepted 250 4XyZ9b2Lq1z3>3C9F212A4D"} {
		if got := f.next(); got != want {
			t.Errorf("fact %d is %q, want %q", i, got, want)
		}
	}
	f.end() // and the program with it
}

// TestCommandLeavesChildren: a program whose children go on does not keep the reader from ending.
func TestCommandLeavesChildren(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh here")
	}
	script := `sleep 1000 & echo $! >child; printf '%s' "$0"; wait`
	dir := t.TempDir()
	f := follow(t, seedtest.RelayLog{Command: []string{"/bin/sh", "-c", script, syslog(name, sent)}, Dir: dir})
	if got := f.next(); !strings.HasPrefix(got, "p1 accepted") {
		t.Errorf("got %q", got)
	}
	f.end()
	pid, err := os.ReadFile(filepath.Join(dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(string(pid))); err == nil {
		if p, err := os.FindProcess(n); err == nil {
			_ = p.Kill()
		}
	}
}

// TestCommandThatIsNone: a program that does not exist is a fault, and no error of the run.
func TestCommandThatIsNone(t *testing.T) {
	f := follow(t, seedtest.RelayLog{Command: []string{"/nonexistent/journalctl"}})
	if got := f.next(); !strings.Contains(got, "/nonexistent/journalctl") {
		t.Errorf("got %q", got)
	}
	f.end()
}

// TestComplaintIsBounded: of what a program says on standard error only the end is kept.
func TestComplaintIsBounded(t *testing.T) {
	var c tail
	for range 1000 {
		_, _ = c.Write([]byte("again and again\n"))
	}
	if len(c.said) != maxComplaint {
		t.Errorf("%d octets are kept, want %d", len(c.said), maxComplaint)
	}
}
