package report

import (
	"encoding/base64"
	"fmt"
	"io"
	"unicode/utf8"

	"seedtest"
)

const analysisSchema = "seedtest.analysis/v1"

type jsonAnalysis struct {
	Schema         string         `json:"schema"`
	Source         string         `json:"source,omitempty"`
	MessageID      string         `json:"message_id,omitempty"`
	Subject        string         `json:"subject,omitempty"`
	From           string         `json:"from,omitempty"`
	Date           jsonTime       `json:"date,omitzero"`
	Hops           []jsonHop      `json:"hops"`
	Authentication []jsonAuth     `json:"authentication"`
	ReceivedSPF    []jsonSPF      `json:"received_spf"`
	ARC            jsonARC        `json:"arc"`
	Signatures     []jsonSigned   `json:"signatures"`
	Stamps         []jsonStamp    `json:"stamps"`
	Unread         []jsonUnread   `json:"unread"`
	Report         *jsonDelivery  `json:"report"`
	Verified       *jsonVerified  `json:"verified"`
	Origin         *jsonOrigin    `json:"origin,omitempty"`
	Findings       []jsonFinding1 `json:"findings"`
}

type jsonHop struct {
	Header int      `json:"header"`
	From   jsonFrom `json:"from"`
	By     jsonBy   `json:"by"`
	Via    string   `json:"via,omitempty"`
	With   string   `json:"with,omitempty"`
	ID     string   `json:"id,omitempty"`
	For    []string `json:"for,omitempty"`
	TLS    *jsonTLS `json:"tls,omitempty"`
	Time   jsonTime `json:"time,omitzero"`
	Delay  *float64 `json:"delay_s,omitempty"`
	Skewed bool     `json:"skewed"`
	Trust  bool     `json:"trusted"`
	Bad    []string `json:"problems"`
	jsonRaw
}

type jsonFrom struct {
	HELO string `json:"helo,omitempty"`
	RDNS string `json:"rdns,omitempty"`
	IP   string `json:"ip,omitempty"`
	User string `json:"user,omitempty"`
}

type jsonBy struct {
	Name string `json:"name,omitempty"`
	IP   string `json:"ip,omitempty"`
}

type jsonTLS struct {
	Version string `json:"version,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	Bits    int    `json:"bits,omitempty"`
}

// jsonRaw is raw text. Where it is not UTF-8, Raw shows U+FFFD and Base64 holds the bytes.
type jsonRaw struct {
	Raw    string `json:"raw"`
	Base64 string `json:"raw_base64,omitempty"`
}

func rawOf(s string) jsonRaw {
	if utf8.ValidString(s) {
		return jsonRaw{Raw: s}
	}
	return jsonRaw{Raw: s, Base64: base64.StdEncoding.EncodeToString([]byte(s))}
}

type jsonAuth struct {
	Field      string       `json:"field"`
	Position   int          `json:"position"`
	Instance   int          `json:"instance,omitempty"`
	AuthservID string       `json:"authserv_id,omitempty"`
	Version    string       `json:"version,omitempty"`
	Trusted    bool         `json:"trusted"`
	Comments   []string     `json:"comments,omitempty"`
	Results    []jsonResult `json:"results"`
	Problems   []string     `json:"problems"`
	jsonRaw
}

type jsonResult struct {
	Method     string         `json:"method"`
	Version    string         `json:"version,omitempty"`
	Result     string         `json:"result"`
	Reason     string         `json:"reason,omitempty"`
	Properties []jsonProperty `json:"properties"`
	Comments   []string       `json:"comments"`
}

type jsonProperty struct {
	Type  string `json:"type,omitempty"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type jsonSPF struct {
	Position int            `json:"position"`
	Result   string         `json:"result"`
	Comment  string         `json:"comment,omitempty"`
	Pairs    []jsonProperty `json:"pairs"`
	Trusted  bool           `json:"trusted"`
	jsonRaw
}

type jsonARC struct {
	Sets     []jsonARCSet `json:"sets"`
	Claimed  string       `json:"claimed,omitempty"` // cv= of the newest set
	Verified *string      `json:"verified"`          // result of our own evaluation
}

type jsonARCSet struct {
	Instance int      `json:"instance"`
	Seal     string   `json:"seal,omitempty"`
	Message  string   `json:"message,omitempty"`
	Results  string   `json:"results,omitempty"`
	CV       string   `json:"cv,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// jsonSigned is a DKIM-Signature field as it reads.
type jsonSigned struct {
	Position int            `json:"position"`
	Tags     []jsonProperty `json:"tags"`
	Problems []string       `json:"problems"`
	jsonRaw
}

type jsonUnread struct {
	Field    string `json:"field"`
	Position int    `json:"position"`
	jsonRaw
}

type jsonStamp struct {
	Family    string            `json:"family"`
	Field     string            `json:"field"`
	Position  int               `json:"position"`
	Values    map[string]string `json:"values"`
	Says      []string          `json:"says,omitempty"`
	Status    string            `json:"status,omitempty"` // how the meaning is known
	Verdict   string            `json:"verdict"`
	Score     *float64          `json:"score,omitempty"`
	Threshold *float64          `json:"threshold,omitempty"`
	Trusted   bool              `json:"trusted"`
	jsonRaw
}

type jsonOrigin struct {
	IP  string `json:"ip,omitempty"`
	Hop int    `json:"hop"` // place in hops, -1 if no hop holds it
	Why string `json:"why,omitempty"`
}

// jsonFinding1 is a finding about one message.
type jsonFinding1 struct {
	Code     string          `json:"code"`
	Severity string          `json:"severity"`
	Title    string          `json:"title"`
	Evidence []jsonEvidence1 `json:"evidence"`
	Fix      []string        `json:"fix"`
}

type jsonEvidence1 struct {
	Field string `json:"field,omitempty"`
	jsonRaw
}

// AnalysisJSON writes analyses in the schema seedtest.analysis/v1: one object, indented, or with
// lines one object a line in the order given. Several analyses without lines are an error, because
// the schema describes one message. What is not known is left out.
func AnalysisJSON(w io.Writer, as []seedtest.Analysis, lines bool) error {
	if len(as) != 1 && !lines {
		return fmt.Errorf("report: %d messages do not make one object: write them one a line", len(as))
	}
	for _, a := range as {
		if err := writeJSON(w, analysisOf(a), lines); err != nil {
			return err
		}
	}
	return nil
}

func analysisOf(a seedtest.Analysis) jsonAnalysis {
	j := jsonAnalysis{
		Schema: analysisSchema, Source: a.Source, MessageID: a.MessageID, Subject: a.Subject,
		From: a.From, Date: jsonTime(a.Date),
		Hops: []jsonHop{}, Authentication: []jsonAuth{}, ReceivedSPF: []jsonSPF{},
		Signatures: []jsonSigned{}, Stamps: []jsonStamp{}, Unread: []jsonUnread{},
		Findings: []jsonFinding1{}, ARC: arcOf(a), Report: deliveryOf(a.Report),
		Verified: verifiedOf(a.Verified),
	}
	for _, h := range a.Hops {
		j.Hops = append(j.Hops, hopOf(h))
	}
	for _, f := range a.Authentication {
		j.Authentication = append(j.Authentication, authOf(f))
	}
	for _, f := range a.ReceivedSPF {
		j.ReceivedSPF = append(j.ReceivedSPF, jsonSPF{f.Position, f.Result, f.Comment,
			propertiesOf(f.Pairs), f.Trusted, rawOf(f.Raw)})
	}
	for _, s := range a.Signatures {
		j.Signatures = append(j.Signatures, jsonSigned{s.Position, propertiesOf(s.Tags),
			listOf(s.Problems), rawOf(s.Raw)})
	}
	for _, s := range a.Stamps {
		j.Stamps = append(j.Stamps, stampOf(s))
	}
	for _, f := range a.Unread {
		j.Unread = append(j.Unread, jsonUnread{f.Field, f.Position, rawOf(f.Raw)})
	}
	if a.Origin != nil {
		j.Origin = &jsonOrigin{address(a.Origin.IP), a.Origin.Hop, a.Origin.Why}
	}
	for _, f := range a.Findings {
		j.Findings = append(j.Findings, findingOf1(f))
	}
	return j
}

func hopOf(h seedtest.Hop) jsonHop {
	j := jsonHop{
		Header: h.Header,
		From:   jsonFrom{h.From.HELO, h.From.RDNS, address(h.From.IP), h.From.User},
		By:     jsonBy{h.By.Name, address(h.By.IP)},
		Via:    h.Via, With: h.With, ID: h.ID, For: h.For, Time: jsonTime(h.Time),
		Skewed: h.Skewed, Trust: h.Trusted, Bad: listOf(h.Problems), jsonRaw: rawOf(h.Raw),
	}
	if h.TLS != nil {
		j.TLS = &jsonTLS{h.TLS.Version, h.TLS.Cipher, h.TLS.Bits}
	}
	if h.Delay != nil {
		d := seconds(*h.Delay)
		j.Delay = &d
	}
	return j
}

func authOf(f seedtest.AuthField) jsonAuth {
	j := jsonAuth{
		Field: f.Field, Position: f.Position, Instance: f.Instance, AuthservID: f.AuthservID,
		Version: f.Version, Comments: f.Comments, Trusted: f.Trusted, Results: []jsonResult{},
		Problems: listOf(f.Problems), jsonRaw: rawOf(f.Raw),
	}
	for _, r := range f.Results {
		j.Results = append(j.Results, jsonResult{r.Method, r.Version, r.Result, r.Reason,
			propertiesOf(r.Properties), listOf(r.Comments)})
	}
	return j
}

func propertiesOf(list []seedtest.Property) []jsonProperty {
	out := []jsonProperty{}
	for _, p := range list {
		out = append(out, jsonProperty(p))
	}
	return out
}

func arcOf(a seedtest.Analysis) jsonARC {
	j := jsonARC{Sets: []jsonARCSet{}}
	if a.Verified != nil && a.Verified.ARC.Result != "" {
		j.Verified = &a.Verified.ARC.Result
	}
	newest := 0
	for _, s := range a.ARC {
		j.Sets = append(j.Sets, jsonARCSet{s.Instance, s.Seal, s.Message, s.Results, s.Validation,
			s.Problems})
		if s.Instance >= newest {
			newest, j.Claimed = s.Instance, s.Validation
		}
	}
	return j
}

func stampOf(s seedtest.Stamp) jsonStamp {
	values := make(map[string]string, len(s.Values)) // of a repeated key the first, as Value does
	for _, v := range s.Values {
		if _, ok := values[v.Name]; !ok {
			values[v.Name] = v.Value
		}
	}
	return jsonStamp{s.Family, s.Field, s.Position, values, s.Says, s.Status, s.Verdict,
		finite(s.Score), finite(s.Threshold), s.Trusted, rawOf(s.Raw)}
}

func findingOf1(f seedtest.Finding) jsonFinding1 {
	j := jsonFinding1{f.Code, string(f.Severity), f.Title, []jsonEvidence1{}, listOf(f.Fix)}
	for _, e := range f.Evidence {
		j.Evidence = append(j.Evidence, jsonEvidence1{e.Field, rawOf(e.Raw)})
	}
	return j
}
