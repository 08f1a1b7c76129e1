package sender

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/BurntSushi/toml"
)

// TestQueueIDsOfTheField gives every rule its own example, through all the rules before it.
func TestQueueIDsOfTheField(t *testing.T) {
	rules := queueIDRules()
	if len(rules) < 20 {
		t.Fatalf("queueids.toml gives %d rules", len(rules))
	}
	for _, r := range rules {
		if !r.founded() || r.re.NumSubexp() != 1 {
			t.Errorf("rule %q: wants a server, a source, a status and one group", r.Pattern)
		}
		if got := queueID(r.Example); r.ID == "" || got != r.ID {
			t.Errorf("queueID(%q) = %q, want %q of %s", r.Example, got, r.ID, r.Server)
		}
	}
}

// founded reports whether it is said of whom a rule is, and how that is known.
func (r queueIDRule) founded() bool {
	return r.Server != "" && r.Source != "" &&
		slices.Contains([]string{"documented", "observed", "guess"}, r.Status)
}

// TestSilentServers gives every reply that names nothing to all rules, in any case of letters.
func TestSilentServers(t *testing.T) {
	var file queueIDFile
	meta, err := toml.Decode(queueIDData, &file)
	if err != nil || len(meta.Undecoded()) > 0 || len(file.Silent) < 10 {
		t.Fatalf("queueids.toml: %v, unknown keys %v, %d silent servers", err, meta.Undecoded(), len(file.Silent))
	}
	for _, r := range file.Silent {
		if !r.founded() || r.Pattern != "" || r.ID != "" {
			t.Errorf("silent %q: wants a server, a source and a status, and no more", r.Example)
		}
		for _, text := range []string{r.Example, strings.ToUpper(r.Example), strings.ToLower(r.Example)} {
			if got := queueID(text); got != "" {
				t.Errorf("queueID(%q) of %s = %q, want none", text, r.Server, got)
			}
		}
	}
}

// TestQueueIDOfOthers shows replies of servers that word it as another does.
func TestQueueIDOfOthers(t *testing.T) {
	for text, want := range map[string]string{
		"Ok: queued as 0C0151AC06F9":              "0C0151AC06F9",           // Mailjet
		"Ok: queued as nhIMmON9SFOPcT0ii4nt2A":    "nhIMmON9SFOPcT0ii4nt2A", // SendGrid
		"Ok: requeued as 1234567":                 "",
		"Message queued with id 3039d0c5f1c00a2.": "3039d0c5f1c00a2", // Stalwart
		"Ok, id=05500-07, from MTA([127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4320170DA5": "4320170DA5", // amavis
		"Requested mail action okay, completed: id=1MKsaz-1wevcp3BHR-00M7kH":               "1MKsaz-1wevcp3BHR-00M7kH",
		"<a@example.org> [InternalId=306220] Queued mail for delivery":                     "306220",
		"Ok: queued on smtp3m.mail.yandex.net as 1430081058-6ltgNFKSir-iHEKdOrm":           "1430081058-6ltgNFKSir-iHEKdOrm",
		"OK queued as <202609210930.12345678@smtp-relay.example.net>":                      "202609210930.12345678@smtp-relay.example.net",
	} {
		if got := queueID(text); got != want {
			t.Errorf("queueID(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestHostileQueueID shows replies that look like one and give none, or none that is long.
func TestHostileQueueID(t *testing.T) {
	long := strings.Repeat("9", maxQueueID+1)
	for _, text := range []string{
		"Ok: queued as ...", "Ok: queued as <>", "Ok: queued as " + long, "OK id=" + long,
		long + " Message accepted for delivery", "OK <" + long + ">", "OK ids=" + long,
		"ok:  Message accepted", "Message received: 12 bytes", "OK <anna@example.org>", "id=",
		"[InternalId=]", "OK 1325743479 \ufffd", "Mail OK queued as",
	} {
		if got := queueID(text); got != "" {
			t.Errorf("queueID(%.60q) = %q, want none", text, got)
		}
	}
}

// TestQueueIDIsNotGuessed shows replies that name no message.
func TestQueueIDIsNotGuessed(t *testing.T) {
	for _, text := range []string{
		"", "OK", "OK: queued", "ok dirdel", "Message accepted for delivery", "Great success",
		"Message received", "OK message accepted for delivery", "Queued (0.108 seconds)",
	} {
		if got := queueID(text); got != "" {
			t.Errorf("queueID(%q) = %q, want none", text, got)
		}
	}
}

// FuzzQueueID: whatever a server says, an id is a word of its reply.
func FuzzQueueID(f *testing.F) {
	for _, r := range queueIDRules() {
		f.Add(r.Example)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = printable(text) // as it is kept
		id := queueID(text)
		if len(id) > maxQueueID || !strings.Contains(text, id) ||
			strings.ContainsFunc(id, unicode.IsSpace) {
			t.Fatalf("queueID(%q) = %q", text, id)
		}
	})
}
