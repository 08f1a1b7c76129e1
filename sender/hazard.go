package sender

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"seedtest"
)

// gtube is the line that SpamAssassin and most other filters call spam on purpose (GTUBE, "Generic
// Test for Unsolicited Bulk Email"). It is put together here, so that no file of ours holds it.
func gtube() string {
	return "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL" +
		"*C.34X"
}

// eicar is the file that virus scanners report on purpose (EICAR anti-malware file). It is put
// together here, so that none takes this program for it.
func eicar() string {
	return `X5O!P%@AP[4\PZX54(P^)7CC)7}` + "$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"
}

// attachments are the files that go with a message.
func attachments(m seedtest.Message) []seedtest.Attachment {
	if !m.EICAR {
		return m.Attachments
	}
	all := m.Attachments[:len(m.Attachments):len(m.Attachments)]
	return append(all, seedtest.Attachment{Name: "eicar.com", Type: "application/octet-stream",
		Data: []byte(eicar())})
}

// hazardsOf says what in a message filters must object to: the words of the keys that ask for it.
func hazardsOf(m seedtest.Message) []string {
	texts := []string{m.Subject, m.Text, m.HTML, string(m.Template)}
	for _, h := range m.Headers {
		texts = append(texts, h.Value)
	}
	for _, a := range m.Attachments {
		texts = append(texts, string(a.Data))
	}
	found := hazardsIn(texts...)
	if m.GTUBE && !slices.Contains(found, "gtube") {
		found = append(found, "gtube")
	}
	if m.EICAR && !slices.Contains(found, "eicar") {
		found = append(found, "eicar")
	}
	return found
}

// hazardsIn looks for both strings.
func hazardsIn(texts ...string) (found []string) {
	for _, h := range []struct{ name, text string }{{"eicar", eicar()}, {"gtube", gtube()}} {
		if slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, h.text) }) {
			found = append(found, h.name)
		}
	}
	return found
}

// checkHazard refuses what filters must object to, unless both the message and the route say that
// it is meant. What an encoding hides in a template is found as that is read.
func checkHazard(d Draft, data []byte) error {
	for _, what := range hazardsOf(d.Message) {
		asked := what == "gtube" && d.Message.GTUBE || what == "eicar" && d.Message.EICAR
		switch {
		case !asked:
			return unasked(what)
		case !d.Hazard:
			return errors.New(what + " = true goes by a route with hazard = true only")
		}
	}
	if !d.Message.GTUBE && bytes.Contains(data, []byte(gtube())) {
		return unasked("gtube")
	}
	return nil
}

func unasked(what string) error {
	return errors.New("it holds the " + what + " string, which every filter refuses, and does " +
		"not say " + what + " = true")
}
