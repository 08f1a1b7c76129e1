package resolve_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"seedtest"
	"seedtest/lab"
	"seedtest/resolve"
)

// TestLab asks the DNS of a mail world as the program does.
func TestLab(t *testing.T) {
	w, err := lab.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := resolve.New(resolve.Options{Servers: []string{w.DNS()}})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := r.TXT(t.Context(), "example.org")
	if err != nil || len(texts) != 1 || !strings.HasPrefix(texts[0], "v=spf1 ") {
		t.Errorf("TXT: got %q, %v", texts, err)
	}
	hosts, err := r.MX(t.Context(), "example.org")
	if err != nil || len(hosts) == 0 {
		t.Fatalf("MX: got %q, %v", hosts, err)
	}
	addrs, err := r.IP4(t.Context(), hosts[0])
	if err != nil || len(addrs) == 0 {
		t.Fatalf("IP4(%s): got %v, %v", hosts[0], addrs, err)
	}
	names, err := r.PTR(t.Context(), netip.MustParseAddr("198.51.100.4"))
	if err != nil || len(names) != 1 || names[0] != "mail1.example.org" {
		t.Errorf("PTR: got %q, %v", names, err)
	}
	if _, err := r.IP6(t.Context(), "mail1.example.org"); !errors.Is(err, seedtest.ErrNODATA) {
		t.Errorf("IP6 of a host that has none: got %v", err)
	}
	if _, err := r.IP4(t.Context(), "nothing.example.org"); !errors.Is(err, seedtest.ErrNXDOMAIN) {
		t.Errorf("IP4 of no host: got %v", err)
	}
}
