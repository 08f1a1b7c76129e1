package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"seedtest/report"
)

// runFormats are the formats of a run's report.
var runFormats = []string{"text", "json", "markdown", "junit", "nagios"}

// write prints a report in the chosen format and returns the exit status that it means.
func (a *app) write(r report.Report) (int, error) {
	style := a.style(a.stdout)
	status := r.Judgement.ExitStatus()
	switch a.format {
	case "json":
		return status, report.JSON(a.stdout, r, style)
	case "markdown":
		return status, report.Markdown(a.stdout, r, style)
	case "junit":
		return status, report.JUnit(a.stdout, r, style)
	case "nagios":
		return nagiosStatus(r), report.Nagios(a.stdout, r)
	}
	return status, report.Text(a.stdout, r, style)
}

// nagiosStatus is the exit status of a monitoring plug-in (rule 20).
func nagiosStatus(r report.Report) int {
	switch r.Judgement.Verdict {
	case "pass":
		return 0
	case "fail":
		return 2
	}
	return 3
}

// style is how text looks on a stream: colours and width only if it is a terminal.
func (a *app) style(w io.Writer) report.Style {
	s := report.Style{Addresses: a.addresses, Verbose: a.verbose}
	if fd, ok := terminal(w); ok {
		s.Color = !a.noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
		if width, height, err := term.GetSize(fd); err == nil {
			s.Width, s.Height = min(width, 100), height
		}
	}
	return s
}

// terminal reports whether a stream is a terminal.
func terminal(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// say prints a line for the person at the terminal, unless --quiet. It may quote a server.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		_, _ = fmt.Fprintln(a.stderr, report.CleanLine(fmt.Sprintf(format, args...)))
	}
}
