package lab

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// limited runs a test against a Gmail whose first account has limits, in virtual time.
func limited(t *testing.T, limits Limits, test func(*imapWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, gmailLike, false)
		w.a.limits = newLimiter(limits, time.Now)
		test(w)
		w.close()
	})
}

// excesses are what the first account used too much of.
func (w *imapWorld) excesses() []Resource {
	var list []Resource
	for _, e := range w.a.limits.excesses() {
		list = append(list, e.Of)
	}
	return list
}

// peak is the most that was used of a resource.
func (w *imapWorld) peak(of Resource) int {
	for _, u := range w.a.limits.uses() {
		if u.Of == of {
			return u.Peak
		}
	}
	return -1
}

const tooMuch = "NO [OVERQUOTA] Account exceeded command or bandwidth limits."

func TestLimitOfConnections(t *testing.T) {
	limited(t, Limits{Connections: 2}, func(w *imapWorld) {
		first := w.signIn()
		w.signIn()
		if got, want := w.loginAs(w.a), "NO [ALERT] "+tooManySessions; got != want {
			t.Errorf("third LOGIN = %q, want %q", got, want)
		}
		if got := w.loginAs(w.b); !strings.HasPrefix(got, "OK") {
			t.Errorf("LOGIN of another = %q, want OK", got)
		}
		first.ask("LOGOUT")
		synctest.Wait()
		w.signIn()
		if got := w.excesses(); !slices.Equal(got, []Resource{Connections}) || w.peak(Connections) != 2 {
			t.Errorf("excesses %v, at most %d at a time", got, w.peak(Connections))
		}
	})
}

// Sign-ins count though they are refused, and only as long as the time of the rate.
func TestLimitOfSignIns(t *testing.T) {
	rates := []Rate{{SignIns, time.Minute, 3}, {SignIns, time.Hour, 5}}
	limited(t, Limits{Rates: rates}, func(w *imapWorld) {
		try := func() bool { return strings.HasPrefix(w.loginAs(w.a), "OK") }
		for i, want := range []bool{true, true, true, false, false} {
			if got := try(); got != want {
				t.Errorf("sign-in %d: %t, want %t", i+1, got, want)
			}
		}
		time.Sleep(time.Minute)
		if try() {
			t.Error("the sixth sign-in of an hour was let in")
		}
		time.Sleep(time.Hour)
		if !try() {
			t.Error("a sign-in was refused an hour later")
		}
		if got := w.excesses(); len(got) != 3 || w.peak(SignIns) != 5 {
			t.Errorf("excesses %v, at most %d in a minute; want 3 and 5", got, w.peak(SignIns))
		}
	})
}

func TestLimitOfCommands(t *testing.T) {
	limited(t, Limits{Rates: []Rate{{Commands, time.Minute, 10}}}, func(w *imapWorld) {
		c := w.signIn()
		for i := range 12 {
			want := "OK NOOP completed"
			if i >= 10 {
				want = tooMuch
			}
			if _, end := c.ask("NOOP"); end != want {
				t.Errorf("NOOP %d = %q, want %q", i+1, end, want)
			}
		}
		time.Sleep(time.Minute)
		if _, end := c.ask("NOOP"); end != "OK NOOP completed" {
			t.Errorf("NOOP after a minute = %q", end)
		}
	})
}

func TestLimitOfBytes(t *testing.T) {
	limited(t, Limits{Rates: []Rate{{Bytes, 24 * time.Hour, 10_000}}}, func(w *imapWorld) {
		w.deliver("INBOX", "", "Subject: long\r\n\r\n"+strings.Repeat("x", 6000)+"\r\n")
		c := w.signIn()
		c.ask("EXAMINE INBOX")
		for i, want := range []string{"OK", "OK", tooMuch} {
			if _, end := c.ask("FETCH 1 BODY.PEEK[]"); !strings.HasPrefix(end, want) {
				t.Errorf("FETCH %d = %q, want %q", i+1, end, want)
			}
		}
		if n := w.peak(Bytes); n < 12_000 || n > 14_000 {
			t.Errorf("%d bytes were counted, want two messages and little more", n)
		}
		time.Sleep(24 * time.Hour)
		if got := w.loginAs(w.a); !strings.HasPrefix(got, "OK") {
			t.Errorf("LOGIN on the next day = %q", got)
		}
	})
}

// Whoever goes on beyond a limit is locked out: sessions end, and nobody signs in for long.
func TestLockout(t *testing.T) {
	limits := Limits{Rates: []Rate{{Commands, time.Minute, 5}}, Strikes: 3, Lockout: 3 * time.Hour}
	limited(t, limits, func(w *imapWorld) {
		c, idler := w.signIn(), w.signIn()
		for range 8 {
			c.ask("NOOP")
		}
		for _, x := range []*talker{c, idler} {
			x.play("C: a1 NOOP\nS: * BYE [ALERT] " + lockedOut + "\nS: (closed)")
		}
		time.Sleep(3*time.Hour - time.Second)
		if got, want := w.loginAs(w.a), "NO [ALERT] "+lockedOut; got != want {
			t.Errorf("LOGIN while locked out = %q, want %q", got, want)
		}
		time.Sleep(time.Second)
		if got := w.loginAs(w.a); !strings.HasPrefix(got, "OK") {
			t.Errorf("LOGIN after the lockout = %q", got)
		}
		want := []Resource{Commands, Commands, Commands, Lock}
		if got := w.excesses(); !slices.Equal(got, want) {
			t.Errorf("excesses %v, want %v", got, want)
		}
	})
}

// Refusals that are far apart lock nobody out.
func TestNoLockoutBySingleRefusals(t *testing.T) {
	limits := Limits{Rates: []Rate{{Commands, time.Minute, 1}}, Strikes: 3, Lockout: time.Hour}
	limited(t, limits, func(w *imapWorld) {
		for range 10 {
			c := w.signIn()
			c.ask("NOOP")
			c.ask("NOOP")
			c.ask("LOGOUT")
			time.Sleep(31 * time.Minute)
		}
		if got := w.excesses(); len(got) != 10 || slices.Contains(got, Lock) {
			t.Errorf("excesses %v, want ten refusals and no lock", got)
		}
	})
}

// A world holds the accounts of a provider to the limits it was given, each by itself.
func TestWorldLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := Start(t.Context(), Options{Network: Pipes(),
			Limits: map[string]Limits{"gmail-like": GmailLimits()}})
		if err != nil {
			t.Fatal(err)
		}
		w.accountOf("gmail-b").limits.use(SignIns, 7)
		w.accountOf("gmail-b").limits.bears(SignIns)
		now := time.Now()
		want := []Excess{{At: now, Seed: "gmail-b", Of: SignIns, Per: time.Minute}}
		if got := w.Excesses(); !slices.Equal(got, want) {
			t.Errorf("excesses %v, want %v", got, want)
		}
		for seed, want := range map[string]int{"gmail-a": 0, "gmail-b": 7} {
			if u := w.Uses(seed)[1]; u.Peak != want || u.Of != SignIns {
				t.Errorf("%s used %s, want %d sign-ins", seed, u, want)
			}
		}
		if u := w.Uses("gmail-b")[0].String(); u != "0 connections, of 15" {
			t.Errorf("use %q", u)
		}
		_ = w.Close()
	})
}
