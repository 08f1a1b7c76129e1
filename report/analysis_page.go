package report

import (
	"io"

	"seedtest"
)

// AnalysisPage writes one document about any number of messages, part by part, so that never more
// than one of them has to be in memory: Begin, where there are several messages an Entry of the
// index for each, Between, a Section for each, End. Several goroutines may call Entry and Section,
// each for a writer of its own.
type AnalysisPage interface {
	Begin(w io.Writer, messages int) error
	Entry(w io.Writer, number int, a seedtest.Analysis) error
	Between(w io.Writer, messages int) error
	Section(w io.Writer, number int, a seedtest.Analysis) error
	End(w io.Writer) error
}

// indexed is what the index says of a message.
type indexed struct {
	Number  int
	Source  string
	From    string
	Subject string
	Summary string
}

func (n names) indexed(number int, a seedtest.Analysis) indexed {
	return indexed{number, n.say(a.Source), n.say(a.From), n.say(a.Subject), n.say(summaryOf(a))}
}
