package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("secret", "from a file \r\n", 0o600)
	env := testEnv()
	env.Run = func(_ context.Context, in string, argv []string) ([]byte, error) {
		if in != dir {
			t.Errorf("command runs in %q, want %q", in, dir)
		}
		if argv[0] == "broken" {
			return []byte("hunter2"), errors.New("exit status 1")
		}
		return []byte(strings.Join(argv, " ") + "\n"), nil
	}
	text := strings.Replace(least, `{ env = "SEED_PASSWORD" }`, "SECRET", 1)
	for secret, want := range map[string]string{
		`{ env = "SEED_PASSWORD" }`:         "seed secret",
		`{ file = "secret" }`:               "from a file ",
		`{ command = ["prog", "an arg"] }`:  "prog an arg",
		`{ command = ["broken", "an arg"]}`: "",
	} {
		file := []byte(strings.Replace(text, "SECRET", secret, 1))
		c, err := Parse(filepath.Join(dir, "seeds.toml"), file, env)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Seeds[0].Login.Password.Secret(t.Context())
		if got.Reveal() != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v; want %q", secret, got.Reveal(), err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error %v shows what the command printed", secret, err)
		}
	}
}

func TestSecretCommandEndsWithItsContext(t *testing.T) {
	c := parse(t, strings.Replace(least, `{ env = "SEED_PASSWORD" }`,
		`{ command = ["sleep", "1000"] }`, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Seeds[0].Login.Password.Secret(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Secret after cancel = %v, want context.Canceled", err)
	}
}

func TestWithoutSecrets(t *testing.T) {
	env := testEnv()
	env.WithoutSecrets = true
	text := strings.Replace(least, "SEED_PASSWORD", "NOT_SET", 1)
	c, err := Parse("seeds.toml", []byte(text), env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Seeds[0].Login.Password.Secret(t.Context()); err == nil {
		t.Error("Secret of a variable that is not set: no error")
	}
}
