package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"seedtest"
	"seedtest/report"
)

// printer prints analyses in the chosen format.
type printer struct {
	app   *app
	out   *bufio.Writer
	style report.Style
	page  report.AnalysisPage // nil for formats that are written message by message
	spool spool               // what a page puts behind its index
	guess bool                // say which provider could be believed

	held  []byte // the only message so far: json prints one object or refuses
	count int
	bad   bool // something could not be read
	looks []string

	progress progress
}

// printer returns what prints in the chosen format; with guess it says at the end which provider
// could be believed.
func (a *app) printer(guess bool) (*printer, error) {
	p := &printer{app: a, out: bufio.NewWriterSize(a.stdout, 64<<10), style: a.style(a.stdout),
		guess: guess && a.format == "text", progress: a.progress()}
	switch a.format {
	case "html":
		p.page = report.AnalysisHTML(p.style)
	case "markdown":
		p.page = report.AnalysisMarkdown(p.style)
	}
	if p.page == nil {
		return p, nil
	}
	if err := p.spool.open(); err != nil {
		return nil, broken(err, "a page is put together in temporary files; TMPDIR says where")
	}
	return p, nil
}

func (p *printer) close() {
	p.progress.clear()
	p.spool.close()
}

// render makes what is printed of one message. Several goroutines call it.
func (p *printer) render(a seedtest.Analysis, l letter) (printed, error) {
	var entry, body bytes.Buffer
	var err error
	switch {
	case p.page != nil:
		err = errors.Join(p.page.Entry(&entry, l.number, a), p.page.Section(&body, l.number, a))
	case p.app.format == "text":
		err = report.AnalysisText(&body, a, p.style)
	default:
		err = report.AnalysisJSON(&body, []seedtest.Analysis{a}, p.app.format == "jsonl")
	}
	out := printed{number: l.number, entry: entry.Bytes(), body: body.Bytes()}
	if p.guess {
		out.hint = looksLike(a)
	}
	return out, err
}

// write prints one message, or that it could not be read.
func (p *printer) write(m printed) error {
	if m.unread != nil {
		p.bad = true
		p.progress.clear()
		_, _ = fmt.Fprintf(p.app.stderr, "seedtest: %s\n", report.CleanLine(m.unread.Error()))
		return nil
	}
	p.count++
	p.progress.count(p.count)
	if m.hint != "" && !slices.Contains(p.looks, m.hint) {
		p.looks = append(p.looks, m.hint)
	}
	var err error
	switch {
	case p.page != nil:
		err = p.spool.add(m.entry, m.body)
	case p.app.format == "json" && p.count > 1:
		p.held = nil
		return usage(errors.New("--format json is for one message, and there are several"),
			"--format jsonl prints one a line")
	case p.app.format == "json":
		p.held = m.body
	default:
		if p.app.format == "text" && p.count > 1 {
			_, _ = fmt.Fprintf(p.out, "\n%s\n\n", strings.Repeat("-", max(p.style.Width, 40)))
		}
		_, err = p.out.Write(m.body)
	}
	return err
}

// end prints what is still held, and says by the exit status whether all could be read.
func (p *printer) end() error {
	p.progress.clear()
	_, err := p.out.Write(p.held)
	if p.page != nil && p.count > 0 {
		err = p.document()
	}
	if err = errors.Join(err, p.out.Flush()); err != nil {
		return p.failed(err)
	}
	for _, id := range p.looks {
		p.app.say("hint: looks like %s: --provider %[1]s believes what its servers wrote", id)
	}
	switch {
	case p.bad:
		return exit(statusNothing)
	case p.count == 0:
		return broken(errors.New("there is no message to read"))
	}
	return nil
}

// document prints a page from its parts.
func (p *printer) document() error {
	if err := p.page.Begin(p.out, p.count); err != nil {
		return err
	}
	if p.count > 1 {
		if err := p.spool.copyEntries(p.out); err != nil {
			return err
		}
	}
	if err := p.page.Between(p.out, p.count); err != nil {
		return err
	}
	if err := p.spool.copyBodies(p.out); err != nil {
		return err
	}
	return p.page.End(p.out)
}

// failed is the error of a printing that ended early. What was printed stays; where nobody reads
// on there is nobody to tell.
func (p *printer) failed(err error) error {
	var told *trouble
	switch {
	case errors.As(err, &told):
		return err
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return exit(statusNothing)
	case errors.Is(err, context.Canceled) && p.page == nil:
		_ = p.out.Flush()
	}
	return broken(err)
}

// spool keeps the parts of a page in temporary files. Where the system lets them, they lose their
// names at once, so that nothing stays if the program is killed.
type spool struct {
	entries, bodies *os.File
	index, text     *bufio.Writer
}

func (s *spool) open() error {
	var err error
	if s.entries, err = os.CreateTemp("", "seedtest-index-*"); err != nil {
		return err
	}
	if s.bodies, err = os.CreateTemp("", "seedtest-page-*"); err != nil {
		s.close()
		return err
	}
	_, _ = os.Remove(s.entries.Name()), os.Remove(s.bodies.Name())
	s.index = bufio.NewWriter(s.entries)
	s.text = bufio.NewWriterSize(s.bodies, 64<<10)
	return nil
}

func (s *spool) add(entry, body []byte) error {
	_, err := s.index.Write(entry)
	_, err2 := s.text.Write(body)
	return errors.Join(err, err2)
}

func (s *spool) copyEntries(w io.Writer) error { return copyFrom(w, s.index, s.entries) }
func (s *spool) copyBodies(w io.Writer) error  { return copyFrom(w, s.text, s.bodies) }

func copyFrom(w io.Writer, last *bufio.Writer, f *os.File) error {
	if err := last.Flush(); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, f)
	return err
}

func (s *spool) close() {
	for _, f := range []*os.File{s.entries, s.bodies} {
		if f != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}
}
