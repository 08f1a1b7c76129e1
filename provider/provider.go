package provider

import "seedtest"

// ByID returns the preset of that id, such as "gmail" or "dovecot".
func ByID(id string) (seedtest.Provider, bool) { return seedtest.Provider{}, false }

// ForAddress returns the preset whose domains hold the domain of address.
func ForAddress(address string) (seedtest.Provider, bool) { return seedtest.Provider{}, false }

// ForMX returns the preset with the longest suffix of the mail exchanger's name.
func ForMX(mx string) (seedtest.Provider, bool) { return seedtest.Provider{}, false }

// All returns every preset, by id.
func All() []seedtest.Provider { return nil }

// Edition is the date of the data.
func Edition() string { return "" }

// Generic is a server of which nothing is known.
func Generic() seedtest.Provider { return seedtest.Provider{ID: "generic", Name: "own server"} }
