package sender

// Bounds of what a Submission keeps of a dialogue.
const (
	maxDialog     = 200  // lines
	maxDialogLine = 500  // octets
	maxText       = 2000 // octets of an error with its hint
)

// dialog is what was said, both ways: "S: " by the server, "C: " by us, "-- " what happened
// beside it. It is capped, and known secrets never stand in it.
type dialog struct {
	lines []string
	known *secrets
}

// Who says a line.
const (
	byServer = "S: "
	byClient = "C: "
	byNobody = "-- "
)

func (d *dialog) server(line string) { d.add(byServer+line, len(byServer)) }
func (d *dialog) client(line string) { d.add(byClient+line, len(byClient)) }
func (d *dialog) note(line string)   { d.add(byNobody+line, len(byNobody)) }

// add takes a line that begins with n octets of who says it.
func (d *dialog) add(line string, n int) {
	switch {
	case len(d.lines) < maxDialog:
		if shown := clip(printable(d.hide(line[n:])), maxDialogLine); shown != line[n:] {
			line = line[:n] + shown
		}
		d.lines = append(d.lines, line)
	case len(d.lines) == maxDialog:
		d.lines = append(d.lines, byNobody+"the rest is not kept")
	}
}

// hide takes the known secrets out of a text: a server may repeat what it was given.
func (d *dialog) hide(s string) string { return d.known.hide(s) }

// clean makes a text that a server had a part in safe to keep and to show.
func (d *dialog) clean(s string) string { return clip(printable(d.hide(s)), maxText) }
