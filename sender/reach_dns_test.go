package sender

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"seedtest"
)

// resolving answers every question for A with these addresses.
func resolving(list ...[4]byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			answerDNS(server, list)
		}()
		return client, nil
	}}
}

// answerDNS answers one question as it is asked over TCP.
func answerDNS(conn net.Conn, list [][4]byte) {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, question); err != nil {
		return
	}
	var m dnsmessage.Message
	if m.Unpack(question) != nil {
		return
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		for _, ip := range list {
			m.Answers = append(m.Answers, dnsmessage.Resource{Body: &dnsmessage.AResource{A: ip},
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}})
		}
	}
	if answer, err := m.Pack(); err == nil {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

func twenty() *net.Resolver {
	var list [][4]byte
	for i := range byte(20) {
		list = append(list, [4]byte{192, 0, 2, i + 1})
	}
	return resolving(list...)
}

// TestAddressesOnRecord: an address of the server where nothing listens is on record and told by Check,
// and costs nothing else.
func TestAddressesOnRecord(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only the loopback of Linux has more than one address of IPv4")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "554 5.3.2 not today\r\n")
			conn.Close()
		}
	}()
	route := seedtest.Route{Name: "old", Type: seedtest.RouteSMTP, HELO: "mail.example.org",
		Server: seedtest.Endpoint{Host: "mx.example.net", Port: l.Addr().(*net.TCPAddr).Port, TLS: seedtest.TLSNone}}
	client := New(route, Options{Resolver: resolving([4]byte{127, 0, 0, 2}, [4]byte{127, 0, 0, 1})})
	defer client.Close()
	rec := client.newRecord()
	s, trouble := client.open(t.Context(), rec)
	if s == nil || trouble == nil || trouble.stage != seedtest.StageBanner {
		t.Fatalf("%+v", trouble)
	}
	s.w.drop()
	list := rec.sub.Unreached
	if len(list) != 1 || !strings.HasPrefix(list[0].Remote, "127.0.0.2:") || list[0].Error != "connection refused" ||
		list[0].Begun.IsZero() || !strings.HasPrefix(rec.sub.Remote, "127.0.0.1:") {
		t.Errorf("connected to %s, unreached %+v", rec.sub.Remote, list)
	}
	if check := client.Check(t.Context()); !strings.Contains(strings.Join(check.Remarks, "\n"),
		list[0].Remote+": connection refused") {
		t.Errorf("Check remarks %q", check.Remarks)
	}
	l.Close()
	_, trouble = client.open(t.Context(), client.newRecord())
	if what := trouble.text(); strings.Count(what, "connection refused") != 2 ||
		!strings.Contains(what, "127.0.0.2") || !strings.Contains(what, "nothing listens") {
		t.Errorf("where none answers: %s", what)
	}
}
