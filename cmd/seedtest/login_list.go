package main

import (
	"errors"
	"fmt"
	"time"

	"seedtest"
	"seedtest/report"
	"seedtest/signin"
)

// loginOut is the state of one sign-in in the schema seedtest.login/v1.
type loginOut struct {
	Name       string               `json:"name"`
	Flow       seedtest.OAuthFlow   `json:"flow"`
	OK         bool                 `json:"ok"`
	Reason     seedtest.FaultReason `json:"reason,omitempty"` // why not
	Error      string               `json:"error,omitempty"`
	Granted    *time.Time           `json:"granted,omitempty"`
	Renewed    *time.Time           `json:"renewed,omitempty"`
	ValidUntil *time.Time           `json:"valid_until,omitempty"` // of the access token
	Renewable  bool                 `json:"renewable"`
}

// listLogins prints the state of every sign-in. Nobody is asked.
func (a *app) listLogins(f loginFlags) error {
	if f != (loginFlags{}) {
		return usage(errors.New("the flags need a seed's name"))
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	list := []loginOut{}
	for _, l := range a.oauthLogins(cfg) {
		g, err := a.tokenSource(cfg, l.oauth).State()
		list = append(list, loginState(l, g, err))
	}
	if a.format == "json" {
		return report.WriteJSON(a.stdout, struct {
			Schema string     `json:"schema"`
			Logins []loginOut `json:"logins"`
		}{"seedtest.login/v1", list})
	}
	if len(list) == 0 {
		a.say(`no seed signs in with OAuth: write oauth = { client_id = "..." } in a seed's table`)
	}
	for _, l := range list {
		if _, err := fmt.Fprintln(a.stdout, report.CleanLine(l.line())); err != nil {
			return broken(err)
		}
	}
	return nil
}

func loginState(l oauthLogin, g signin.Grant, err error) loginOut {
	out := loginOut{Name: l.name, Flow: l.oauth.Flow, OK: err == nil, Granted: at(g.Granted),
		Renewed: at(g.Renewed), ValidUntil: at(g.Expires),
		Renewable: g.Refresh != "" || l.oauth.Flow == seedtest.FlowApp}
	if err != nil {
		out.Error = err.Error()
	}
	var token *seedtest.TokenError
	if errors.As(err, &token) {
		out.Reason = token.Reason
	}
	return out
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// line tells the state to a person.
func (l loginOut) line() string {
	if !l.OK {
		return fmt.Sprintf("FAIL  %-16s %-8s %s", l.Name, l.Flow, l.Error)
	}
	line := fmt.Sprintf("ok    %-16s %-8s", l.Name, l.Flow)
	if l.Granted == nil {
		return line + " by the application's own secret"
	}
	line += " signed in " + l.Granted.Local().Format(time.DateOnly)
	line += ", renewed " + l.Renewed.Local().Format("2006-01-02 15:04")
	if l.ValidUntil != nil {
		line += ", access token until " + l.ValidUntil.Local().Format("2006-01-02 15:04")
	}
	return line
}
