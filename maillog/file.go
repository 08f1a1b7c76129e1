package maillog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// readBack is how much of what stands in a file already is read: what a server logged while no
// process watched the run.
const readBack = 4 << 20

// file follows a file that grows, is rotated away, or is truncated.
type file struct {
	path string
	open *os.File
	at   int64
	cut  cutter
}

func (f *file) read(ctx context.Context, lines chan<- batch, trouble func(error)) {
	defer func() { _ = f.close() }()
	first := true
	for {
		err := f.look(ctx, lines, first)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			_ = f.close()
		default:
			first = false
		}
		trouble(err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollEvery):
		}
	}
}

// look reads what is new. Of the file that it finds first it reads the end, and of one that took its
// place everything.
func (f *file) look(ctx context.Context, lines chan<- batch, first bool) error {
	if f.open == nil {
		if err := f.begin(first); err != nil {
			return err
		}
	}
	if err := f.more(ctx, lines, first); err != nil {
		return err
	}
	named, err := os.Stat(f.path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil // rotated away; its successor will come
		}
		return err
	}
	if here, err := f.open.Stat(); err != nil || os.SameFile(here, named) {
		return err
	}
	if err := f.more(ctx, lines, false); err != nil { // the last lines of the old one
		return err
	}
	_ = f.close()
	if err := f.begin(false); err != nil {
		return err
	}
	return f.more(ctx, lines, false)
}

func (f *file) begin(first bool) error {
	if err := ordinary(f.path); err != nil {
		return err
	}
	open, err := os.Open(f.path)
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w; let this user read it (on Debian the group adm may), or name a command", err)
	}
	if err != nil {
		return err
	}
	info, err := open.Stat()
	if err != nil {
		_ = open.Close()
		return err
	}
	f.open, f.at, f.cut = open, 0, cutter{}
	if first && info.Size() > readBack {
		f.at, f.cut.skip = info.Size()-readBack, true // in the middle of a line
	}
	return nil
}

// ordinary refuses what is no file. To open a pipe would wait for whoever writes to it, perhaps for
// ever.
func ordinary(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil // whoever opens it says more
	case info.IsDir():
		return fmt.Errorf("open %s: is a directory", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("open %s: is a pipe or device; name a command that prints the log", path)
	}
	return nil
}

func (f *file) close() error {
	if f.open == nil {
		return nil
	}
	err := f.open.Close()
	f.open = nil
	return err
}

// more reads from where the last look ended. A file that is shorter than that was truncated, and
// begins anew.
func (f *file) more(ctx context.Context, lines chan<- batch, old bool) error {
	info, err := f.open.Stat()
	if err != nil {
		return err
	}
	if info.Size() < f.at {
		f.at, f.cut = 0, cutter{}
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := f.open.ReadAt(buf, f.at)
		f.at += int64(n)
		if err := send(ctx, lines, batch{f.cut.lines(buf[:n]), old}); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func send(ctx context.Context, lines chan<- batch, b batch) error {
	if len(b.lines) == 0 {
		return ctx.Err()
	}
	select {
	case lines <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// cutter makes lines of pieces. Of a line that is longer than maxLine it keeps the beginning.
type cutter struct {
	part strings.Builder
	skip bool // the first line has no beginning
}

func (c *cutter) lines(piece []byte) []string {
	var list []string
	for line := range strings.Lines(string(piece)) {
		text, whole := strings.CutSuffix(line, "\n")
		if room := maxLine - c.part.Len(); room > 0 {
			c.part.WriteString(text[:min(room, len(text))])
		}
		if !whole {
			break
		}
		if !c.skip && c.part.Len() > 0 {
			list = append(list, c.part.String())
		}
		c.skip = false
		c.part.Reset()
	}
	return list
}
