package analyze

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/htmlindex"

	"seedtest"
	"seedtest/header"
)

// Message reads a message, or only its header, and says what stands there: source names it in the
// result, trust says which fields the receiving provider wrote itself. Nothing in the input stops
// the reading of the rest, and equal input gives an equal result.
func Message(raw []byte, source string, trust seedtest.Trust) seedtest.Analysis {
	r := readers.Get().(*reader)
	defer r.release()
	a := &r.a
	a.Source = source
	h := r.head.Parse(raw)
	r.begin(h)
	for i := range h.Fields {
		r.field(i, &h.Fields[i])
	}
	r.transit(a.Hops)
	finishARC(a.ARC)
	own := believe(head{h, raw, r.places}, a, trust)
	a.Origin = findOrigin(h, a, own, trust)
	a.Report = readReport(h, raw)
	a.Findings = brokenHead(raw, h)
	a.Findings = append(a.Findings, pathFindings(a.Hops)...)
	a.Findings = append(a.Findings, forgedFindings(a, own, trust)...)
	a.Findings = append(a.Findings, contaminated(a.Stamps)...)
	return *a
}

// reader reads the fields of one message.
type reader struct {
	head   header.Parser
	a      seedtest.Analysis
	hop    received
	auth   authReader
	filter stampReader
	places []int                 // where the Received fields stand
	fields []known               // what each field is
	kinds  [header.Places]placed // what fields are, by the places of their names

	authFields  chunk[seedtest.AuthField]
	spfFields   chunk[seedtest.ReceivedSPF]
	signatures  chunk[seedtest.DKIMSignature]
	stampFields chunk[seedtest.Stamp]
	delays      chunk[time.Duration]
}

// placed is what a field is whose name has a place among those that the parser knows.
type placed struct {
	known
	asked bool
}

// readers are those that nobody uses: a reader's lists cost more to make than to fill.
var readers = sync.Pool{New: func() any { return new(reader) }}

// release gives a reader back, unless a message of no common size has made it large.
func (r *reader) release() {
	r.a = seedtest.Analysis{}
	if r.head.Release() && cap(r.places) <= 1000 && r.auth.spent <= 10_000 &&
		cap(r.auth.joined) <= 64<<10 {
		readers.Put(r)
	}
}

// begin makes a reader ready for a message, and room for what comes once for each of many fields.
func (r *reader) begin(h header.Header) {
	r.auth.spent, r.places, r.fields = 0, r.places[:0], r.fields[:0]
	var count [kindCount]int
	for i := range h.Fields {
		known := r.known(i, h.Fields[i].Key)
		count[known.kind]++
		r.fields = append(r.fields, known)
	}
	a := &r.a
	if n := count[kindHop]; n > 0 {
		a.Hops = make([]seedtest.Hop, n)
	}
	a.Authentication = r.authFields.room(count[kindResults])
	a.ReceivedSPF = r.spfFields.room(count[kindSPF])
	a.Signatures = r.signatures.room(count[kindSignature])
	a.Stamps = r.stampFields.room(min(count[kindStamp], maxStamps))
}

// known is knownField, asked once about each name that the parser knows.
func (r *reader) known(field int, key string) known {
	place := r.head.Place(field)
	if place < 0 {
		return knownField(key)
	}
	p := &r.kinds[place]
	if !p.asked {
		*p = placed{knownField(key), true}
	}
	return p.known
}

// field reads one field into the analysis.
func (r *reader) field(position int, f *header.Field) {
	a := &r.a
	switch known := &r.fields[position]; known.kind {
	case kindHop:
		place := len(r.places)
		hop := &a.Hops[len(a.Hops)-1-place] // the oldest, which stands lowest, comes first
		hop.Header = place
		r.hop.readHop(f.Value, hop)
		r.places = append(r.places, position)
	case kindResults:
		r.results(position, f)
	case kindSPF:
		a.ReceivedSPF = append(a.ReceivedSPF, seedtest.ReceivedSPF{Position: position})
		r.auth.readSPF(f.Value, &a.ReceivedSPF[len(a.ReceivedSPF)-1])
	case kindARC:
		a.ARC = r.auth.addARC(a.ARC, f.Key, f.Value)
	case kindSignature:
		a.Signatures = append(a.Signatures, seedtest.DKIMSignature{Position: position})
		r.auth.signature(f.Value, &a.Signatures[len(a.Signatures)-1])
	case kindStamp:
		r.stamp(position, f, known.form)
	case kindUnread:
		r.unread(position, f)
	default:
		r.other(f)
	}
}

// other keeps the values that name a message.
func (r *reader) other(f *header.Field) {
	a := &r.a
	switch f.Key {
	case "message-id":
		setOnce(&a.MessageID, f.Value)
	case "subject":
		if a.Subject == "" {
			a.Subject = decoded(f.Value)
		}
	case "from":
		if a.From == "" {
			a.From = decoded(f.Value)
		}
	case "date":
		if a.Date.IsZero() {
			a.Date, _, _ = readDate(f.Value)
		}
	}
}

func (r *reader) results(position int, f *header.Field) {
	arc := f.Key == "arc-"+results
	if arc {
		r.a.ARC = r.auth.addARC(r.a.ARC, f.Key, f.Value)
	}
	r.a.Authentication = append(r.a.Authentication,
		seedtest.AuthField{Field: f.Name, Position: position})
	r.auth.read(f.Value, arc, &r.a.Authentication[len(r.a.Authentication)-1])
}

// maxDecoded is how long a value may be of which words are decoded. Nobody reads longer ones.
const maxDecoded = 64 << 10

// decoded decodes RFC 2047 words, as far as their charset is known.
func decoded(value string) string {
	if len(value) > maxDecoded || !strings.Contains(value, "=?") {
		return value
	}
	text, err := words.DecodeHeader(value)
	if err != nil {
		return value
	}
	return text
}

// words knows the charsets of the web, which are those of mail.
var words = mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	text, err = e.NewDecoder().Bytes(text)
	return bytes.NewReader(text), err
}}

// brokenHead says what of the head could not be read as fields.
func brokenHead(raw []byte, h header.Header) []seedtest.Finding {
	var list []seedtest.Finding
	if len(h.Stray) > 0 {
		line, _, _ := bytes.Cut(raw[h.Stray[0]:], []byte("\n"))
		list = append(list, seedtest.Finding{
			Code: "header.stray", Severity: seedtest.SeverityInfo,
			Title:    strayLines(len(h.Stray)),
			Evidence: []seedtest.Evidence{{Field: "header", Raw: string(line[:min(len(line), 200)])}},
			Fix:      []string{"find the server that wrote them: others may stop reading there"},
		})
	}
	if h.Cut {
		list = append(list, seedtest.Finding{
			Code: "header.cut", Severity: seedtest.SeverityWarning,
			Title: "the header is larger than is read: fields are missing here",
			Fix: []string{fmt.Sprintf("look at the message by hand: the limits are %d bytes and %d fields",
				header.MaxSize, header.MaxFields)},
		})
	}
	return list
}

func strayLines(n int) string {
	if n == 1 {
		return "a line of the header belongs to no field"
	}
	return fmt.Sprintf("%d lines of the header belong to no field", n)
}

func setOnce(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// transit counts the time between hops, which are in the order in which the message passed them.
func (r *reader) transit(hops []seedtest.Hop) {
	if len(hops) < 2 {
		return
	}
	delays := r.delays.room(len(hops))[:len(hops)]
	for i := 1; i < len(hops); i++ {
		if hops[i].Time.IsZero() || hops[i-1].Time.IsZero() {
			continue
		}
		delays[i] = hops[i].Time.Sub(hops[i-1].Time)
		hops[i].Delay, hops[i].Skewed = &delays[i], delays[i] < 0
	}
}
