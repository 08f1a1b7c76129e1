// Package provider is what is known of mailbox providers and mail servers: where their IMAP
// servers stand, what they call junk, which header fields they write themselves, and where they
// leave the standards.
//
// The knowledge is data: data/ID.toml holds one preset, quirks.toml says what each quirk means and
// what to do about it, defaults.toml what holds where a preset is silent. [ForAddress] finds the
// preset of an address, [ForMX] that of a mail exchanger, [ByID] one by its name. Each gives a
// [seedtest.Provider], the part that the other rooms need; [Details] gives all that the file says.
// [ForServer] names the presets that a server's greeting and ID fit. Where no preset fits,
// [Generic] is a server of which nothing is known, and trusts no header. A quirk that a person has
// to know of has a hint, which the provider carries with the moment at which it is told.
//
// A new provider is a new file and no code: the tests hold every file against [Preset], and want a
// source for every entry. What a file does not say is unknown, never "no".
//
// A look-up decodes only the presets whose text holds the name that is sought, because a run pays
// for it before its first message. The package keeps no state and is safe for concurrent use.
package provider
