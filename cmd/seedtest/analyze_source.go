package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seedtest/analyze"
)

// letter is a message as it was read, or what kept it from being read.
type letter struct {
	number int    // among the messages, from 1
	source string // what names it
	raw    []byte
	err    error
}

// source reads messages one after the other and gives them to take until that says no.
type source struct {
	stdin io.Reader
	take  func(letter) bool
}

// readAhead is the size of the buffer that all files are read through, one after the other.
const readAhead = 64 << 10

// paths reads files, directories and standard input.
func (s source) paths(ctx context.Context, paths []string) {
	r := &reader{source: s, in: bufio.NewReaderSize(nil, readAhead), ctx: ctx}
	for _, p := range paths {
		if !r.path(p) {
			return
		}
	}
}

// reader is one reading of several paths.
type reader struct {
	source
	ctx   context.Context
	in    *bufio.Reader
	count int
}

// path reads a file, a directory or standard input, and reports whether more is wanted.
func (r *reader) path(p string) bool {
	if p == "-" {
		return r.stream(r.stdin, "-")
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return r.unread(err)
	case !info.IsDir():
		return r.file(p)
	}
	files, err := messageFiles(p)
	if err != nil {
		return r.unread(err)
	}
	for _, f := range files {
		if !r.file(f) {
			return false
		}
	}
	return true
}

// unread tells of something that could not be read; what comes after it is read all the same.
func (r *reader) unread(err error) bool { return r.take(letter{err: err}) }

func (r *reader) file(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return r.unread(err)
	}
	defer func() { _ = f.Close() }()
	return r.stream(f, path)
}

// stream reads the messages of a file. Those of an mbox are numbered.
func (r *reader) stream(from io.Reader, name string) bool {
	r.in.Reset(from)
	start, _ := r.in.Peek(len("From "))
	mbox := string(start) == "From "
	n := 0
	for raw, err := range analyze.Messages(r.in) {
		if err != nil {
			return r.unread(fmt.Errorf("%s: %w", name, err))
		}
		if r.ctx.Err() != nil {
			return false
		}
		n++
		r.count++
		l := letter{number: r.count, source: name, raw: raw}
		if mbox {
			l.source, l.raw = fmt.Sprintf("%s:%d", name, n), bytes.Clone(raw)
		}
		if !r.take(l) {
			return false
		}
	}
	return true
}

// messageFiles lists the messages of a Maildir, or the files of another directory, in the order of
// their names, which in a Maildir is that of delivery.
func messageFiles(dir string) ([]string, error) {
	var files []string
	found := false
	for _, sub := range []string{"cur", "new"} {
		list, err := regularFiles(filepath.Join(dir, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = true
		files = append(files, list...)
	}
	if !found {
		return regularFiles(dir)
	}
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(filepath.Base(a), filepath.Base(b))
	})
	return files, nil
}

func regularFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}
