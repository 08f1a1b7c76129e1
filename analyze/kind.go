package analyze

import "strings"

// kind is what a field is read as.
type kind uint8

const (
	kindOther kind = iota
	kindHop
	kindResults
	kindSPF
	kindARC
	kindSignature
	kindStamp
	kindUnread
	kindCount
)

// known is what a field is, and of stamps the form.
type known struct {
	kind kind
	form *stampForm
}

// commonFields are the names, in lower case, that stand in most messages. Those of kindOther are
// here so that no rule for names is asked about them.
var commonFields = map[string]known{
	"received":              {kind: kindHop},
	"received-spf":          {kind: kindSPF},
	"arc-seal":              {kind: kindARC},
	"arc-message-signature": {kind: kindARC},
	"dkim-signature":        {kind: kindSignature},
	results:                 {kind: kindResults},
	"arc-" + results:        {kind: kindResults},

	"message-id": {}, "subject": {}, "from": {}, "date": {}, "to": {}, "cc": {}, "reply-to": {},
	"sender": {}, "return-path": {}, "delivered-to": {}, "x-received": {}, "references": {},
	"in-reply-to": {}, "mime-version": {}, "content-type": {}, "content-transfer-encoding": {},
	"content-language": {}, "list-id": {}, "list-unsubscribe": {}, "list-unsubscribe-post": {},
	"list-post": {}, "list-help": {}, "precedence": {}, "x-mailer": {}, "user-agent": {},
	"feedback-id": {}, "thread-topic": {}, "thread-index": {}, "x-original-to": {},
}

// byLength holds the common names by their length: few are as long as another.
var byLength = func() (lists [64][]commonField) {
	for key, known := range commonFields {
		lists[len(key)] = append(lists[len(key)], commonField{key, known})
	}
	return lists
}()

type commonField struct {
	key string
	known
}

// knownField tells what a field is by its name in lower case.
func knownField(key string) known {
	if len(key) < len(byLength) {
		list := byLength[len(key)]
		for i := range list {
			if list[i].key == key {
				return list[i].known
			}
		}
	}
	if isResults(key) {
		return known{kind: kindResults}
	}
	table := stampTable()
	if form := table.form(key); form != nil {
		return known{kind: kindStamp, form: form}
	}
	if table.unread.matches(key) {
		return known{kind: kindUnread}
	}
	return known{}
}

// results is how the names of fields of results end: beside RFC 8601's and RFC 8617's there are
// X-Original-Authentication-Results and others in which forwarders keep what they found.
const results = "authentication-results"

// isResults reports whether a field of that name, in lower case, holds results. Microsoft puts
// "-original" behind the name of what others wrote.
func isResults(key string) bool {
	return strings.HasSuffix(strings.TrimSuffix(key, "-original"), results)
}
