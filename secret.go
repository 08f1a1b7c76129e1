package seedtest

import (
	"context"
	"fmt"
	"log/slog"
)

// Secret is a password or token. It prints as "(secret)" whatever the verb, and encodes so too;
// only Reveal gives the value, and only the code that speaks to a server calls it.
type Secret string

const masked = "(secret)"

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "(secret)".
func (Secret) String() string { return masked }

// Format prints "(secret)" for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText returns "(secret)".
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns "(secret)".
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// SecretSource produces a secret when a server asks for it: from the environment, a file or a
// command. The error names the source, never the secret.
type SecretSource interface {
	Secret(ctx context.Context) (Secret, error)
}

// Secret makes a secret its own source, for worlds that hold it in memory (the lab).
func (s Secret) Secret(context.Context) (Secret, error) { return s, nil }
