package sender

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// greet hears the greeting, and what it gives away.
func (s *session) greet(ctx context.Context) *trouble {
	reply, t := s.say(ctx, seedtest.StageBanner, "")
	if reply != nil {
		s.look(ofGreeting, reply.Text)
		s.lookAtWait()
	}
	if t == nil {
		s.banner = reply.Text
		return nil
	}
	if t.reply == nil && s.c.route.Server.Port == 465 && s.tls == nil {
		t.hint = "port 465 begins with TLS: set tls = \"implicit\""
	}
	return t
}

// hello says EHLO, or HELO to a server that does not know it (RFC 5321 section 4.1.4).
func (s *session) hello(ctx context.Context) *trouble {
	name := s.helo()
	s.extensions, s.mechanisms = nil, nil
	reply, t := s.say(ctx, seedtest.StageEHLO, "EHLO "+name)
	if t != nil && t.reply != nil && (t.reply.Code == 500 || t.reply.Code == 502) {
		s.look(ofEHLO, fmt.Sprintf("%d %s", t.reply.Code, t.reply.Text))
		_, t = s.say(ctx, seedtest.StageEHLO, "HELO "+name)
		return t
	}
	if t != nil {
		return t
	}
	lines := strings.Split(reply.Text, "\n")
	for _, line := range lines[1:] {
		s.extend(strings.TrimSpace(line))
	}
	return nil
}

// extend takes one line of an EHLO reply. Keywords may come in any case; some old servers write
// "AUTH=LOGIN".
func (s *session) extend(line string) {
	keyword, parameters, _ := strings.Cut(line, " ")
	keyword = strings.ToUpper(keyword)
	s.look(ofKeyword, keyword)
	s.extensions = append(s.extensions, clip(strings.TrimSpace(keyword+" "+parameters), maxDialogLine))
	if old, ok := strings.CutPrefix(keyword, "AUTH="); ok {
		keyword, parameters = "AUTH", old+" "+parameters
	}
	if keyword != "AUTH" {
		return
	}
	for m := range strings.FieldsSeq(strings.ToUpper(parameters)) {
		if !slices.Contains(s.mechanisms, m) {
			s.mechanisms = append(s.mechanisms, m)
		}
	}
}

func (s *session) offers(keyword string) bool {
	return slices.ContainsFunc(s.extensions, func(e string) bool {
		rest, ok := strings.CutPrefix(e, keyword)
		return ok && (rest == "" || rest[0] == ' ')
	})
}
