package lab

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
)

// oauthHost is the authorization server's name in the world.
const oauthHost = "login.outlook-like.example"

var oauthAt = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 33}), 443)

// openOAuth serves the authorization server whose tokens the world's accounts take, if there is
// one in it.
func (w *World) openOAuth() error {
	if w.options.OAuth == nil {
		return nil
	}
	config, err := w.authority.server(oauthHost)
	if err != nil {
		return err
	}
	l, err := w.network.listen(oauthAt)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: w.options.OAuth, TLSConfig: config,
		ReadTimeout: imapPatience, WriteTimeout: imapPatience,
		BaseContext: func(net.Listener) context.Context { return w.ctx }}
	w.tasks.Go(func() {
		if err := server.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			w.logger.Error("OAuth", "error", err)
		}
	})
	context.AfterFunc(w.ctx, func() { _ = server.Close() })
	for _, s := range w.seeds {
		if s.provider.token {
			s.account.oauth = w.options.OAuth
		}
	}
	return nil
}

// OAuthURL returns where the authorization server is for parties of the world, without a slash at
// its end, or where other processes find it on loopback.
func (w *World) OAuthURL(loopback bool) string {
	if loopback {
		return "https://" + w.network.real(oauthAt)
	}
	return "https://" + oauthHost
}
