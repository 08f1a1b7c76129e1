package lab

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"seedtest"
)

// client connects go-imap's client as the first account. pushed gets the counts that IDLE tells.
func (w *imapWorld) client(pushed chan<- uint32) *imapclient.Client {
	w.t.Helper()
	options := &imapclient.Options{TLSConfig: w.roots,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil && pushed != nil {
					pushed <- *data.NumMessages
				}
			},
			Expunge: func(n uint32) {
				if pushed != nil {
					pushed <- 1000 + n
				}
			},
		}}
	conn := w.dial()
	var client *imapclient.Client
	var err error
	switch {
	case w.roots == nil:
		client = imapclient.New(conn, options)
	case w.server.style.startTLS:
		client, err = imapclient.NewStartTLS(conn, options)
	default:
		client = imapclient.New(tlsClient(w, conn), options)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = client.Close() })
	return client
}

func (w *imapWorld) login(client *imapclient.Client) {
	w.t.Helper()
	var err error
	if w.server.style.offers("LOGINDISABLED") {
		err = client.Authenticate(tokenOf{"a@example.org", "open sesame"})
	} else {
		err = client.Login("a@example.org", "open sesame").Wait()
	}
	if err != nil {
		w.t.Fatalf("sign in: %v", err)
	}
}

// tokenOf is XOAUTH2, which go-sasl lacks.
type tokenOf struct{ user, token string }

func (x tokenOf) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

func (tokenOf) Next([]byte) ([]byte, error) { return []byte{}, nil }

var _ sasl.Client = tokenOf{}

// A client that was written for the real servers must work with every style.
func TestIMAPClient(t *testing.T) {
	for _, style := range imapStyles() {
		t.Run(style.id, func(t *testing.T) {
			style.noLogin = ""
			w := serve(t, style, true)
			client := w.client(nil)
			w.login(client)
			client.Caps()
			listMailboxes(t, w, client)
			readLetter(t, w, client)
			if err := client.Logout().Wait(); err != nil {
				t.Errorf("LOGOUT: %v", err)
			}
		})
	}
}

func listMailboxes(t *testing.T, w *imapWorld, client *imapclient.Client) {
	listed, err := client.List("", "*", nil).Collect()
	if err != nil {
		t.Fatalf("LIST: %v", err)
	}
	for _, box := range w.server.style.boxes {
		i := slices.IndexFunc(listed, func(l *imap.ListData) bool { return l.Mailbox == box.name })
		if i < 0 {
			t.Errorf("LIST has no %q", box.name)
			continue
		}
		junk := slices.Contains(listed[i].Attrs, imap.MailboxAttrJunk)
		if want := box.role == seedtest.RoleJunk && w.server.style.uses; junk != want {
			t.Errorf("LIST: %q has \\Junk: %v, want %v", box.name, junk, want)
		}
	}
}

func readLetter(t *testing.T, w *imapWorld, client *imapclient.Client) {
	junk := w.a.role(seedtest.RoleJunk)
	uid := w.deliver(junk, "", letterOne)
	status, err := client.Status(junk, &imap.StatusOptions{NumMessages: true, UIDNext: true}).Wait()
	if err != nil || *status.NumMessages != 1 || uint32(status.UIDNext) != uid+1 {
		t.Fatalf("STATUS = %+v, %v; want 1 message and UIDNEXT %d", status, err, uid+1)
	}
	if _, err := client.Select(junk, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatalf("EXAMINE: %v", err)
	}
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true,
		Partial: &imap.SectionPartial{Size: 100 << 10}}
	messages, err := client.Fetch(imap.UIDSetNum(imap.UID(uid)), &imap.FetchOptions{UID: true,
		Flags: true, InternalDate: true, Envelope: true, RFC822Size: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{header}}).Collect()
	if err != nil || len(messages) != 1 {
		t.Fatalf("FETCH = %d messages, %v; want 1", len(messages), err)
	}
	m := messages[0]
	want, _, _ := strings.Cut(letterOne, "Hello")
	if got := string(m.BodySection[0].Bytes); got != want {
		t.Errorf("header = %q, want %q", got, want)
	}
	if m.UID != imap.UID(uid) || !m.InternalDate.Equal(newYear) || len(m.Flags) != 0 {
		t.Errorf("FETCH = UID %d, %v, %v; want %d, %v and no flags", m.UID, m.InternalDate, m.Flags,
			uid, newYear)
	}
	if m.Envelope.MessageID != "one@example.org" || m.Envelope.From[0].Name != "Ops" {
		t.Errorf("envelope = %+v", m.Envelope)
	}
	if kind := m.BodyStructure.MediaType(); kind != "text/plain" {
		t.Errorf("BODYSTRUCTURE = %s, want text/plain", kind)
	}
}

// By STARTTLS, nobody signs in before.
func TestIMAPStartTLS(t *testing.T) {
	style := strictLike
	style.startTLS = true
	w := serve(t, style, true)
	w.talk().play(`
		C: a1 CAPABILITY
		S: * CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED
		S: a1 OK CAPABILITY completed
		C: a2 LOGIN a@example.org "open sesame"
		S: a2 NO [PRIVACYREQUIRED] Encrypt the connection first
		C: a3 AUTHENTICATE PLAIN AGFAZXhhbXBsZS5vcmcAb3BlbiBzZXNhbWU=
		S: a3 NO [PRIVACYREQUIRED] Encrypt the connection first
	`)
	client := w.client(nil)
	w.login(client)
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Errorf("SELECT after STARTTLS and LOGIN: %v", err)
	}
}

// What was sent in plain text behind STARTTLS is not taken for what comes in TLS.
func TestIMAPStartTLSForgetsPlainText(t *testing.T) {
	style := strictLike
	style.startTLS = true
	w := serve(t, style, true)
	c := w.talk()
	c.send("a STARTTLS\r\nb LOGIN a@example.org \"open sesame\"\r\n")
	if got := c.line(); got != "a OK Begin TLS negotiation now" {
		t.Fatalf("STARTTLS = %q", got)
	}
	conn := tlsClient(w, c.conn)
	if _, err := io.WriteString(conn, "c LIST \"\" *\r\n"); err != nil {
		t.Fatal(err)
	}
	c = &talker{t, conn, newReader(conn)}
	if got, want := c.line(), "c BAD LIST is not allowed before signing in"; got != want {
		t.Errorf("after STARTTLS: %q, want %q", got, want)
	}
}

// Who waits in IDLE is told of what comes and goes at once.
func TestIMAPIdle(t *testing.T) {
	w := serve(t, gmailLike, true)
	pushed := make(chan uint32, 10)
	client := w.client(pushed)
	w.login(client)
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	idle, err := client.Idle()
	if err != nil {
		t.Fatal(err)
	}
	uid := w.deliver("INBOX", "primary", letterOne)
	if got := wait(t, pushed); got != 1 {
		t.Errorf("IDLE told %d messages, want 1", got)
	}
	if _, ok := w.a.move("INBOX", uid, "[Gmail]/Spam"); !ok {
		t.Fatal("the message could not be moved")
	}
	if got := wait(t, pushed); got != 1001 {
		t.Errorf("IDLE told %d, want that message 1 is gone (1001)", got)
	}
	if err := idle.Close(); err != nil {
		t.Fatal(err)
	}
	if err := idle.Wait(); err != nil {
		t.Errorf("IDLE ended with %v", err)
	}
}

func wait[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// The clean-up of a run: append, mark, expunge by UID, copy and move.
func TestIMAPClientChanges(t *testing.T) {
	w := serve(t, silentLike, true)
	var changes []accountChange
	w.a.changed = func(c accountChange) { changes = append(changes, c) }
	client := w.client(nil)
	w.login(client)
	appended := appendLetter(t, client, "Spam")
	if _, err := client.Select("Spam", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	copied, err := client.Copy(imap.UIDSetNum(appended), "Archive").Wait()
	if err != nil || len(copied.DestUIDs) != 1 {
		t.Fatalf("COPY = %+v, %v", copied, err)
	}
	if _, err := client.Move(imap.UIDSetNum(appended), "Trash").Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Select("Trash", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	all := imap.UIDSet{imap.UIDRange{Start: 1}}
	mark := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := client.Store(all, mark, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.UIDExpunge(all).Close(); err != nil {
		t.Fatal(err)
	}
	trash := uint32(77 + 500)
	want := []accountChange{{"Spam", uint32(appended), "Trash", trash}, {"Trash", trash, "", 0}}
	if !slices.Equal(changes, want) {
		t.Errorf("changes told = %+v, want %+v", changes, want)
	}
}

func appendLetter(t *testing.T, client *imapclient.Client, mailbox string) imap.UID {
	t.Helper()
	cmd := client.Append(mailbox, int64(len(letterOne)), &imap.AppendOptions{
		Flags: []imap.Flag{imap.FlagSeen}, Time: newYear.Add(-time.Hour)})
	if _, err := io.WriteString(cmd, letterOne); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := cmd.Wait()
	if err != nil {
		t.Fatalf("APPEND: %v", err)
	}
	return data.UID
}

// A refused literal is asked for and then refused, as servers do that look at it last.
func TestIMAPAppendRefused(t *testing.T) {
	w := serve(t, localLike, false)
	w.signIn().play(`
		C: a1 APPEND Nowhere {3}
		S: + Ready for literal data
		C: abc
		S: a1 NO [TRYCREATE] No such mailbox
		C: a2 APPEND INBOX (\Seen) " 1-Dec-2026 10:00:00 +0100" {9}
		S: + Ready for literal data
		C: A: b
		C: 
		C: c
		S: a2 OK [APPENDUID 1798795800 9] APPEND completed
		C: a3 EXAMINE INBOX
		S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen)
		S: * OK [PERMANENTFLAGS ()] Flags permitted.
		S: * 1 EXISTS
		S: * 0 RECENT
		S: * OK [UIDVALIDITY 1798795800] UIDs valid.
		S: * OK [UIDNEXT 10] Predicted next UID.
		S: a3 OK [READ-ONLY] EXAMINE completed
		C: a4 FETCH 1 (FLAGS INTERNALDATE BODY[TEXT])
		S: * 1 FETCH (INTERNALDATE "01-Dec-2026 10:00:00 +0100" FLAGS (\Seen) BODY[TEXT] {1}
		S: c)
		S: a4 OK FETCH completed
	`)
}

// It works over TCP as well.
func TestIMAPOverTCP(t *testing.T) {
	w := serve(t, strictLike, false)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serveIMAP(l, strictLike, []*account{w.a}, nil, nil, nil)
	client, err := imapclient.DialInsecure(l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.login(client)
	if err := server.Close(); err != nil { // while a session is open
		t.Errorf("Close() = %v", err)
	}
	if err := client.Noop().Wait(); err == nil {
		t.Error("NOOP after Close: no error")
	}
	_ = client.Close()
}
