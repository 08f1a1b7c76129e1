package sender

import (
	"bytes"
	"errors"

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

// Hazards says what in a message filters must object to: the words of the keys that ask for it.
func Hazards(m seedtest.Message) []string {
	var found []string
	holds := func(what string) bool {
		for _, h := range m.Headers {
			if bytes.Contains([]byte(h.Value), []byte(what)) {
				return true
			}
		}
		for _, a := range m.Attachments {
			if bytes.Contains(a.Data, []byte(what)) {
				return true
			}
		}
		return bytes.Contains([]byte(m.Subject+"\n"+m.Text+"\n"+m.HTML), []byte(what)) ||
			bytes.Contains(m.Template, []byte(what))
	}
	if m.GTUBE || holds(gtube()) {
		found = append(found, "gtube")
	}
	if m.EICAR || holds(eicar()) {
		found = append(found, "eicar")
	}
	return found
}

// checkHazard refuses what filters must object to, unless both the message and the route say that
// it is meant. data is looked through, too: an encoding in a template may have hidden it.
func checkHazard(d Draft, data []byte) error {
	for _, what := range Hazards(d.Message) {
		asked := what == "gtube" && d.Message.GTUBE || what == "eicar" && d.Message.EICAR
		switch {
		case !asked:
			return errors.New("it holds the " + what + " string, which every filter refuses, and " +
				"does not say " + what + " = true")
		case !d.Hazard:
			return errors.New(what + " = true goes by a route with hazard = true only")
		}
	}
	if !d.Message.GTUBE && bytes.Contains(data, []byte(gtube())) {
		return errors.New("it holds the gtube string, and does not say gtube = true")
	}
	return nil
}
