package signin_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seedtest"
	"seedtest/lab"
	"seedtest/signin"
)

// childEnv tells this test's program to be a process that wants a token: DIR and URL, by a space.
const childEnv = "SIGNIN_TEST_CHILD"

func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		dir, address, _ := strings.Cut(child, " ")
		token, err := loopbackSource(dir, address).Secret(context.Background())
		fmt.Println(token.Reveal(), err)
		return
	}
	goleak.VerifyTestMain(m)
}

func loopbackOAuth(address string) seedtest.OAuth {
	return seedtest.OAuth{Name: "seed-a", Account: account, Flow: seedtest.FlowBrowser,
		ClientID: "lab-client", Scopes: []string{"https://mail.example/"},
		AuthURL: address + "/authorize", TokenURL: address + "/token",
		RedirectURL: "http://localhost/back"}
}

func loopbackSource(dir, address string) *signin.Source {
	return signin.NewSource(signin.New(loopbackOAuth(address), signin.Options{}), signin.Files(dir))
}

// TestProcesses: of several processes that find an old token, one renews it, and all use the new
// one. Where tokens rotate, a second renewal would end the consent.
func TestProcesses(t *testing.T) {
	server := lab.NewOAuth(lab.OAuthOptions{Rotate: true})
	page := httptest.NewServer(server)
	defer page.Close()
	v, err := signin.New(loopbackOAuth(page.URL), signin.Options{}).Visit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	open(t, v.URL)
	g, err := v.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Expires = time.Now()
	dir := t.TempDir()
	if err := signin.Files(dir).Save("seed-a", g); err != nil {
		t.Fatal(err)
	}
	asked := server.Asked("/token")
	said := make(chan string)
	for range 4 {
		go func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+dir+" "+page.URL)
			out, err := cmd.CombinedOutput()
			if err != nil {
				out = append(out, err.Error()...)
			}
			said <- strings.TrimSpace(string(out))
		}()
	}
	for range 4 {
		out := <-said
		token, rest, _ := strings.Cut(out, " ")
		if _, ok := server.Opens(account, token); !ok || rest != "<nil>" {
			t.Errorf("a process said %q, want a token that opens the mailbox", out)
		}
	}
	if n := server.Asked("/token") - asked; n != 1 {
		t.Errorf("the server was asked %d times, want once", n)
	}
}
