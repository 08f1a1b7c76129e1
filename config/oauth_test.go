package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

// TestOAuth: what the configuration leaves out follows from the provider of the seed.
func TestOAuth(t *testing.T) {
	c, err := Load("testdata/good/oauth.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	google := seedtest.OAuth{Name: "seed-gmail-a", Account: "anna.example@gmail.com",
		Flow: seedtest.FlowBrowser, ClientID: "c", RedirectURL: "http://127.0.0.1:8400/back",
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", Scopes: []string{"https://mail.google.com/"},
		TokenURL: "https://oauth2.googleapis.com/token"}
	route := google
	route.Name, route.RedirectURL = "route-gmail", "http://localhost"
	login := "https://login.microsoftonline.com/"
	reads := []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"}
	personal := seedtest.OAuth{Name: "seed-outlook-a", Account: "anna.example@outlook.com",
		Flow: seedtest.FlowDevice, ClientID: "c", RedirectURL: "http://localhost", Scopes: reads,
		AuthURL:   login + "consumers/oauth2/v2.0/authorize",
		TokenURL:  login + "consumers/oauth2/v2.0/token",
		DeviceURL: login + "consumers/oauth2/v2.0/devicecode"}
	work := seedtest.OAuth{Name: "seed-work-a", Account: "a@example.net", Flow: seedtest.FlowDevice,
		ClientID: "work-client", RedirectURL: "http://localhost", Scopes: reads,
		AuthURL:   login + "example.onmicrosoft.com/oauth2/v2.0/authorize",
		TokenURL:  login + "example.onmicrosoft.com/oauth2/v2.0/token",
		DeviceURL: login + "example.onmicrosoft.com/oauth2/v2.0/devicecode"}
	second := work
	second.Name, second.Account = "seed-work-b", "b@example.net"
	robot := work
	robot.Name, robot.Account, robot.ClientID = "seed-work-c", "c@example.net", "robot-client"
	robot.Flow, robot.Scopes = seedtest.FlowApp, []string{"https://outlook.office365.com/.default"}
	own := seedtest.OAuth{Name: "seed-own", Account: "a@example.org", Flow: seedtest.FlowBrowser,
		ClientID: "c", RedirectURL: "http://localhost", AuthURL: "https://id.example.org/a",
		TokenURL: "http://127.0.0.1:8080/t", Scopes: []string{"mail"}}
	want := []seedtest.OAuth{route, google, personal, work, second, robot, own}
	var got []seedtest.OAuth
	for _, r := range c.Routes {
		if r.Login.OAuth != nil {
			got = append(got, *r.Login.OAuth)
		}
	}
	for _, s := range c.Seeds {
		got = append(got, *s.Login.OAuth)
	}
	for i := range got {
		if app := got[i].Flow == seedtest.FlowApp; app != (got[i].ClientSecret != nil) {
			t.Errorf("%s: flow %s, client_secret %v", got[i].Name, got[i].Flow, got[i].ClientSecret)
		}
		got[i].ClientSecret = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("OAuth of routes and seeds (-want +got):\n%s", diff)
	}
	if want := (Tokens{Dir: "/state/seedtest/tokens", Keyring: true}); c.Tokens != want {
		t.Errorf("Tokens = %+v, want %+v", c.Tokens, want)
	}
}
