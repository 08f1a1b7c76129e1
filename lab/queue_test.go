package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// hand gives a relay a message for a seed, and asks for reports of some events.
func hand(t *testing.T, w *World, route, from, to string, notify ...smtp.DSNNotify) {
	t.Helper()
	c, err := connect(t, w, route)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Mail(from, &smtp.MailOptions{EnvelopeID: "env"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(to, &smtp.RcptOptions{Notify: notify}); err != nil {
		t.Fatal(err)
	}
	data, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprint(data, mailOf(routeOf(t, w, route), "1@example.org", to, weekly))
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
}

// reported lists the actions of the reports that came, in their order, and where they lie.
func reported(w *World) (actions []string, roles []seedtest.Role) {
	for _, l := range w.Letters(ReturnPath) {
		for line := range bytes.Lines(l.Raw) {
			if action, ok := strings.CutPrefix(string(bytes.TrimSpace(line)), "Action: "); ok {
				actions, roles = append(actions, action), append(roles, l.Role)
			}
		}
	}
	return actions, roles
}

func TestQueueReports(t *testing.T) {
	const ours = "bounces@example.org"
	all := []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
	for _, x := range []struct {
		route, from, to string
		notify          []smtp.DSNNotify
		want            []string
	}{
		{"old", ours, "strict-a@strict.example", all, []string{"relayed"}},
		{"old", ours, "strict-a@strict.example", nil, nil},
		{"old", ours, "greylist-a@greylist.example", all, []string{"delayed", "relayed"}},
		{"old", ours, "nobody@strict.example", nil, []string{"failed"}},
		{"old", ours, "nobody@nowhere.example", nil, []string{"failed"}},
		{"old", ours, "nobody@strict.example", []smtp.DSNNotify{smtp.DSNNotifyNever}, nil},
		{"old", "bounces+x@example.org", "nobody@strict.example", nil, []string{"failed"}},
		{"old", "else@example.org", "nobody@strict.example", nil, nil},
		{"new", ours, "gmail-a@gmail-like.example", nil, []string{"failed"}},
		{"new", ours, "outlook-a@outlook-like.example", all, []string{"relayed"}},
	} {
		t.Run(x.route+" "+x.from+" "+x.to, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, Options{Network: Pipes(), Queue: &Queue{}})
				hand(t, w, x.route, x.from, x.to, x.notify...)
				time.Sleep(time.Minute)
				if got, _ := reported(w); !slices.Equal(got, x.want) {
					t.Errorf("reports %v, want %v", got, x.want)
				}
			})
		})
	}
}

func TestQueueGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Network: Pipes(), Greylist: time.Hour,
			Queue: &Queue{Retry: time.Minute, Tries: 3, Junk: true}})
		hand(t, w, "old", "bounces@example.org", "greylist-a@greylist.example")
		time.Sleep(90 * time.Second)
		if got, _ := reported(w); !slices.Equal(got, []string{"delayed"}) {
			t.Errorf("reports %v after two tries", got)
		}
		time.Sleep(time.Minute)
		got, roles := reported(w)
		if !slices.Equal(got, []string{"delayed", "failed"}) || roles[0] != seedtest.RoleJunk {
			t.Errorf("reports %v in %v after three tries", got, roles)
		}
		if truth := w.Truth()[0]; !truth.Accepted() || !truth.has(Bounced) {
			t.Errorf("truth %+v", truth)
		}
		logged := strings.Join(w.Logs("old"), "\n")
		if strings.Count(logged, "status=deferred") != 3 || strings.Count(logged, "removed") != 1 {
			t.Errorf("log:\n%s", logged)
		}
	})
}

// TestQueueKeepsToItsRelays: the route of another sender has none.
func TestQueueKeepsToItsRelays(t *testing.T) {
	w := start(t, Options{Queue: &Queue{}})
	for _, r := range w.Routes() {
		if ours := r.Sender.Name == "main"; (r.Sender.Mailbox != nil) != ours || (len(r.Notify) > 0) != ours {
			t.Errorf("%s: mailbox %v, notify %v", r.Name, r.Sender.Mailbox, r.Notify)
		}
	}
	if err := send(t, w, "control", "local-a", "1@example.com"); err != nil {
		t.Error(err)
	}
	if got, _ := reported(w); len(got) > 0 {
		t.Errorf("reports %v", got)
	}
}
