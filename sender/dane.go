package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// What TLSA records say (RFC 6698 section 2.1, RFC 7218). Of the usages SMTP has these two
// (RFC 7672 section 3.1.3).
const (
	usageTA = 2 // the certificate is an authority in the server's chain
	usageEE = 3 // the certificate is the server's own

	selectorCert = 0
	selectorKey  = 1
)

// maxTLSA bounds how many records of one server count.
const maxTLSA = 50

// tlsa is one TLSA record that SMTP can use.
type tlsa struct {
	usage, selector, matching int
	data                      []byte
}

// dane is what a server has to show by DNS.
type dane struct {
	records []tlsa   // none: TLS is demanded, and any certificate is taken
	names   []string // that a certificate below an authority may have
}

// key is empty without DANE.
func (d *dane) key() string {
	if d == nil {
		return ""
	}
	return fmt.Sprint(d.records, d.names)
}

// byDANE applies what DNS says of a server (RFC 7672 section 2.2). Without validated answers it is
// opportunistic; a lookup of TLSA records that fails is no proof that there are none, and the
// server is passed over.
func (c *Client) byDANE(ctx context.Context, x exchangers, a addresses, to *target) *trouble {
	to.server.TLS = seedtest.TLSOpportunistic
	to.policy = &seedtest.TLSPolicy{By: seedtest.TLSDANE}
	switch {
	case !x.authentic:
		to.policy.Note = notValidated("the MX records of " + x.domain)
		return nil
	case !a.authentic:
		to.policy.Note = notValidated("the addresses of " + to.server.Host)
		return nil
	}
	base := a.name
	answer, err := c.askTLSA(ctx, base, to.server.Port)
	if base != to.server.Host && (err != nil && nothing(err) || err == nil && !answer.Authentic) {
		base = to.server.Host // section 2.2.2: first where the aliases end, then where they begin
		answer, err = c.askTLSA(ctx, base, to.server.Port)
	}
	switch {
	case err != nil && nothing(err):
		to.policy.Note = base + " has no TLSA records"
		return nil
	case err != nil:
		return c.unresolved(ctx, "TLSA records of "+base, err)
	case !answer.Authentic:
		to.policy.Note = notValidated("the TLSA records of " + base)
		return nil
	}
	to.dane = &dane{records: usable(answer.List), names: []string{base, to.server.Host, x.domain}}
	to.server.TLS, to.policy.Demanded = seedtest.TLSStartTLS, true
	if len(to.dane.records) == 0 {
		to.policy.Note = "no TLSA record of " + base + " can be used for mail, so TLS is demanded, " +
			"and any certificate taken"
	}
	return nil
}

func notValidated(what string) string {
	return "DANE could not be used: " + what + " are not validated (no AD bit): the zone is not " +
		"signed, or the servers of [dns] do not validate"
}

func (c *Client) askTLSA(ctx context.Context, host string, port int) (Records, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeouts.Connect)
	defer cancel()
	return c.o.DNS.Lookup(ctx, fmt.Sprintf("_%d._tcp.%s", port, host), "TLSA")
}

// nothing reports whether DNS says that there is nothing.
func nothing(err error) bool {
	return errors.Is(err, seedtest.ErrNXDOMAIN) || errors.Is(err, seedtest.ErrNODATA)
}

// usable are the records that can be used for SMTP: the rest says nothing.
func usable(records []Record) []tlsa {
	var list []tlsa
	for _, r := range records {
		if t, ok := parseTLSA(r.Data); ok && len(list) < maxTLSA {
			list = append(list, t)
		}
	}
	return list
}

// parseTLSA reads a record in the form of zone files.
func parseTLSA(s string) (tlsa, bool) {
	f := strings.Fields(s)
	if len(f) < 4 {
		return tlsa{}, false
	}
	var n [3]int
	for i := range n {
		v, err := strconv.ParseUint(f[i], 10, 8)
		if err != nil {
			return tlsa{}, false
		}
		n[i] = int(v)
	}
	data, err := hex.DecodeString(strings.Join(f[3:], ""))
	t := tlsa{usage: n[0], selector: n[1], matching: n[2], data: data}
	known := (t.usage == usageTA || t.usage == usageEE) && t.selector <= selectorKey
	switch t.matching {
	case 0:
		known = known && len(data) > 0
	case 1:
		known = known && len(data) == sha256.Size
	case 2:
		known = known && len(data) == sha512.Size
	default:
		known = false
	}
	return t, err == nil && known
}

// matches reports whether a certificate is the one of the record.
func (t tlsa) matches(cert *x509.Certificate) bool {
	content := cert.Raw
	if t.selector == selectorKey {
		content = cert.RawSubjectPublicKeyInfo
	}
	switch t.matching {
	case 1:
		sum := sha256.Sum256(content)
		content = sum[:]
	case 2:
		sum := sha512.Sum512(content)
		content = sum[:]
	}
	return bytes.Equal(content, t.data)
}

var errDANE = errors.New("no certificate of the server is one that its TLSA records name: its " +
	"operator must publish a record for the certificate in use")

// verify holds the certificates of a connection against the records. For the server's own one
// neither name nor time counts (RFC 7672 section 3.1.1).
func (d *dane) verify(state tls.ConnectionState) (verified bool, err error) {
	if len(d.records) == 0 {
		return false, nil
	}
	chain := state.PeerCertificates
	for _, t := range d.records {
		switch {
		case t.usage == usageEE && t.matches(chain[0]):
			return true, nil
		case t.usage == usageTA && d.below(t, chain):
			return true, nil
		}
	}
	return false, &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: errDANE}
}

// below reports whether the server's certificate has one of the names and an authority in the chain
// that is the one of the record (section 3.1.2).
func (d *dane) below(t tlsa, chain []*x509.Certificate) bool {
	roots, rest := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, cert := range chain[1:] {
		if t.matches(cert) {
			roots.AddCert(cert)
			found = true
			continue
		}
		rest.AddCert(cert)
	}
	return found && slices.ContainsFunc(d.names, func(name string) bool {
		_, err := chain[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: rest})
		return err == nil
	})
}
