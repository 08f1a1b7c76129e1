package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"seedtest"
)

// maxSecret bounds a secret, in octets. Tokens of some providers have several thousand.
const maxSecret = 64 << 10

// commandTimeout bounds a command that gives a secret, where the caller's context does not.
const commandTimeout = time.Minute

const secretForms = `{ env = "NAME" }, { file = "PATH" } or { command = ["prog", "arg"] }`

// envSecret is a secret in a variable of the environment.
type envSecret struct {
	name string
	env  Env
}

// fileSecret is a secret in a file that only its owner can read.
type fileSecret struct {
	path string
	env  Env
}

// commandSecret is a secret that a program prints.
type commandSecret struct {
	argv []string
	dir  string
	env  Env
}

// Secret returns the variable's value.
func (s envSecret) Secret(context.Context) (seedtest.Secret, error) {
	v := s.env.getenv(s.name)
	if v == "" {
		return "", fmt.Errorf("environment variable %s: is not set", s.name)
	}
	return trimmed([]byte(v), "environment variable "+s.name)
}

// Secret returns the file's content without the line break at its end.
func (s fileSecret) Secret(context.Context) (seedtest.Secret, error) {
	data, err := s.content()
	if err != nil {
		return "", err
	}
	return trimmed(data, s.source())
}

func (s fileSecret) source() string { return "file " + s.path }

// content is all of a file that only its owner can read.
func (s fileSecret) content() ([]byte, error) {
	data, mode, err := s.env.read(s.path, maxSecret)
	if err != nil {
		return nil, err
	}
	if exposed(mode) {
		return nil, fmt.Errorf("file %s: others than its owner can read it (mode %04o)",
			s.path, mode.Perm())
	}
	return data, nil
}

// Secret runs the program, for a minute at most, and returns what it printed.
func (s commandSecret) Secret(ctx context.Context) (seedtest.Secret, error) {
	out, err := s.output(ctx)
	if err != nil {
		return "", err
	}
	return trimmed(out, s.source())
}

func (s commandSecret) source() string { return "command " + s.argv[0] }

// output is all that the program printed.
func (s commandSecret) output(ctx context.Context) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	out, err := s.env.run(within, s.dir, s.argv)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("did not end in time")
	}
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", s.argv[0], err)
	}
	return out, nil
}

// exposed reports whether others than the owner may read a file. Windows has no such modes.
func exposed(mode fs.FileMode) bool {
	return runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&0o044 != 0
}

// trimmed takes the line break off the end of a secret, and refuses what is none.
func trimmed(data []byte, source string) (seedtest.Secret, error) {
	data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	switch {
	case len(data) == 0:
		return "", fmt.Errorf("%s: is empty", source)
	case bytes.ContainsAny(data, "\r\n\x00"):
		return "", fmt.Errorf("%s: holds more than one line", source)
	}
	return seedtest.Secret(data), nil
}

// login reads username, password and token.
func (t *table) login() seedtest.Login {
	l := seedtest.Login{Username: t.line("username", "name")}
	l.Password = t.secret("password")
	l.Token = t.secret("token")
	if n := t.get("token"); n != nil && t.get("password") != nil {
		t.r.fail(n, "there is a password too", "keep one of the two")
	}
	return l
}

// secret reads where a secret is; nil if the key is not there or is a mistake.
func (t *table) secret(key string) seedtest.SecretSource {
	n := t.value(key)
	if n == nil {
		return nil
	}
	if n.kind != kindTable {
		t.r.fail(n, "a secret must not stand in this file",
			"say where it is: "+key+" = "+secretForms)
		return nil
	}
	sub := &table{node: n, r: t.r}
	env := sub.line("env", "NAME")
	file := sub.line("file", "secrets/name")
	command := sub.texts("command", `command = ["prog", "arg"]`)
	sub.done()
	if len(n.entries) != 1 {
		t.r.fail(n, "wants one place of the secret", "write "+key+" = "+secretForms)
		return nil
	}
	switch {
	case env != "":
		return t.r.envSecret(n, env)
	case file != "":
		return t.r.fileSecret(n, file)
	case len(command) > 0:
		return commandSecret{command, t.r.dir, t.r.env}
	case sub.get("command") != nil && sub.get("command").kind == kindArray:
		t.r.fail(n, "names no command", "write "+key+` = { command = ["prog", "arg"] }`)
	}
	return nil
}

// variable matches names of variables. What does not match may be the secret itself.
func variable() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) }

func (r *reader) envSecret(n *node, name string) seedtest.SecretSource {
	if !variable().MatchString(name) {
		r.fail(n, "env names no variable of the environment",
			`write its name alone, without $, as in { env = "NAME" }`)
		return nil
	}
	s := envSecret{name, r.env}
	if _, err := s.Secret(context.Background()); err != nil && !r.env.WithoutSecrets {
		r.fail(n, err.Error(), "set "+name+" to the secret, on one line, before seedtest starts")
	}
	return s
}

func (r *reader) fileSecret(n *node, path string) seedtest.SecretSource {
	s := fileSecret{r.path(path), r.env}
	if _, err := s.Secret(context.Background()); err != nil && !r.env.WithoutSecrets {
		hint := "name a file that holds the secret alone, on one line, with mode 0600"
		if strings.Contains(path, "~") {
			hint = "~ is not expanded: write the whole path"
		} else if _, mode, e := r.env.read(s.path, maxSecret); e == nil && exposed(mode) {
			hint = "run chmod 600 " + s.path
		}
		r.fail(n, err.Error(), hint)
	}
	return s
}

// path makes a path of the file relative to the file's directory.
func (r *reader) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}
