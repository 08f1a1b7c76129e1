package signin

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"seedtest"
)

// Device is a consent under way: a person opens URL on any machine and enters Code there.
type Device struct {
	URL     string
	Code    string
	Expires time.Time // until when

	client *Client
	config *oauth2.Config
	answer *oauth2.DeviceAuthResponse
}

// The pace at which a server may make us ask, and how long a code is waited for at most.
const (
	leastInterval = 1 // seconds
	usualInterval = 5
	mostInterval  = 60
	longestCode   = time.Hour
)

// Device asks for a code (RFC 8628 section 3.1).
func (c *Client) Device(ctx context.Context) (*Device, error) {
	config, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := config.DeviceAuth(c.asking(ctx))
	if err == nil {
		err = soundDevice(answer)
	}
	if err != nil {
		return nil, c.trouble(err, config.ClientSecret)
	}
	if latest := time.Now().Add(longestCode); answer.Expiry.IsZero() || answer.Expiry.After(latest) {
		answer.Expiry = latest
	}
	if answer.Interval != 0 { // 0: the library takes the RFC's own default
		answer.Interval = min(max(answer.Interval, leastInterval), mostInterval)
	}
	d := &Device{URL: seedtest.OneLine(answer.VerificationURI, 500),
		Code:    seedtest.OneLine(answer.UserCode, 100),
		Expires: answer.Expiry, client: c, config: config, answer: answer}
	return d, nil
}

// soundDevice says why nobody can follow the server's answer.
func soundDevice(a *oauth2.DeviceAuthResponse) error {
	switch {
	case a.DeviceCode == "" || a.UserCode == "" || len(a.DeviceCode) > maxToken:
		return errors.New("the answer holds no code")
	case !isPage(a.VerificationURI):
		return errors.New("the answer holds no address to enter the code at")
	}
	return nil
}

// isPage reports whether an address is that of a page of the web, which a browser may be sent to.
// In an address there is nothing but ASCII that can be seen (RFC 3986 section 2).
func isPage(address string) bool {
	unseen := func(r rune) bool { return r <= ' ' || r > '~' }
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && private(address) && !strings.ContainsFunc(address, unseen)
}

// Wait waits until the person has consented or refused, or the code has expired. A question that
// gets no answer, or that of a server in trouble, is asked again (RFC 8628 section 3.5).
func (d *Device) Wait(ctx context.Context) (Grant, error) {
	for {
		token, err := d.config.DeviceAccessToken(d.client.asking(ctx), d.answer)
		var refused *oauth2.RetrieveError
		var lost *url.Error
		switch late := !time.Now().Before(d.Expires); {
		case ctx.Err() != nil:
			return Grant{}, ctx.Err()
		case errors.As(err, &refused) && refused.ErrorCode == "access_denied":
			return Grant{}, d.client.without(seedtest.ReasonNoConsent, "consent was refused")
		case err != nil && refused == nil && late:
			return Grant{}, d.client.without(seedtest.ReasonNoConsent, "nobody entered the code in time")
		case errors.As(err, &lost), refused != nil && !late && passes(refused):
			d.client.log.Debug("device code: no answer", "login", d.client.oauth.Name)
			d.answer.Interval = min(max(d.answer.Interval, usualInterval)+usualInterval, mostInterval)
			continue // the library waits before it asks
		}
		return d.client.granted(token, err, d.config.ClientSecret, d.answer.DeviceCode)
	}
}

// passes reports whether a refusal says nothing of the code.
func passes(refused *oauth2.RetrieveError) bool {
	return reasonOf(refused) == seedtest.ReasonUnreachable
}
