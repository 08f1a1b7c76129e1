package config

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"seedtest"
)

//go:embed init.toml
var initial string

// Init returns a commented configuration to start from. It is complete but for the secrets that it
// names.
func Init() string { return initial }

// SeedEntry is a seed to add to a configuration. What is empty follows from the address, or is left
// to its default. Exactly one of the three secrets, OAuth and ByHand is set.
type SeedEntry struct {
	Name          string // empty: made of the address
	Address       string
	Provider      string // id of a preset, where the address does not tell
	Host          string // of the IMAP server
	Port          int
	TLS           seedtest.TLSMode
	Junk          string // the junk mailbox
	CA            string // file of certificates to trust beside the system's
	Username      string
	SecretEnv     string   // a variable of the environment
	SecretFile    string   // a path, relative to the configuration
	SecretCommand []string // a program and its arguments
	Token         bool     // the secret is an access token, not a password
	OAuth         string   // name of an [oauth.NAME] table, in place of a secret
	Own           bool
	ByHand        bool   // without a secret: its owner says where mail lies
	Replaces      string // the seed whose name it is to take over
}

// AddSeed appends a seed table to a configuration and leaves every other byte as it is. The error
// says what is wrong with the configuration, or that it has a seed of that name or address already.
func AddSeed(data []byte, s SeedEntry) ([]byte, error) {
	root, bad := parseTree(data)
	if bad != nil {
		bad.File = "configuration"
		return nil, Errors{*bad}
	}
	if problem := addressProblem(s.Address); problem != "" {
		return nil, fmt.Errorf("seed: %q is no address: %s", s.Address, problem)
	}
	taken, err := seedNames(root, s.Address)
	if err != nil {
		return nil, err
	}
	if s.Name == "" {
		s.Name = freeName(s.Address, taken)
	} else if taken[strings.ToLower(s.Name)] {
		return nil, fmt.Errorf("seed %s: there is one already: give the new one another name", s.Name)
	}
	out := appended(data, s.table())
	if _, bad := parseTree(out); bad != nil {
		return nil, fmt.Errorf("seed %s: seed is a value here that no table can be added to: "+
			"write the seeds as [seed.NAME] tables", s.Name)
	}
	return out, nil
}

// seedNames returns the names of seeds in lower case, and an error if one has the address.
func seedNames(root *node, address string) (map[string]bool, error) {
	taken := map[string]bool{}
	seeds := root.get("seed")
	if seeds == nil {
		return taken, nil
	}
	for _, e := range seeds.entries {
		taken[strings.ToLower(e.key)] = true
		a := e.node.get("address")
		if a != nil && strings.EqualFold(a.text, address) {
			return nil, fmt.Errorf("seed %s: has the address %s already", e.key, address)
		}
	}
	return taken, nil
}

// freeName makes a name of an address: the first label of its domain and a letter, as in gmail-a.
func freeName(address string, taken map[string]bool) string {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	label, _, _ := strings.Cut(domain, ".")
	for c := 'a'; c <= 'z'; c++ {
		if name := label + "-" + string(c); !taken[name] {
			return name
		}
	}
	for i := 27; ; i++ {
		if name := label + "-" + strconv.Itoa(i); !taken[name] {
			return name
		}
	}
}

// appended puts a table at the end, in the file's own line breaks.
func appended(data []byte, table string) []byte {
	out := bytes.Clone(data)
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	if len(out) > 0 {
		table = "\n" + table
	}
	if bytes.Contains(data, []byte("\r\n")) {
		table = strings.ReplaceAll(table, "\n", "\r\n")
	}
	return append(out, table...)
}

// table writes the seed as TOML.
func (s SeedEntry) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[seed.%s]\n", join("", s.Name))
	fmt.Fprintf(&b, "address = %s\n", quoted(s.Address))
	if s.Provider != "" {
		fmt.Fprintf(&b, "provider = %s\n", quoted(s.Provider))
	}
	if s.Own {
		b.WriteString("own = true\n")
	}
	if s.ByHand {
		b.WriteString("by_hand = true\n")
	}
	if s.Replaces != "" {
		fmt.Fprintf(&b, "replaces = %s\n", quoted(s.Replaces))
	}
	if s.Username != "" {
		fmt.Fprintf(&b, "username = %s\n", quoted(s.Username))
	}
	if imap := s.imap(); imap != "" {
		fmt.Fprintf(&b, "imap = { %s }\n", imap)
	}
	if s.CA != "" {
		fmt.Fprintf(&b, "ca = %s\n", quoted(s.CA))
	}
	if s.OAuth != "" {
		fmt.Fprintf(&b, "oauth = %s\n", quoted(s.OAuth))
	} else if secret := s.secret(); secret != "" {
		key := "password"
		if s.Token {
			key = "token"
		}
		fmt.Fprintf(&b, "%s = { %s }\n", key, secret)
	}
	return b.String()
}

func (s SeedEntry) imap() string {
	var parts []string
	if s.Host != "" {
		parts = append(parts, "host = "+quoted(s.Host))
	}
	if s.Port != 0 {
		parts = append(parts, "port = "+strconv.Itoa(s.Port))
	}
	if s.TLS != "" {
		parts = append(parts, "tls = "+quoted(string(s.TLS)))
	}
	if s.Junk != "" {
		parts = append(parts, "junk = "+quoted(s.Junk))
	}
	return strings.Join(parts, ", ")
}

func (s SeedEntry) secret() string {
	switch {
	case s.SecretEnv != "":
		return "env = " + quoted(s.SecretEnv)
	case s.SecretFile != "":
		return "file = " + quoted(s.SecretFile)
	case len(s.SecretCommand) > 0:
		argv := make([]string, len(s.SecretCommand))
		for i, a := range s.SecretCommand {
			argv[i] = quoted(a)
		}
		return "command = [" + strings.Join(argv, ", ") + "]"
	}
	return ""
}

// quoted writes a TOML basic string, in which nothing drives a terminal.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\U%08X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
