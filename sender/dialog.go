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

func (d *dialog) server(line string) { d.add("S: ", line) }
func (d *dialog) client(line string) { d.add("C: ", line) }
func (d *dialog) note(line string)   { d.add("-- ", line) }

func (d *dialog) add(who, line string) {
	switch {
	case len(d.lines) < maxDialog:
		d.lines = append(d.lines, who+clip(printable(d.hide(line)), maxDialogLine))
	case len(d.lines) == maxDialog:
		d.lines = append(d.lines, "-- the rest is not kept")
	}
}

// hide takes the known secrets out of a text: a server may repeat what it was given.
func (d *dialog) hide(s string) string { return d.known.hide(s) }

// clean makes a text that a server had a part in safe to keep and to show.
func (d *dialog) clean(s string) string { return clip(printable(d.hide(s)), maxText) }
