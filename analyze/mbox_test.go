package analyze

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"seedtest/header"
)

const envelope = "From a@example.org Mon Sep 21 10:00:00 2026\n"

func TestMessages(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	tests := []struct {
		name, in string
		want     []string
	}{
		{"one message", "Subject: a\n\nFrom here\n\n" + envelope,
			[]string{"Subject: a\n\nFrom here\n\n" + envelope}},
		{"an mbox", envelope + "Subject: a\n\nx\n\n" + envelope + "Subject: b\n\ny\n",
			[]string{envelope + "Subject: a\n\nx\n\n", envelope + "Subject: b\n\ny\n"}},
		{"crlf", strings.ReplaceAll(envelope+"A: 1\n\n\n"+envelope+"B: 2\n", "\n", "\r\n"),
			[]string{strings.ReplaceAll(envelope+"A: 1\n\n\n", "\n", "\r\n"),
				strings.ReplaceAll(envelope+"B: 2\n", "\n", "\r\n")}},
		{"text that is not quoted", envelope + "A: 1\n\nFrom here to there\n\nFrom a to b\n",
			[]string{envelope + "A: 1\n\nFrom here to there\n\nFrom a to b\n"}},
		{"no empty line before", envelope + "A: 1\n\nx\n" + envelope + "y\n",
			[]string{envelope + "A: 1\n\nx\n" + envelope + "y\n"}},
		{"quoted", envelope + "A: 1\n\n>" + envelope, []string{envelope + "A: 1\n\n>" + envelope}},
		{"other envelopes", "From - Mon Sep 21 10:00:00 2026\nA: 1\n\n" +
			"From MAILER-DAEMON  Mon Sep 21 10:00:00 +0200 2026\nB: 2\n",
			[]string{"From - Mon Sep 21 10:00:00 2026\nA: 1\n\n",
				"From MAILER-DAEMON  Mon Sep 21 10:00:00 +0200 2026\nB: 2\n"}},
		{"a long line", envelope + "A: " + long + "\n\n\n" + envelope + "B: 2\n",
			[]string{envelope + "A: " + long + "\n\n\n", envelope + "B: 2\n"}},
		{"nothing", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for m, err := range Messages(iotest.OneByteReader(strings.NewReader(test.in))) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(m))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Messages(%.100q) = %.300q, want %.300q", test.in, got, test.want)
			}
		})
	}
}

func TestMessagesKeepsWhatAFailingReaderGave(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := io.MultiReader(strings.NewReader(envelope+"A: 1\n"), iotest.ErrReader(broken))
	var got []string
	var last error
	for m, err := range Messages(r) {
		if last = err; err == nil {
			got = append(got, string(m))
		}
	}
	if len(got) != 1 || !errors.Is(last, broken) {
		t.Errorf("Messages = %q, %v, want one message, then %v", got, last, broken)
	}
}

func TestMessagesIsBounded(t *testing.T) {
	big := io.MultiReader(strings.NewReader(envelope+"A: 1\n\n"),
		io.LimitReader(zeros{}, 3*header.MaxSize), strings.NewReader("\n\n"+envelope+"B: 2\n"))
	var sizes []int
	for m, err := range Messages(big) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(m))
	}
	if want := []int{header.MaxSize, len(envelope) + 5}; !slices.Equal(sizes, want) {
		t.Errorf("Messages of a large mbox gives %d bytes, want %d", sizes, want)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// FuzzMessages holds that no byte is lost, invented or moved.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(envelope + "A: 1\n\n" + envelope + "B: 2\n\nFrom x\n\n" + envelope))
	f.Add([]byte("A: 1\r\n\r\nFrom a Mon Sep 21 10:00:00 2026\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var all []byte
		for m, err := range Messages(bytes.NewReader(in)) {
			if err != nil || len(m) == 0 {
				t.Fatalf("a message of %d bytes, %v", len(m), err)
			}
			all = append(all, m...)
		}
		if !bytes.Equal(all, in) {
			t.Fatalf("Messages gives %q of %q", all, in)
		}
	})
}

func ExampleMessages() {
	box := "From anna@example.org Mon Sep 21 10:00:00 2026\nSubject: one\n\nhello\n\n" +
		"From bert@example.org Mon Sep 21 10:00:05 2026\nSubject: two\n\nhello\n"
	for message, err := range Messages(strings.NewReader(box)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(header.Parse(message).Values("Subject"))
	}
	// Output:
	// [one]
	// [two]
}

func BenchmarkMessages(b *testing.B) {
	letter := envelope + strings.Repeat("X-Field: "+strings.Repeat("x", 60)+"\n", 50) + "\n" +
		strings.Repeat("From time to time there is a line of text.\n", 20) + "\n"
	box := []byte(strings.Repeat(letter, 100))
	b.SetBytes(int64(len(box)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Messages(bytes.NewReader(box)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
