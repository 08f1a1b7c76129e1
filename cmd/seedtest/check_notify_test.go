package main

import (
	"strings"
	"testing"

	"seedtest"
	"seedtest/sender"
)

// TestCheckNotesWhoCannotBeAsked: of a route that wants reports a check says where none can be asked for.
func TestCheckNotesWhoCannotBeAsked(t *testing.T) {
	wants := []seedtest.Notify{seedtest.NotifyFailure}
	for _, c := range []struct {
		route seedtest.Route
		check sender.Check
		want  string // within the note; "": none
	}{
		{seedtest.Route{Notify: wants}, sender.Check{OK: true, Extensions: []string{"SIZE 10", "DSN"}}, ""},
		{seedtest.Route{Notify: wants}, sender.Check{OK: true, Extensions: []string{"SIZE 10"}}, "does not offer DSN"},
		{seedtest.Route{Notify: wants}, sender.Check{Error: "no answer"}, "no answer"},
		{seedtest.Route{}, sender.Check{OK: true}, ""},
		{seedtest.Route{Notify: []seedtest.Notify{seedtest.NotifyNever}}, sender.Check{OK: true}, ""},
	} {
		got := ofServers(c.route, "", []sender.Check{c.check})[0]
		if got.OK != c.check.OK || !strings.Contains(got.Error, c.want) || (got.Error == "") != (c.want == "") {
			t.Errorf("%v, %+v: OK %t, %q, want %q", c.route.Notify, c.check, got.OK, got.Error, c.want)
		}
	}
	local := seedtest.Route{Type: seedtest.RouteSendmail, Notify: wants, Program: []string{"/bin/sh", "{to}"}}
	if got := checkProgram(local); !got.OK || !strings.Contains(got.Error, "/bin/sh is not known to take -N") {
		t.Errorf("a program of one's own: OK %t, %q", got.OK, got.Error)
	}
}
