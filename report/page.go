package report

import (
	"io"
	"regexp"
	"strings"
)

// screenful is how many lines a single text may take, so that no server floods a report.
const screenful = 24

// page gathers the lines of a text report.
type page struct {
	names
	style Style
	lines []string
	tones map[int]string // by line: the only word to colour, as good or bad as it is
}

// add appends a line, cut to the width.
func (p *page) add(line string) {
	p.lines = append(p.lines, strings.TrimRight(cut(line, p.style.width()), " "))
}

// para appends a text that begins with label; further lines are indented as far as the label is
// wide, or a little under a label that leaves too little room. At most lines are written; 0 means
// a screen full, and all of them where the style asks for all. Without text nothing is written.
func (p *page) para(label, text string, lines int) {
	indent := cells(label)
	if indent > p.style.width()/2 {
		p.add(label)
		label = "    "
		indent = len(label)
	}
	if lines == 0 && !p.style.Verbose {
		lines = screenful
	}
	body := wrap(text, p.style.width()-indent)
	if lines > 0 && len(body) > lines {
		rest := strings.Join(body[lines-1:], " ")
		body = append(body[:lines-1], cut(rest, p.style.width()-indent))
	}
	for i, line := range body {
		if i == 0 {
			p.add(label + line)
			continue
		}
		p.add(strings.Repeat(" ", indent) + line)
	}
}

// entry is a para that writes its label also where there is no text.
func (p *page) entry(label, text string) {
	if strings.TrimSpace(text) == "" {
		p.add(label)
		return
	}
	p.para(label, text, 0)
}

// fields appends texts with two blanks between, and a new line where the next does not fit.
func (p *page) fields(texts []string) {
	line := ""
	for _, t := range texts {
		switch {
		case t == "":
		case line == "":
			line = t
		case cells(line)+2+cells(t) <= p.style.width():
			line += "  " + t
		default:
			p.add(line)
			line = "      " + t
		}
	}
	if line != "" {
		p.add(line)
	}
}

var (
	badWords = regexp.MustCompile(`\b(FAIL|JUNK|REFUSED|BOUNCED|DEFERRED|OVERDUE|MISSING|OTHER|` +
		`UNSENT|NONE|SOFTFAIL|PERMERROR|SPAM|GONE|NOT READ|PLAIN|PTR FAIL|FAILED|DISAGREES)\b`)
	grayWords = regexp.MustCompile(`\b(BLIND|UNKNOWN|in doubt|awaited|DELAYED|TEMPERROR)\b`)
	goodWords = regexp.MustCompile(`^PASS\b`)
	labels    = regexp.MustCompile(`^(?:WHY \d+| *FIX|EXPECT|FAULTS|NOTE|MOVES|LIMITS|HELD|USED|NEXT|HOPS|` +
		`AUTH|CHECKED|STAMPS|SIGNED|UNREAD|REPORT|FINDINGS|SENT|REPORTS|SEEN|PROOF|TIMES|SEEDS|` +
		`PROBES)\b`)
)

// write prints the page, coloured if the style says so. Colours are put on after the cutting, so
// that they take no room.
func (p *page) write(w io.Writer) error {
	var b strings.Builder
	for i, line := range p.lines {
		word, alone := p.tones[i]
		switch {
		case p.style.Color && alone:
			line = paintWord(line, word)
		case p.style.Color:
			line = paint(line)
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// paintWord colours one word of a line, where it stands by itself.
func paintWord(line, word string) string {
	colour := map[string]string{"good": green, "bad": red, "care": yellow}[tone(word)]
	if colour == "" || word == "" {
		return line
	}
	line = strings.Replace(line+" ", " "+word+" ", " "+colour+word+plain+" ", 1)
	return strings.TrimSuffix(line, " ")
}

func paint(line string) string {
	line = badWords.ReplaceAllString(line, red+"$0"+plain)
	line = grayWords.ReplaceAllString(line, yellow+"$0"+plain)
	line = goodWords.ReplaceAllString(line, green+"$0"+plain)
	return labels.ReplaceAllString(line, bold+"$0"+plain)
}
