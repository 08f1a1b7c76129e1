package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seedtest/config"
)

// mbox is an mbox of n messages, each of which says its number.
func mbox(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "From a@example.org Mon Sep 21 10:00:00 2026\n"+
			"Received: from mail.example.org (mail.example.org. [192.0.2.%d])\n"+
			"\tby mx.google.com with ESMTPS id a%d for <anna@gmail.example>;\n"+
			"\tMon, 21 Sep 2026 03:00:%02d -0700 (PDT)\n"+
			"Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=ops@example.org\n"+
			"Subject: number %d\n\n%s\n\n", i%250, i, i%60, i, strings.Repeat("text\n", i%40))
	}
	return b.String()
}

// analyzed runs the command with that standard input.
func analyzed(ctx context.Context, stdin io.Reader, stdout io.Writer, args ...string) told {
	var errs bytes.Buffer
	getenv := func(string) string { return "" }
	a := &app{stdin: stdin, stdout: stdout, stderr: &errs, env: config.Env{}, getenv: getenv}
	status := a.run(ctx, append([]string{"analyze"}, args...))
	return told{status: status, stderr: errs.String()}
}

// TestParallelIsSequential holds that many processors print what one does, byte for byte.
func TestParallelIsSequential(t *testing.T) {
	defer goleak.VerifyNone(t)
	box := mbox(700)
	for _, format := range []string{"text", "jsonl", "html", "markdown"} {
		var outputs []string
		for _, processors := range []int{1, 8} {
			before := runtime.GOMAXPROCS(processors)
			var out bytes.Buffer
			got := analyzed(t.Context(), strings.NewReader(box), &out, "--provider", "gmail",
				"--format", format)
			runtime.GOMAXPROCS(before)
			if got.status != 0 || !strings.Contains(out.String(), "number 699") {
				t.Fatalf("%s: exit status %d, %d bytes, %s", format, got.status, out.Len(), got.stderr)
			}
			outputs = append(outputs, out.String())
		}
		if outputs[0] != outputs[1] {
			t.Errorf("%s: several processors print something else than one", format)
		}
	}
}

// deaf is a reader of our output who goes away.
type deaf struct{ patience int }

func (d *deaf) Write(p []byte) (int, error) {
	if d.patience--; d.patience < 0 {
		return 0, &brokenPipe{}
	}
	return len(p), nil
}

type brokenPipe struct{}

func (*brokenPipe) Error() string { return "write: broken pipe" }
func (*brokenPipe) Unwrap() error { return syscall.EPIPE }

// endless is an mbox that does not end.
type endless struct{ message []byte }

func (e endless) Read(p []byte) (int, error) { return copy(p, e.message), nil }

// TestNobodyReadsOn holds that the command ends, and says nothing, when its output is not read on.
func TestNobodyReadsOn(t *testing.T) {
	defer goleak.VerifyNone(t)
	box := endless{[]byte(mbox(1))}
	got := analyzed(t.Context(), box, &deaf{patience: 2}, "--format", "jsonl")
	if got.status == 0 || got.stderr != "" {
		t.Errorf("exit status %d, %q; want a failure in silence", got.status, got.stderr)
	}
}

// TestInterruptEndsAnalyze holds that a signal ends the reading of what does not end by itself.
func TestInterruptEndsAnalyze(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	got := analyzed(ctx, endless{[]byte(mbox(1))}, out, "--format", "jsonl")
	if got.status != statusNothing || !strings.Contains(got.stderr, context.Canceled.Error()) {
		t.Errorf("exit status %d, %q; want %d and that it was interrupted", got.status, got.stderr,
			statusNothing)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestReadErrorIsTold holds that what was read before an error is printed.
func TestReadErrorIsTold(t *testing.T) {
	var out bytes.Buffer
	in := io.MultiReader(strings.NewReader(mbox(2)), failing{})
	got := analyzed(t.Context(), in, &out, "--format", "jsonl")
	if got.status != statusNothing || !strings.Contains(got.stderr, "-: disk on fire") ||
		strings.Count(out.String(), `"schema"`) != 2 {
		t.Errorf("exit status %d, %q, %q", got.status, got.stderr, out.String())
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

// TestManualShowsWhatIsPrinted holds that the sample in the manual is what the program prints.
func TestManualShowsWhatIsPrinted(t *testing.T) {
	manual, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata")
	var out, sample bytes.Buffer
	if got := analyzed(t.Context(), nil, &out, "--provider", "gmail", "message.eml"); got.status != 0 {
		t.Fatalf("exit status %d, %s", got.status, got.stderr)
	}
	for line := range strings.Lines(out.String()) {
		if line != "\n" {
			sample.WriteString("    ")
		}
		sample.WriteString(line)
	}
	if !bytes.Contains(manual, sample.Bytes()) {
		t.Errorf("docs/operating.md does not show what the program prints, indented:\n%s", &sample)
	}
}

// TestProgressIsCounted holds that a watched terminal is told at times, and left clean.
func TestProgressIsCounted(t *testing.T) {
	var screen strings.Builder
	clock := time.Unix(0, 0)
	p := progress{w: &screen, now: func() time.Time { return clock }}
	for n := range 1000 {
		clock = clock.Add(time.Millisecond)
		p.count(n + 1)
	}
	p.clear()
	p.clear()
	want := "\r100 messages\r300 messages\r500 messages\r700 messages\r900 messages\r\x1b[K"
	if got := screen.String(); got != want {
		t.Errorf("the terminal got %q, want %q", got, want)
	}
	p = progress{}
	p.count(100)
	p.clear()
}
