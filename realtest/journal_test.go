//go:build real

package realtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// journal keeps the lines of a log, and lets a test wait for one.
type journal struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed when a line is added
	file  *os.File      // which gets them too; nil: none does
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

// read adds every line of r until it ends.
func (j *journal) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		j.mu.Lock()
		j.lines = append(j.lines, lines.Text())
		if j.file != nil {
			_, _ = fmt.Fprintln(j.file, lines.Text())
		}
		close(j.more)
		j.more = make(chan struct{})
		j.mu.Unlock()
	}
}

// copyTo makes a file of the log too, for programs that read it.
func (j *journal) copyTo(path string) error {
	file, err := os.Create(path)
	j.file = file
	return err
}

// mark returns where the journal ends now.
func (j *journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

// since returns the lines after a mark.
func (j *journal) since(mark int) []string {
	lines, _ := j.tail(mark)
	return lines
}

// has reports whether a line holds a text.
func (j *journal) has(text string) bool {
	return slices.ContainsFunc(j.since(0), func(line string) bool { return strings.Contains(line, text) })
}

func (j *journal) tail(mark int) ([]string, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines[min(mark, len(j.lines)):len(j.lines):len(j.lines)], j.more
}

// wait returns the submatches of the first line after a mark that matches, as soon as it is there.
func (j *journal) wait(ctx context.Context, mark int, pattern string) ([]string, error) {
	wanted := regexp.MustCompile(pattern)
	for {
		lines, more := j.tail(mark)
		for _, line := range lines {
			if found := wanted.FindStringSubmatch(line); found != nil {
				return found, nil
			}
		}
		mark += len(lines)
		select {
		case <-more:
		case <-ctx.Done():
			return nil, fmt.Errorf("the log has no line like %q: %w", pattern,
				context.Cause(ctx))
		}
	}
}

// show returns the lines after a mark, for whoever looks into a failure.
func (j *journal) show(name string, mark int) string {
	return fmt.Sprintf("--- log of %s\n%s\n", name, strings.Join(j.since(mark), "\n"))
}
