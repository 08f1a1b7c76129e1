package sender_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/sender"
)

func allReports() []seedtest.Notify {
	return []seedtest.Notify{seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay}
}

// asking is a message of which reports are wanted.
func asking(t *testing.T, to ...string) seedtest.Composed {
	t.Helper()
	d := draft()
	d.Notify = allReports()
	if len(to) > 0 {
		d.To = to
	}
	m, err := sender.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAsksForReports looks at the commands of a message to a server that offers DSN and to one that
// does not.
func TestAsksForReports(t *testing.T) {
	const to = "anna+box=1@example.net"
	envid := string(asking(t).EnvelopeID)
	for _, c := range []struct {
		notify     []seedtest.Notify
		offered    bool
		mail, rcpt string
		want       *seedtest.DSNAsked
	}{
		{allReports(), true, " RET=HDRS ENVID=" + envid,
			" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=RFC822;anna+2Bbox+3D1@example.net",
			&seedtest.DSNAsked{Notify: allReports(), Offered: true}},
		{[]seedtest.Notify{seedtest.NotifyNever}, true, " RET=HDRS ENVID=" + envid,
			" NOTIFY=NEVER ORCPT=RFC822;anna+2Bbox+3D1@example.net",
			&seedtest.DSNAsked{Notify: []seedtest.Notify{seedtest.NotifyNever}, Offered: true}},
		{nil, true, " ENVID=" + envid, "", nil},
		{allReports(), false, "", "", &seedtest.DSNAsked{Notify: allReports()}},
	} {
		for _, pipes := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, pipes: pipes}
				if !c.offered {
					s.set("EHLO", strings.ReplaceAll(s.answer("EHLO"), "250 DSN", "250 HELP"))
				}
				m := asking(t, to)
				m.Notify = c.notify
				got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
				wantAccepted(t, got)
				want := []string{fmt.Sprintf("MAIL FROM:<%s> BODY=8BITMIME SIZE=%d%s", m.EnvelopeFrom,
					len(m.Data), c.mail), "RCPT TO:<" + to + ">" + c.rcpt}
				said := slices.DeleteFunc(s.said(), func(line string) bool { return !strings.Contains(line, ":<") })
				if diff := cmp.Diff(want, said); diff != "" {
					t.Errorf("notify %v, pipes %t (-want +said):\n%s", c.notify, pipes, diff)
				}
				if diff := cmp.Diff(c.want, got.DSN); diff != "" {
					t.Errorf("notify %v, pipes %t: on record (-want +got):\n%s", c.notify, pipes, diff)
				}
			})
		}
	}
}

// objects has the script answer a command with a reply wherever it holds a word. A server that is
// rude takes DATA all the same, and one that leaves does so then.
func (s *script) objects(verb, word, reply string, rude, leaves bool) {
	s.acts = map[string]func(net.Conn) bool{verb: func(conn net.Conn) bool {
		said := s.said()
		answer := polite[verb]
		if strings.Contains(said[len(said)-1], word) {
			answer = reply
		}
		if !rude && answer == reply {
			s.set("DATA", polite["misplaced"])
		} else {
			s.set("DATA", polite["DATA"])
		}
		_, err := io.WriteString(conn, answer+"\r\n")
		return err == nil && !(leaves && answer == reply)
	}}
}

// TestRule05NoMessageIsLostByAsking: a server that offers DSN and then refuses to be asked gets the message
// without that, once, and is asked no more.
func TestRule05NoMessageIsLostByAsking(t *testing.T) {
	for _, at := range []struct{ verb, word string }{
		{"MAIL", "RET="}, {"MAIL", "ENVID="}, {"RCPT", "NOTIFY="}, {"RCPT", "ORCPT="}} {
		for _, code := range []int{455, 500, 501, 504, 555} {
			for _, how := range []struct{ pipes, rude, leaves bool }{{}, {rude: true}, {leaves: true},
				{pipes: true}, {pipes: true, rude: true}, {pipes: true, leaves: true}} {
				synctest.Test(t, func(t *testing.T) {
					s := &script{t: t, pipes: how.pipes}
					s.objects(at.verb, at.word, fmt.Sprintf("%d parameters", code), how.rude, how.leaves)
					client := s.client(s.route(), sender.Options{})
					commits := 0
					commit := func(context.Context) error { commits++; return nil }
					for i := range 2 {
						got := client.Send(t.Context(), asking(t), commit)
						name := fmt.Sprintf("%+v %d %+v, message %d", at, code, how, i+1)
						if got.Outcome != accepted || got.Error != "" || commits != i+1 {
							t.Fatalf("%s: %s at %s: %s, %d commits", name, got.Outcome, got.Stage, got.Error, commits)
						}
						if d := got.DSN; d == nil || !d.Offered || d.Refused == nil || d.Refused.Code != code ||
							len(d.Notify) != 3 || d.Asked(seedtest.NotifySuccess) {
							t.Errorf("%s: on record %+v", name, d)
						}
					}
					refused := 0
					for _, line := range s.said() {
						if strings.Contains(line, at.word) {
							refused++
						}
					}
					if n := strings.Count(s.received(), "\r\n.\r\n"); n != 2 || refused != 1 {
						t.Errorf("%+v %d %+v: %d messages, asked %d times, want 2 and once", at, code, how, n, refused)
					}
				})
			}
		}
	}
}

// TestAnAddressRefusedIsNotAsking: where the server refuses the command without parameters too, it is
// the address that it refuses, and further messages ask.
func TestAnAddressRefusedIsNotAsking(t *testing.T) {
	for _, pipes := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, pipes: pipes}
			s.objects("RCPT", "TO:<b@", "501 5.1.3 bad recipient address", false, false)
			client := s.client(s.route(), sender.Options{})
			got := client.Send(t.Context(), asking(t, "b@example.net"), notCommitted)
			if got.Outcome != refused || got.Stage != seedtest.StageRCPT || got.Reply.Code != 501 {
				t.Errorf("%s at %s, %+v, want refused at rcpt", got.Outcome, got.Stage, got.Reply)
			}
			if got.DSN == nil || got.DSN.Refused != nil {
				t.Errorf("on record %+v, want no objection to being asked", got.DSN)
			}
			got = client.Send(t.Context(), asking(t), committed)
			if wantAccepted(t, got); !got.DSN.Asked(seedtest.NotifySuccess) {
				t.Errorf("the message after it: %+v, want it asked", got.DSN)
			}
		})
	}
}

// TestAskingOfSeveral: what one of several recipients is refused for alone is taken from all, and
// none is declined.
func TestAskingOfSeveral(t *testing.T) {
	for _, pipes := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, pipes: pipes}
			s.objects("RCPT", "b@example.net> NOTIFY=", "501 5.5.4 unsupported", true, false)
			got := s.client(s.route(), sender.Options{}).Send(t.Context(),
				asking(t, "a@example.net", "b@example.net", "c@example.net"), committed)
			if wantAccepted(t, got); len(got.Declined) > 0 || got.DSN.Refused == nil {
				t.Errorf("pipes %t: declined %+v, %+v", pipes, got.Declined, got.DSN)
			}
			if n := strings.Count(s.received(), "\r\n.\r\n"); n != 1 {
				t.Errorf("pipes %t: %d messages, want 1", pipes, n)
			}
		})
	}
}
