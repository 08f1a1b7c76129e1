package lab

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsOfRelays(t *testing.T) {
	tests := []struct {
		fault FaultKind
		route string
		said  string // what the client's error holds
		what  What   // the truth's last word, empty: it knows nothing of the message
	}{
		{SMTPRefuseConnect, "old", "EOF", ""},
		{SMTPUnavailable, "old", "421", ""},
		{SMTPUnavailable, "control", "421", ""}, // by TLS from the start
		{SMTPBadCert, "old", "stranger.example", ""},
		{SMTPNoSTARTTLS, "old", "doesn't support STARTTLS", ""},
		{SMTPAuthRefused, "old", "535", ""},
		{SMTPAuthRefused, "control", "535", ""},
		{SMTPTransient, "old", "451", ""},
		{SMTPDropBeforeFinal, "old", "", ""}, // at one write or another
		{SMTPDropAfterFinal, "old", "EOF", LostReply},
		{SMTPDropLost, "old", "EOF", Dropped},
	}
	for _, test := range tests {
		t.Run(string(test.fault)+" "+test.route, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, Options{Network: Pipes()})
				lift := w.Inject(Fault{Kind: test.fault, Party: test.route})
				err := send(t, w, test.route, "strict-a", "1@example.org")
				if err == nil || !strings.Contains(err.Error(), test.said) {
					t.Errorf("the client got %v, want %q", err, test.said)
				}
				synctest.Wait()
				if got := lastOf(w, "1@example.org"); got != test.what {
					t.Errorf("the truth's last word is %q, want %q", got, test.what)
				}
				lift()
				if err := send(t, w, test.route, "strict-a", "2@example.org"); err != nil {
					t.Errorf("after the fault was lifted: %v", err)
				}
			})
		})
	}
}

// lastOf returns the last thing that happened to a message, empty if nothing did.
func lastOf(w *World, id string) What {
	for _, truth := range w.Truth() {
		if truth.MessageID == id {
			return truth.Events[len(truth.Events)-1].What
		}
	}
	return ""
}

func TestDropAfterFinalDelivers(t *testing.T) {
	w := start(t, Options{Faults: []Fault{{Kind: SMTPDropAfterFinal, Party: "old"}}})
	if err := send(t, w, "old", "strict-a", "1@example.org"); err == nil {
		t.Error("the client got an answer")
	}
	truth := truthOf(t, w, "1@example.org")
	if where, _, ok := truth.Where(); !ok || where != "INBOX" || !truth.Accepted() {
		t.Errorf("events %v, want accepted and in INBOX", truth.Events)
	}
}

func TestTransientFaultPasses(t *testing.T) {
	w := start(t, Options{Faults: []Fault{{Kind: SMTPTransient, Party: "old", After: 2}}})
	for i, want := range []int{451, 451, 250} {
		if err := send(t, w, "old", "strict-a", "1@example.org"); codeOf(err) != want {
			t.Errorf("try %d: %v, want %d", i+1, err, want)
		}
	}
}

func TestFaultStrikesAtItsPartyOnly(t *testing.T) {
	w := start(t, Options{Faults: []Fault{{Kind: SMTPTransient, Party: "new"}}})
	if err := send(t, w, "old", "strict-a", "1@example.org"); err != nil {
		t.Error(err)
	}
}

func TestStalledBannerEndsWithTheWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Network: Pipes(), Faults: []Fault{{Kind: SMTPStallBanner}}})
		conn, err := w.Dial(t.Context(), "tcp", "mail1.example.org:587")
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Hour))
		var buf [1]byte
		if _, err := conn.Read(buf[:]); !errors.Is(err, errTimeout(err)) {
			t.Errorf("read: %v, want a timeout", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		_ = conn.SetReadDeadline(time.Time{})
		if _, err := conn.Read(buf[:]); err != io.EOF {
			t.Errorf("read after the end: %v, want EOF", err)
		}
	})
}

// errTimeout returns err if it is a timeout of the network, else nothing.
func errTimeout(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return err
	}
	return errors.New("no timeout")
}

func TestSlowRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Network: Pipes(),
			Faults: []Fault{{Kind: SMTPSlow, Party: "old", Detail: "2s"}}})
		began := time.Now()
		if err := send(t, w, "old", "strict-a", "1@example.org"); err != nil {
			t.Fatal(err)
		}
		// Banner, EHLO, STARTTLS, handshake, EHLO, AUTH, MAIL, RCPT, DATA, final dot.
		if took := time.Since(began); took < 20*time.Second || took > 24*time.Second {
			t.Errorf("it took %v of the world's time, want about 20s", took)
		}
	})
}

func TestDialTellsWhatIsNotThere(t *testing.T) {
	inWorlds(t, Options{}, func(t *testing.T, w *World) {
		_, err := w.Dial(t.Context(), "tcp", "nobody.example:25")
		var missing *net.DNSError
		if !errors.As(err, &missing) || !missing.IsNotFound {
			t.Errorf("unknown name: %v, want a DNS error", err)
		}
		_, err = w.Dial(t.Context(), "tcp", "192.0.2.20:26")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("closed port: %v, want connection refused", err)
		}
	})
}

func TestDialShowsDocumentationAddresses(t *testing.T) {
	inWorlds(t, Options{}, func(t *testing.T, w *World) {
		conn, err := w.Dial(t.Context(), "tcp", "mail1.example.org:587")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := conn.RemoteAddr().String(); got != "198.51.100.4:587" {
			t.Errorf("remote address %s", got)
		}
		if got := ipOf(conn.LocalAddr()); got != workstation {
			t.Errorf("local address %s", got)
		}
	})
}
