package inbox

import (
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// list asks for all mailboxes, and where the server can tell both at once for their status too.
func (s *session) list(ctx context.Context) ([]listedBox, []boxStatus, error) {
	options := &imap.ListOptions{ReturnSpecialUse: s.has("SPECIAL-USE") && s.has("LIST-EXTENDED")}
	if s.has("LIST-STATUS") {
		options.ReturnStatus = &statusItems
	}
	a, err := s.listed(ctx, "", options)
	if err != nil {
		return nil, nil, err
	}
	sendable(a.listed)
	if s.has("XLIST") && !s.has("SPECIAL-USE") {
		err = s.addFlags(ctx, a.listed)
	}
	return a.listed, a.statuses, err
}

// listed sends one LIST. The wire reads the answer; the library sees an empty one.
func (s *session) listed(ctx context.Context, reference string, o *imap.ListOptions) (*answer,
	error) {
	answers, err := s.do(ctx, func() func() error {
		return dropFirst(s.client.List(reference, "*", o).Collect)
	})
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// sendable notes which names can be sent back. The library writes all names in UTF-8 once the
// server has written one so, and in modified UTF-7 otherwise.
func sendable(listed []listedBox) {
	coded := spelledUTF7
	for _, l := range listed {
		if l.spelling == spelledUTF8 {
			coded = spelledUTF8
		}
	}
	for i, l := range listed {
		listed[i].usable = l.spelling == spelledPlain || l.spelling == coded
	}
}

// xlistReference is the reference name of a LIST that goes out as XLIST.
const xlistReference = "XLIST"

// addFlags adds what XLIST tells: servers older than RFC 6154 name junk only there (Zimbra, Yandex,
// Mail.ru, QQ). It is asked once, and again when a mailbox appears. One that announces it and
// refuses it is not asked twice, because some servers count failed commands.
func (s *session) addFlags(ctx context.Context, listed []listedBox) error {
	if !s.noXList && s.anyNew(listed) {
		a, err := s.listed(ctx, xlistReference, nil)
		switch s.noXList = refused(err, "") != nil; {
		case err == nil:
			s.learnFlags(listed, a.listed)
		case !s.noXList:
			return err
		}
	}
	for i, l := range listed {
		listed[i].XAttrs = s.xlist[l.Name]
	}
	return nil
}

// anyNew reports whether a mailbox is one of which XLIST was not asked.
func (s *session) anyNew(listed []listedBox) bool {
	return slices.ContainsFunc(listed, func(l listedBox) bool {
		_, met := s.xlist[l.Name]
		return !met
	})
}

// learnFlags keeps the flags of XLIST by name; a mailbox that it left out has none.
func (s *session) learnFlags(listed, flagged []listedBox) {
	s.xlist = map[string][]string{}
	for _, l := range listed {
		s.xlist[l.Name] = nil
	}
	for _, l := range flagged {
		s.xlist[l.Name] = l.Attrs
	}
}

// enableUTF8 says that we take mailbox names and headers in UTF-8 (RFC 6855), which a server that
// announces UTF8=ONLY wants to hear before a mailbox is opened. Elsewhere it is not needed.
func (s *session) enableUTF8(ctx context.Context) error {
	_, err := s.do(ctx, func() func() error {
		return dropFirst(s.client.Enable(imap.CapUTF8Accept).Wait)
	})
	if refused(err, "") != nil {
		return nil // the mailboxes will say what that means
	}
	return err
}
