package lab

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOwnerMovesAndRemoves(t *testing.T) {
	w := newWorld(Options{Network: Pipes()})
	w.populate()
	junk := w.accountOf("strict-a").role("junk")
	if err := w.Deliver("strict-a", "INBOX", []byte("Subject: x\n\ny\n")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		mailbox string
		do      func(Letter) bool
		want    int // letters afterwards
	}{
		{"INBOX", func(l Letter) bool { return !w.Move("strict-a", l, "nowhere") }, 1},
		{"INBOX", func(l Letter) bool { return !w.Copy("strict-a", l, "Rules") }, 1},
		{"INBOX", func(l Letter) bool {
			return w.Create("strict-a", "Rules") && !w.Create("strict-a", "Rules")
		}, 1},
		{"INBOX", func(l Letter) bool { return w.Copy("strict-a", l, "Rules") }, 2},
		{"INBOX", func(l Letter) bool { return w.Move("strict-a", l, junk) }, 2},
		{junk, func(l Letter) bool { return w.Move("strict-a", l, "INBOX") }, 2},
		{"INBOX", func(l Letter) bool { return w.Remove("strict-a", w.Letters("strict-a")[1]) }, 1},
		{"INBOX", func(l Letter) bool { return w.Move("strict-a", l, junk) }, 1},
		{junk, func(l Letter) bool { return w.Remove("strict-a", l) && !w.Remove("strict-a", l) }, 0},
	} {
		all := w.Letters("strict-a")
		i := slices.IndexFunc(all, func(l Letter) bool { return l.Mailbox == step.mailbox })
		if i < 0 {
			t.Fatalf("Letters = %+v, want one in %s", all, step.mailbox)
		}
		if !step.do(all[i]) {
			t.Errorf("in %s: the step did not do what it should", step.mailbox)
		}
		if n := len(w.Letters("strict-a")); n != step.want {
			t.Errorf("in %s: %d letters afterwards, want %d", step.mailbox, n, step.want)
		}
	}
	if w.Letters("nobody") != nil || w.Roles("strict-a")[junk] != "junk" ||
		len(w.Roles("strict-a")) != 6 {
		t.Errorf("Letters of nobody %v, roles %v", w.Letters("nobody"), w.Roles("strict-a"))
	}
}

func TestOwnerChangesMailboxes(t *testing.T) {
	w := newWorld(Options{Network: Pipes()})
	w.populate()
	const seed = "gmail-a"
	if !w.Create(seed, "Lists") || w.Create(seed, "Lists") {
		t.Error("Lists could not be made once, and once only")
	}
	if err := w.DeliverAs(seed, "Lists", "social", []byte("Subject: x\n\ny\n")); err != nil {
		t.Fatal(err)
	}
	was := letterIn(t, w, seed, "Lists")
	if !w.Flag(seed, was, `\Seen`, `\Flagged`) || !w.Rename(seed, "Lists", "News") {
		t.Error("the message could not be flagged, or the mailbox not renamed")
	}
	w.Renumber(seed)
	now := letterIn(t, w, seed, "News")
	if now.ID != was.ID || now.UIDValidity == was.UIDValidity || now.Class != "social" {
		t.Errorf("renamed and renumbered: %+v, was %+v", now, was)
	}
	if want := []string{`\Flagged`, `\Seen`}; !slices.Equal(now.Flags, want) {
		t.Errorf("flags %q, want %q", now.Flags, want)
	}
	if w.Delete(seed, "INBOX") || !w.Delete(seed, "News") || w.Delete(seed, "News") {
		t.Error("only News was to be deleted, once")
	}
	if _, there := w.Roles(seed)["News"]; there {
		t.Error("News is there after it was deleted")
	}
}

func letterIn(t *testing.T, w *World, seed, mailbox string) Letter {
	t.Helper()
	all := w.Letters(seed)
	i := slices.IndexFunc(all, func(l Letter) bool { return l.Mailbox == mailbox })
	if i < 0 {
		t.Fatalf("nothing lies in %s of %s: %+v", mailbox, seed, all)
	}
	return all[i]
}

// A server hangs up on everybody, or a line is cut of which neither end is told.
func TestOwnerCutsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		w, err := Start(t.Context(), Options{Network: Pipes(), Before: func(seed, command string) {
			told = append(told, seed+" "+command)
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for _, test := range []struct {
			cut  func(seed string)
			want error
		}{{w.HangUp, io.EOF}, {w.Sever, os.ErrDeadlineExceeded}} {
			conn, client := signedIn(t, w, "strict-a")
			test.cut("strict-a")
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			_, _ = client.Write([]byte("a NOOP\r\n"))
			if _, err := io.ReadAll(client); !errors.Is(err, test.want) && err != nil {
				t.Errorf("after the cut: %v, want %v", err, test.want)
			} else if err == nil && test.want != io.EOF {
				t.Errorf("after the cut: the end, want %v", test.want)
			}
			_ = conn.Close()
		}
		if want := []string{"strict-a NOOP", "strict-a NOOP"}; !slices.Equal(told, want) {
			t.Errorf("told of %q, want %q", told, want)
		}
	})
}

// signedIn connects to a seed's server and signs in.
func signedIn(t *testing.T, w *World, name string) (net.Conn, net.Conn) {
	t.Helper()
	for _, s := range w.seeds {
		if s.name != name {
			continue
		}
		server := s.provider.mailbox()
		conn, err := w.Dial(t.Context(), "tcp", fmt.Sprintf("%s:%d", server.Host, server.Port))
		if err != nil {
			t.Fatal(err)
		}
		client := tls.Client(conn, &tls.Config{RootCAs: w.Roots(), ServerName: server.Host})
		_, _ = fmt.Fprintf(client, "a LOGIN %s %s\r\nb NOOP\r\n", s.address,
			s.secret.Reveal())
		lines := bufio.NewScanner(client)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "b OK") {
				return conn, client
			}
		}
		t.Fatalf("sign in to %s: %v", name, lines.Err())
	}
	t.Fatalf("there is no seed %s", name)
	return nil, nil
}
