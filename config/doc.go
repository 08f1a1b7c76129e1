// Package config turns seeds.toml into values: routes, seeds, messages, suites and limits, checked
// and with every default filled in.
//
// [Load] reads a file, [Parse] reads bytes. Both return every mistake at once, as [Errors]: each
// names file, line, key, what is wrong and what to do. What Load returns is complete: presets are
// found, names are resolved, certificates are read, and secrets are known to exist. [Config.Suite]
// and [Config.Select] then say what a run consists of. [Init] and [AddSeed] write configuration.
//
// The package promises that nothing is ignored: a key it does not know is a mistake, and so is a
// plain-text password, a bare number for a duration, or a schedule that must break a dose limit.
// Secrets stay where they are until a server asks for them; Load keeps none in memory.
//
// It opens no connection and resolves no host name; whether servers answer is found out by check.
package config
