package lab

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/emersion/go-smtp"
)

// hop is a connection to an MX that has taken MAIL and RCPT.
type hop struct {
	client *smtp.Client
	host   string
	ip     netip.Addr
	to     string
	no     *smtp.SMTPError // what the MX itself said that was not yes
}

// open finds the MX of a recipient and says MAIL and RCPT there. With an error it returns how far it
// came, nil if there is no MX to be reached.
func (r *relay) open(from, to string) (*hop, *smtp.SMTPError) {
	ctx := r.world.ctx
	exchangers, err := r.world.resolver.LookupMX(ctx, domainOf(to))
	if err != nil {
		var missing *net.DNSError
		if errors.As(err, &missing) && missing.IsNotFound {
			return nil, reply(550, smtp.EnhancedCode{5, 1, 2}, fmt.Sprintf(
				"<%s>: Recipient address rejected: Domain not found", to))
		}
		return nil, reply(451, smtp.EnhancedCode{4, 4, 3}, "Temporary lookup failure")
	}
	host := exchangers[0].Host[:len(exchangers[0].Host)-1]
	conn, err := r.world.dialFrom(ctx, r.ip, host, "25")
	if err != nil {
		return nil, reply(451, smtp.EnhancedCode{4, 4, 1}, fmt.Sprintf("connect to %s: %v", host, err))
	}
	h := &hop{host: host, ip: ipOf(conn.RemoteAddr()), to: to}
	if err := h.begin(conn, r, from); err != nil {
		_ = conn.Close()
		return h, h.told("RCPT TO", err)
	}
	return h, nil
}

func (h *hop) begin(conn net.Conn, r *relay, from string) error {
	client, err := smtp.NewClientStartTLS(conn, &tls.Config{ServerName: h.host,
		RootCAs: r.world.authority.roots()})
	if err != nil {
		return err
	}
	h.client = client
	if err := client.Hello(r.host); err != nil {
		return err
	}
	if err := client.Mail(from, nil); err != nil {
		return err
	}
	return client.Rcpt(h.to, nil)
}

// content hands over the message and returns the MX's answer to it.
func (h *hop) content(message []byte) (said string, failed *smtp.SMTPError) {
	w, err := h.client.Data()
	if err != nil {
		return "", h.told("DATA", err)
	}
	if _, err := w.Write(message); err != nil {
		return "", h.told("end of DATA", err)
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return "", h.told("end of DATA", err)
	}
	return "250 " + answer.StatusText, nil
}

// told hands the MX's answer to the client word for word, as Postfix words it. Anything else that
// goes wrong is temporary.
func (h *hop) told(command string, err error) *smtp.SMTPError {
	var e *smtp.SMTPError
	if !errors.As(err, &e) {
		return reply(451, smtp.EnhancedCode{4, 4, 2}, fmt.Sprintf(
			"<%s>: lost connection with %s[%s] while sending %s", h.to, h.host, h.ip, command))
	}
	h.no = e
	lines := bytes.Split([]byte(e.Message), []byte("\n"))
	var all []string
	for i, line := range lines {
		text := string(line)
		if i == 0 {
			text = fmt.Sprintf("<%s>: host %s[%s] said: %d %s%s", h.to, h.host, h.ip, e.Code,
				status(e.EnhancedCode), line)
		}
		if i == len(lines)-1 {
			text += fmt.Sprintf(" (in reply to %s command)", command)
		}
		all = append(all, text)
	}
	return reply(e.Code, e.EnhancedCode, all...)
}

func (h *hop) close() {
	_ = h.client.Quit()
	_ = h.client.Close()
}
