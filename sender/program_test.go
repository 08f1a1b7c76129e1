//go:build unix

package sender_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/sender"
)

// program is a route through a shell script that stands for sendmail.
func program(t *testing.T, script string, args ...string) seedtest.Route {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sendmail")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	if len(args) == 0 {
		args = []string{"-i", "-f", "{from}", "--", "{to}"}
	}
	return seedtest.Route{Name: "local", Type: seedtest.RouteSendmail,
		Program: append([]string{path}, args...)}
}

func committing(context.Context) error { return nil }

func TestProgramGetsEnvelopeAndMessage(t *testing.T) {
	got := filepath.Join(t.TempDir(), "got")
	r := program(t, "printf '%s\\n' \"$@\" >"+got+".args; cat >"+got+"; echo 'queued as 4XyZ' >&2")
	m := composed(t)
	m.To = append(m.To, "second@example.net")
	s := sender.NewProgram(r, sender.Options{}).Send(t.Context(), m, committing)
	if s.Outcome != seedtest.OutcomeAccepted || s.Exit == nil || *s.Exit != 0 || s.Program != r.Program[0] {
		t.Errorf("Send: %s, exit %v, program %q (%s)", s.Outcome, s.Exit, s.Program, s.Error)
	}
	data, err := os.ReadFile(got)
	if want := strings.ReplaceAll(string(m.Data), "\r\n", "\n"); err != nil || string(data) != want {
		t.Errorf("the program read %q (%v), want %q", data, err, want)
	}
	args, err := os.ReadFile(got + ".args")
	want := fmt.Sprintf("-i\n-f\n%s\n--\n%s\nsecond@example.net\n", m.EnvelopeFrom, m.To[0])
	if err != nil || string(args) != want {
		t.Errorf("the program's arguments were %q (%v), want %q", args, err, want)
	}
	if !slices.Contains(s.Dialog, "S: queued as 4XyZ") {
		t.Errorf("the dialogue lacks what the program printed: %q", s.Dialog)
	}
}

// TestProgramIsNoShell gives it what a shell would run.
func TestProgramIsNoShell(t *testing.T) {
	dir := t.TempDir()
	r := program(t, "cat >/dev/null", "{from}", "; touch "+dir+"/hacked", "$(touch "+dir+"/hacked)", "{to}")
	sender.NewProgram(r, sender.Options{}).Send(t.Context(), composed(t), committing)
	if _, err := os.Stat(dir + "/hacked"); err == nil {
		t.Error("an argument was run by a shell")
	}
}

func TestProgramOutcomes(t *testing.T) {
	for _, c := range []struct {
		script string
		want   seedtest.Outcome
		stage  seedtest.Stage
		say    string
	}{
		{"cat >/dev/null; exit 75", seedtest.OutcomeDeferred, seedtest.StageFinal, "EX_TEMPFAIL"},
		{"cat >/dev/null; echo 'no such user here'; exit 67", seedtest.OutcomeRefused, seedtest.StageFinal,
			"exit status 67 (EX_NOUSER): no such user: no such user here"},
		{"cat >/dev/null; exit 65", seedtest.OutcomeRefused, seedtest.StageFinal, "EX_DATAERR"},
		{"cat >/dev/null; exit 64", seedtest.OutcomeFailed, seedtest.StageFinal, "EX_USAGE"},
		{"cat >/dev/null; exit 69", seedtest.OutcomeFailed, seedtest.StageFinal, "EX_UNAVAILABLE"},
		{"cat >/dev/null; exit 1", seedtest.OutcomeInDoubt, seedtest.StageFinal, "no meaning in sysexits.h"},
		{"cat >/dev/null; kill -9 $$", seedtest.OutcomeInDoubt, seedtest.StageFinal, "signal: killed"},
		{"exit 78", seedtest.OutcomeFailed, seedtest.StageBody, "EX_CONFIG"},
		{"exit 0", seedtest.OutcomeInDoubt, seedtest.StageBody, "ended well before its input did"},
		{"kill -9 $$", seedtest.OutcomeFailed, seedtest.StageBody, "before it had read the whole message"},
	} {
		t.Run(c.script, func(t *testing.T) {
			m := composed(t)
			m.Data = append(m.Data, strings.Repeat("much more than a pipe holds\r\n", 40_000)...)
			s := sender.NewProgram(program(t, c.script), sender.Options{}).Send(t.Context(), m, committing)
			if s.Outcome != c.want || s.Stage != c.stage || !strings.Contains(s.Error, c.say) {
				t.Errorf("%s at %s: %q, want %s at %s: %q", s.Outcome, s.Stage, s.Error, c.want, c.stage, c.say)
			}
		})
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	r := program(t, "")
	r.Program[0] += "-not"
	s := sender.NewProgram(r, sender.Options{}).Send(t.Context(), composed(t),
		func(context.Context) error { t.Error("an attempt was recorded"); return nil })
	if s.Outcome != seedtest.OutcomeFailed || !strings.Contains(s.Error, "check program") {
		t.Errorf("%s: %q", s.Outcome, s.Error)
	}
}

// TestProgramOfSeveralRecipients complains, and nobody knows about whom.
func TestProgramOfSeveralRecipients(t *testing.T) {
	m := composed(t)
	m.To = append(m.To, "second@example.net")
	s := sender.NewProgram(program(t, "cat >/dev/null; exit 67"), sender.Options{}).
		Send(t.Context(), m, committing)
	if s.Outcome != seedtest.OutcomeInDoubt {
		t.Errorf("%s: %q, want in doubt", s.Outcome, s.Error)
	}
}

// TestRule05ProgramStartsAfterTheAttemptIsDurable: its input would end, and be taken, if we died.
func TestRule05ProgramStartsAfterTheAttemptIsDurable(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "ran")
	p := sender.NewProgram(program(t, "touch "+mark+"; cat >/dev/null"), sender.Options{})
	s := p.Send(t.Context(), composed(t), func(context.Context) error {
		if _, err := os.Stat(mark); err == nil {
			t.Error("the program ran before the attempt was durable")
		}
		return errDisk
	})
	wantUnsent(t, s, "could not be recorded, so nothing was sent")
	if _, err := os.Stat(mark); err == nil {
		t.Error("the program ran although the attempt could not be recorded")
	}
}

// TestRule05ProgramIsKilledBeforeItsInputEnds: a program that was fed in part, by a child of its own,
// must not take the part for the whole when the run is cancelled.
func TestRule05ProgramIsKilledBeforeItsInputEnds(t *testing.T) {
	took := filepath.Join(t.TempDir(), "took")
	fifo := filepath.Join(t.TempDir(), "reading")
	r := program(t, "(head -c 10 >/dev/null; echo >"+fifo+"; sleep 600; cat >/dev/null; touch "+took+")")
	m := composed(t)
	m.Data = append(m.Data, strings.Repeat("much more than a pipe holds\r\n", 40_000)...)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for _, err := os.Stat(fifo); err != nil; _, err = os.Stat(fifo) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	s := sender.NewProgram(r, sender.Options{}).Send(ctx, m, committing)
	wantUnsent(t, s, "cancelled before the end of the input")
	if _, err := os.Stat(took); err == nil {
		t.Error("the program took a part for the whole")
	}
}

// TestRule05ProgramThatHangsIsInDoubt has the whole message and says nothing.
func TestRule05ProgramThatHangsIsInDoubt(t *testing.T) {
	p := sender.NewProgram(program(t, "cat >/dev/null; sleep 600"),
		sender.Options{Timeouts: sender.Timeouts{Final: 200 * time.Millisecond}})
	s := p.Send(t.Context(), composed(t), committing)
	if s.Outcome != seedtest.OutcomeInDoubt || !strings.Contains(s.Error, "did not end within 200ms") {
		t.Errorf("%s: %q", s.Outcome, s.Error)
	}
	if s.Exit != nil {
		t.Errorf("exit status %d of a program that was killed", *s.Exit)
	}
}

// TestProgramOutputIsBounded prints without end until its message came.
func TestProgramOutputIsBounded(t *testing.T) {
	s := sender.NewProgram(program(t, "head -c 3000000 /dev/zero | tr '\\0' 'x'; yes | head -n 100000; "+
		"cat >/dev/null"), sender.Options{}).Send(t.Context(), composed(t), committing)
	size := 0
	for _, line := range s.Dialog {
		size += len(line)
	}
	if s.Outcome != seedtest.OutcomeAccepted || size > 20_000 || len(s.Dialog) > 110 {
		t.Errorf("%s, %d lines, %d octets", s.Outcome, len(s.Dialog), size)
	}
}

func TestProgramTakesNoAddressForAnOption(t *testing.T) {
	m := composed(t)
	m.To = []string{"-oQ@example.net"}
	s := sender.NewProgram(program(t, "cat >/dev/null", "{to}"), sender.Options{}).
		Send(t.Context(), m, committing)
	wantUnsent(t, s, "would be taken for an option")
}
