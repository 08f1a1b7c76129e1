package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// returned is what the server of a return path does, and what must become of the message that was
// sent with it.
type returned struct {
	crime
	placement seedtest.Placement // missing unless it says otherwise: never blind
}

// mostBounces is how much one message is told to have bounced at most: some tell of aliases.
const mostBounces = 10

// returns adds a route whose reports come to a villain.
func (b *bench) returns(c crime) {
	b.t.Helper()
	line := ""
	if c.ca != "" {
		b.file(c.seed()+".pem", c.ca)
		line = fmt.Sprintf("ca = %q\n", c.seed()+".pem")
	}
	b.post.villains[c.seed()+"@sender.example"] = c.villain
	b.configure(func(text string) string {
		return text + fmt.Sprintf("\n[sender.%[1]s]\nfrom = \"%[1]s@sender.example\"\n"+
			"[sender.%[1]s.mailbox]\nown = true\npassword = { file = \"secret\" }\n"+
			"imap = { host = \"127.0.0.1\", port = %[2]d, tls = %[3]q }\n%[4]s"+
			"[route.%[1]s]\nhost = \"127.0.0.1\"\nport = %[5]d\ntls = \"none\"\nsender = %[1]q\n",
			c.seed(), c.villain.port, cmp.Or(c.tls, "none"), line, b.post.port)
	})
}

// reporter has a villain put messages of its own into its mailbox when a message was sent.
func reporter(reports func(id string) []string) *villain {
	v := &villain{deliver: func(v *villain, raw string) {
		_, rest, _ := strings.Cut(raw, "Message-ID: <")
		id, _, _ := strings.Cut(rest, ">")
		for _, report := range reports(id) {
			v.piles[0].put(strings.ReplaceAll(report, "\n", "\r\n"))
		}
	}}
	v.instead = map[string]func(c *foe, tag, arg string){"UID FETCH": func(c *foe, tag, arg string) {
		today := time.Now().UTC().Format("02-Jan-2006 15:04:05 -0700")
		for _, line := range c.shown(arg, true) {
			c.say("%s", strings.ReplaceAll(line, usualDate, today))
		}
		c.ok(tag)
	}}
	return v
}

// textless is a reporter that shows the headers of its reports only.
func textless() *villain {
	v := one(func(report string) string { return report })
	whole := v.instead["UID FETCH"]
	v.instead["UID FETCH"] = func(c *foe, tag, arg string) { whole(c, tag, strings.ReplaceAll(arg, "[TEXT]", "")) }
	return v
}

// one is one report of an id, changed.
func one(change func(report string) string) *villain {
	return reporter(func(id string) []string { return []string{change(reportAbout(id))} })
}

// after adds to what stands behind a line of a report.
func after(report, line, more string) string { return strings.Replace(report, line, line+more, 1) }

// reporters are about what lies in a return path.
func reporters() []returned {
	bounced := func(name string, v *villain) returned {
		return returned{crime{name: name, villain: v}, seedtest.Bounced}
	}
	const status = "Diagnostic-Code: smtp; 550 5.1.1 no such user"
	return []returned{
		bounced("one report", one(func(report string) string { return report })),
		bounced("the same report thousands of times", reporter(func(id string) []string {
			return slices.Repeat([]string{reportAbout(id)}, size(2500, 20_000))
		})),
		{crime: crime{name: "a flood of reports", words: "more than 2000", villain: reporter(
			func(id string) (list []string) {
				for n := range 2500 {
					list = append(list, reportAbout(fmt.Sprintf("%d@sender.example", n)))
				}
				return append(list, reportAbout(id))
			})}},
		bounced("a report of many recipients", one(func(report string) string {
			more := ""
			for n := range 1500 {
				more += fmt.Sprintf("\nFinal-Recipient: rfc822; %d@x.example\nAction: failed\nStatus: 5.0.0\n", n)
			}
			return after(report, status+"\n", more)
		})),
		bounced("a report with a long header", one(func(report string) string {
			return "X-Long: " + strings.Repeat("z", 40_000) + "\n" + report
		})),
		bounced("a report of many ids", one(func(report string) string {
			return after(report, "multipart/report; ", strings.Repeat("x=y; ", 2000)) +
				strings.Repeat("References: <a@b.example>\n", 2000)
		})),
		bounced("a report that drives a terminal", one(func(report string) string {
			return after(report, status, " \x1b[2J\x1b]0;owned\x07 \u202e<img src=x>|`x`\r"+
				"ok    seed evil "+strings.Repeat("long ", 2000))
		})),
		{crime: crime{name: "a report of megabytes", villain: one(func(report string) string {
			return after(report, "It came back.\n", strings.Repeat("It really did.\n", 200_000))
		})}},
		{crime: crime{name: "reports within reports", villain: one(func(report string) string {
			return strings.Repeat("Content-Type: multipart/report; boundary=b\n\n--b\n", 2000) + report
		})}},
		{crime: crime{name: "reports that never come", words: "its text did not come", villain: textless()}},
	}
}

// TestHostileReturnPaths lets the servers of return paths, and whoever writes to them, do their worst
// to one run: it ends, no message is blind for it, and what it costs is bounded.
func TestHostileReturnPaths(t *testing.T) {
	t.Parallel()
	b := den(t)
	b.seed("gone", (&villain{deliver: func(*villain, string) {}}).start(t), "none", "")
	b.configure(func(text string) string {
		return strings.ReplaceAll(text, `"30s"`, `"20s"`) + "\n[suite.back]\nroutes = [\"*\"]\n" +
			"seeds = [\"gone\"]\ndeadline = \"20s\"\nmissing = \"20s\"\nbaseline_timeout = \"90s\"\n"
	})
	list := reporters()
	for _, c := range some(slices.Concat(crimes(t), floods()), 5) {
		if !notAtRun(c) {
			x := returned{crime: c}
			if x.words = ""; c.harms {
				x.words = c.words
			}
			list = append(list, x)
		}
	}
	for _, x := range list {
		x.villain.start(t)
		b.returns(x.crime)
	}
	var got told
	if n := growth(func() { got = b.run(t.Context(), nil, "run", "back") }); n > mostOfRun {
		t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostOfRun>>20)
	}
	if got.status != statusFail {
		t.Errorf("exit status %d, want %d, says\n%s%s", got.status, statusFail, got.stdout, got.stderr)
	}
	b.unharmed(got)
	b.unharmed(b.run(t.Context(), nil, "check"))
	b.shows("gone/one-report", "gone/a-report-that-drives-a-terminal")
	run := b.newest()
	for _, x := range list {
		x.becomes(t, run)
	}
	b.small()
}

// becomes holds what became of the message of a route against what must.
func (x returned) becomes(t *testing.T, run seedtest.Run) {
	t.Helper()
	var faults string
	for _, f := range run.Faults {
		if f.Route == x.seed() {
			faults += f.What + "; "
		}
	}
	for _, p := range run.Probes {
		if p.Route != x.seed() {
			continue
		}
		want := cmp.Or(x.placement, seedtest.Missing)
		if bounced := len(p.Bounces) > 0; p.Placements.Current != want || len(p.Bounces) > mostBounces ||
			bounced != (want == seedtest.Bounced) {
			t.Errorf("%s: %s, %d bounces, faults %q, want %s", x.name, p.Placements.Current, len(p.Bounces),
				faults, want)
		}
		if !strings.Contains(faults, x.words) && !(x.costs && strings.Contains(faults, lateWords)) {
			t.Errorf("%s: faults %q, want %q", x.name, faults, x.words)
		}
	}
}
