package report

import (
	"fmt"
	"strings"

	"seedtest"
)

type jsonTLSPolicy struct {
	By       string `json:"by"`
	Mode     string `json:"mode,omitempty"`
	ID       string `json:"id,omitempty"`
	Demanded bool   `json:"demanded"`
	Note     string `json:"note,omitempty"`
}

type jsonTried struct {
	Host       string     `json:"host"`
	Preference *int       `json:"preference,omitempty"`
	Remote     string     `json:"remote,omitempty"`
	Begun      jsonTime   `json:"begun,omitzero"`
	Outcome    string     `json:"outcome"`
	Stage      string     `json:"stage"`
	Reply      *jsonReply `json:"reply"`
	Error      string     `json:"error,omitempty"`
}

type jsonUnreached struct {
	Remote string   `json:"remote"`
	Begun  jsonTime `json:"begun,omitzero"`
	Error  string   `json:"error"`
}

// servers adds which servers an attempt had to do with.
func (j *jsonSubmission) servers(s seedtest.Submission) {
	j.Host, j.Preference = s.Host, s.Preference
	if p := s.Policy; p != nil {
		j.Policy = &jsonTLSPolicy{string(p.By), p.Mode, p.ID, p.Demanded, p.Note}
	}
	for _, t := range s.Tried {
		j.Tried = append(j.Tried, jsonTried{t.Host, t.Preference, t.Remote, jsonTime(t.Begun),
			string(t.Outcome), string(t.Stage), replyOf(t.Reply), t.Error})
	}
	for _, u := range s.Unreached {
		j.Unreached = append(j.Unreached, jsonUnreached{u.Remote, jsonTime(u.Begun), u.Error})
	}
}

// serverWords says which server an attempt ended at, where it might have been another.
func serverWords(s seedtest.Submission) string {
	if s.Preference == nil && len(s.Tried) == 0 && s.Policy == nil {
		return ""
	}
	text := "server " + hostWords(s.Host, s.Preference)
	if p := s.Policy; p != nil {
		text += "; " + tlsPolicyWords(*p)
	}
	return text
}

func hostWords(host string, preference *int) string {
	if preference != nil {
		return fmt.Sprintf("%s (MX %d)", host, *preference)
	}
	return host
}

// tlsPolicyWords says what was published about TLS, and what came of it.
func tlsPolicyWords(p seedtest.TLSPolicy) string {
	text := strings.TrimSpace(strings.ToUpper(string(p.By)) + " " + p.Mode)
	if p.ID != "" {
		text += " (policy " + p.ID + ")"
	}
	if p.Demanded {
		text += " demanded TLS"
	}
	if p.Note != "" {
		text += ": " + p.Note
	}
	return text
}

// unreachedWords says why an address of the server gave no connection.
func unreachedWords(u seedtest.Unreached) string {
	return "no connection to " + u.Remote + ": " + u.Error
}

// triedWords says why another server of an attempt did not take the message.
func triedWords(t seedtest.Tried) string {
	text := "also tried: " + hostWords(t.Host, t.Preference)
	if t.Remote != "" {
		text += " at " + t.Remote
	}
	text += ", " + strings.ReplaceAll(string(t.Outcome), "_", " ") + " at " + string(t.Stage)
	switch {
	case t.Reply != nil:
		text += ": " + codes(*t.Reply) + " " + t.Reply.Text
	case t.Error != "":
		text += ": " + t.Error
	}
	return text
}
