package signin_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"seedtest"
	"seedtest/lab"
	"seedtest/signin"
)

// BenchmarkSecret is what a connection pays for a token that is still good.
func BenchmarkSecret(b *testing.B) {
	keep := signin.Files(b.TempDir())
	g := signin.Grant{Account: account, ClientID: "lab-client", Access: "a", Refresh: "r",
		Renewed: time.Now(), Expires: time.Now().Add(time.Hour)}
	if err := keep.Save("seed-a", g); err != nil {
		b.Fatal(err)
	}
	source := signin.NewSource(signin.New(loopbackOAuth("http://127.0.0.1:1"), signin.Options{}), keep)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Secret(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRenew is a renewal over loopback: lock, question, durable file.
func BenchmarkRenew(b *testing.B) {
	server := lab.NewOAuth(lab.OAuthOptions{ClientSecret: "client-secret"})
	page := httptest.NewServer(server)
	defer page.Close()
	oauth := loopbackOAuth(page.URL)
	oauth.Flow, oauth.ClientSecret = seedtest.FlowApp, seedtest.Secret("client-secret")
	source := signin.NewSource(signin.New(oauth, signin.Options{}), signin.Files(b.TempDir()))
	token, err := source.Secret(b.Context())
	for b.Loop() {
		if err != nil {
			b.Fatal(err)
		}
		token, err = source.Renew(b.Context(), token)
	}
}
