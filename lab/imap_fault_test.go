package lab

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// connected reports whether a connection is greeted.
func (w *imapWorld) connected() bool {
	w.t.Helper()
	return strings.HasPrefix(w.listenIn().line(), "* OK")
}

// login is the end of LOGIN by an account.
func (w *imapWorld) loginAs(a *account) string {
	w.t.Helper()
	_, end := w.talk().ask("LOGIN %s %q", a.login, a.password)
	return end
}

func TestIMAPFaultRefuseConnect(t *testing.T) {
	w := serve(t, strictLike, false)
	lift := w.book.inject(Fault{Kind: IMAPRefuseConnect, Party: "strict"})
	if w.connected() {
		t.Error("the server greets, and should refuse connections")
	}
	lift()
	if !w.connected() {
		t.Error("the server does not greet after the fault was lifted")
	}
}

// A fault of one seed leaves the other alone.
func TestIMAPFaultRefuseLogin(t *testing.T) {
	w := serve(t, strictLike, false)
	w.book.inject(Fault{Kind: IMAPRefuseLogin, Party: "seed-a", Detail: "[UNAVAILABLE] Come later"})
	if got, want := w.loginAs(w.a), "NO [UNAVAILABLE] Come later"; got != want {
		t.Errorf("LOGIN of seed-a = %q, want %q", got, want)
	}
	if got := w.loginAs(w.b); !strings.HasPrefix(got, "OK ") {
		t.Errorf("LOGIN of seed-b = %q, want OK", got)
	}
	w.book.inject(Fault{Kind: IMAPRefuseLogin, Party: "strict"})
	if got, want := w.loginAs(w.b), "NO [AUTHENTICATIONFAILED] Authentication failed."; got != want {
		t.Errorf("LOGIN of seed-b = %q, want %q", got, want)
	}
}

func TestIMAPBrokenRefusesLogin(t *testing.T) {
	w := serve(t, brokenLike, false)
	got, want := w.loginAs(w.a), "NO [UNAVAILABLE] Temporary authentication failure."
	if got != want {
		t.Errorf("LOGIN = %q, want %q", got, want)
	}
}

func TestIMAPFaultDrop(t *testing.T) {
	w := serve(t, strictLike, false)
	w.book.inject(Fault{Kind: IMAPDrop, Party: "seed-a", After: 3})
	for range 2 { // once each session
		w.signIn().play(`
			C: a1 NOOP
			S: a1 OK NOOP completed
			C: a2 NOOP
			S: a2 OK NOOP completed
			C: a3 NOOP
			S: (closed)
		`)
	}
}

func TestIMAPFaultBye(t *testing.T) {
	w := serve(t, strictLike, false)
	w.book.inject(Fault{Kind: IMAPBye, Party: "seed-a", After: 1, Detail: "Mended in an hour."})
	w.signIn().play(`
		C: a1 NOOP
		S: * BYE Mended in an hour.
		S: (closed)
	`)
}

// Who waits in IDLE loses the connection when there is something to tell.
func TestIMAPFaultInIdle(t *testing.T) {
	for kind, want := range map[FaultKind]string{
		IMAPDrop: "(closed)", IMAPBye: "* BYE Server shutting down.",
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := serve(t, strictLike, false)
			c := w.signIn()
			c.ask("EXAMINE INBOX")
			c.play("C: a1 IDLE\nS: + idling")
			w.book.inject(Fault{Kind: kind, Party: "seed-a"})
			w.deliver("INBOX", "", letterOne)
			if got := c.line(); got != want {
				t.Errorf("IDLE told %q, want %q", got, want)
			}
			if got := c.line(); got != "(closed)" {
				t.Errorf("then %q, want the end", got)
			}
		})
	}
}

// A server that stalls keeps the connection and says nothing, not even in IDLE.
func TestIMAPFaultStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, strictLike, false)
		idler, asker := w.signIn(), w.signIn()
		idler.ask("EXAMINE INBOX")
		idler.play("C: a1 IDLE\nS: + idling")
		w.book.inject(Fault{Kind: IMAPStall, Party: "strict"})
		w.deliver("INBOX", "", letterOne)
		greeted := w.listenIn()
		asker.send("a2 NOOP\r\n")
		idler.send("DONE\r\n")
		for name, c := range map[string]*talker{"idler": idler, "asker": asker, "greeted": greeted} {
			_ = c.conn.SetReadDeadline(time.Now().Add(time.Hour))
			if line := c.line(); line != "(closed)" {
				t.Errorf("%s heard %q, want nothing", name, line)
			}
		}
		w.close()
	})
}

func TestIMAPFaultSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startIMAP(t, strictLike, false)
		w.book.inject(Fault{Kind: IMAPSlow, Party: "seed-a", Detail: "700ms", For: time.Minute})
		c := w.signIn()
		begun := time.Now()
		c.ask("NOOP")
		if took := time.Since(begun); took != 700*time.Millisecond {
			t.Errorf("NOOP took %v, want 700ms", took)
		}
		time.Sleep(time.Minute)
		begun = time.Now()
		c.ask("NOOP")
		if took := time.Since(begun); took != 0 {
			t.Errorf("NOOP took %v after the fault ended, want none", took)
		}
		w.close()
	})
}

func TestIMAPFaultMailboxNo(t *testing.T) {
	w := serve(t, strictLike, false)
	w.book.inject(Fault{Kind: IMAPMailboxNo, Party: "strict", Detail: "Junk"})
	w.book.inject(Fault{Kind: IMAPMailboxNo, Party: "strict", Detail: "Sent"})
	c := w.signIn()
	for _, command := range []string{"EXAMINE Junk", "SELECT Sent", "STATUS Junk (MESSAGES)"} {
		if _, end := c.ask("%s", command); end != "NO [NOPERM] Mailbox cannot be read" {
			t.Errorf("%s = %q, want NO", command, end)
		}
	}
	lines, _ := c.ask(`LIST "" (Junk Trash) RETURN (STATUS (MESSAGES))`)
	want := []string{`* LIST (\HasNoChildren) "/" "Junk"`, `* LIST (\HasNoChildren) "/" "Trash"`,
		`* STATUS "Trash" (MESSAGES 0)`}
	if !slices.Equal(lines, want) {
		t.Errorf("LIST = %q, want %q", lines, want)
	}
	if _, end := c.ask("EXAMINE Trash"); !strings.HasPrefix(end, "OK") {
		t.Errorf("EXAMINE Trash = %q, want OK", end)
	}
}

// Renumbering happens once, and who has the mailbox open is sent away.
func TestIMAPFaultUIDValidity(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("Junk", "", letterOne)
	uid := w.deliver("Junk", "", letterOne)
	if !w.a.remove("Junk", uid-1) {
		t.Fatal("the first message could not be removed")
	}
	ask := func(c *talker) string {
		lines, _ := c.ask("STATUS Junk (UIDVALIDITY UIDNEXT)")
		return lines[0]
	}
	c, idler := w.signIn(), w.signIn()
	before := ask(c)
	idler.ask("EXAMINE Junk")
	idler.play("C: a1 IDLE\nS: + idling")
	w.book.inject(Fault{Kind: IMAPUIDValidity, Party: "seed-a"})
	after := ask(c)
	if before == after {
		t.Errorf("STATUS is still %q", after)
	}
	idler.play("S: * BYE " + imapViewLost + "\nS: (closed)")
	if again := ask(c); again != after {
		t.Errorf("STATUS = %q, then %q: renumbered twice", after, again)
	}
	c.ask("EXAMINE Junk")
	lines, _ := c.ask("UID FETCH 1:* FLAGS")
	if want := "* 1 FETCH (UID 31 FLAGS ())"; len(lines) != 1 || lines[0] != want {
		t.Errorf("UID FETCH = %q, want %q", lines, want)
	}
}

func TestIMAPFaultThrottle(t *testing.T) {
	style := outlookLike
	style.before = strings.Replace(style.before, "LOGINDISABLED ", "", 1)
	w := serve(t, style, false)
	c := w.signIn()
	lift := w.book.inject(Fault{Kind: IMAPThrottle, Party: "seed-a"})
	const want = "NO Request is throttled. Suggested Backoff Time: 4000 milliseconds"
	for _, command := range []string{"EXAMINE INBOX", "NOOP", "IDLE"} {
		if _, end := c.ask("%s", command); end != want {
			t.Errorf("%s = %q, want %q", command, end, want)
		}
	}
	if got := w.loginAs(w.a); got != want {
		t.Errorf("LOGIN = %q, want %q", got, want)
	}
	if _, end := c.ask("CAPABILITY"); !strings.HasPrefix(end, "OK") {
		t.Errorf("CAPABILITY = %q, want OK", end)
	}
	lift()
	w.book.inject(Fault{Kind: IMAPThrottle, Party: "seed-a", After: 1, Detail: "[THROTTLED] Slower"})
	if _, end := c.ask("NOOP"); end != "OK NOOP completed" {
		t.Errorf("first NOOP = %q, want OK", end)
	}
	if _, end := c.ask("NOOP"); end != "NO [THROTTLED] Slower" {
		t.Errorf("second NOOP = %q, want NO [THROTTLED] Slower", end)
	}
}

func TestIMAPFaultUIDLast(t *testing.T) {
	w := serve(t, gmailLike, false)
	uid := w.deliver("INBOX", "primary", letterOne)
	w.book.inject(Fault{Kind: IMAPUIDLast, Party: "gmail-like"})
	c := w.signIn()
	c.ask("EXAMINE INBOX")
	lines, _ := c.ask("UID FETCH %d (INTERNALDATE BODY.PEEK[TEXT]<0.5>)", uid)
	got := strings.Join(lines, "|")
	want := `* 1 FETCH (INTERNALDATE "01-Jan-2027 09:30:00 +0000" BODY[TEXT]<0> {5}|Hello UID 4217)`
	if got != want {
		t.Errorf("UID FETCH = %q, want %q", got, want)
	}
}

func TestIMAPFaultEmptyFetch(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", letterOne)
	w.deliver("INBOX", "", letterOne)
	w.book.inject(Fault{Kind: IMAPEmptyFetch, Party: "seed-a"})
	c := w.signIn()
	c.ask("EXAMINE INBOX")
	if lines, end := c.ask("UID FETCH 1:* UID"); len(lines) != 0 || end != "OK FETCH completed" {
		t.Errorf("UID FETCH of two = %q, %q; want OK and nothing", lines, end)
	}
	if lines, _ := c.ask("FETCH 1 UID"); len(lines) != 1 {
		t.Errorf("FETCH of one = %q, want one message", lines)
	}
}

func TestIMAPFaultUIDNext(t *testing.T) {
	w := serve(t, strictLike, false)
	w.deliver("INBOX", "", letterOne)
	w.book.inject(Fault{Kind: IMAPUIDNext, Party: "seed-a"})
	c := w.signIn()
	lines, _ := c.ask("STATUS INBOX (UIDNEXT)")
	if want := `* STATUS "INBOX" (UIDNEXT 1)`; len(lines) != 1 || lines[0] != want {
		t.Errorf("STATUS = %q, want %q", lines, want)
	}
	lines, _ = c.ask("EXAMINE INBOX")
	if want := "* OK [UIDNEXT 1] Predicted next UID."; !slices.Contains(lines, want) {
		t.Errorf("EXAMINE = %q, want %q among it", lines, want)
	}
}

// In an IDLE that is mute nothing is told, and what came is told by the next command.
func TestIMAPFaultMuteIdle(t *testing.T) {
	w := serve(t, strictLike, false)
	w.book.inject(Fault{Kind: IMAPMuteIdle, Party: "seed-a"})
	c := w.signIn()
	c.ask("EXAMINE INBOX")
	c.send("a IDLE\r\n")
	if line := c.line(); line != "+ idling" {
		t.Fatalf("IDLE = %q", line)
	}
	w.deliver("INBOX", "", letterOne)
	c.send("DONE\r\n")
	for _, want := range []string{"* 1 EXISTS", "a OK IDLE terminated"} {
		if line := c.line(); line != want {
			t.Errorf("after DONE: %q, want %q", line, want)
		}
	}
}

// An owner's sessions are counted, as large providers do.
func TestIMAPTooManySessions(t *testing.T) {
	style := strictLike
	style.sessions = 2
	w := serve(t, style, false)
	first := w.signIn()
	w.signIn()
	const want = "NO [ALERT] Too many simultaneous connections. (Failure)"
	if got := w.loginAs(w.a); got != want {
		t.Errorf("third LOGIN = %q, want %q", got, want)
	}
	first.ask("LOGOUT")
	if line := first.line(); line != "(closed)" {
		t.Fatalf("after LOGOUT: %q", line)
	}
	w.signIn()
}
