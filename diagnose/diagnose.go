// Package diagnose goes from evidence to causes, by rules that are data.
package diagnose

import "seedtest"

// Causes returns what explains the probes of a run that did not end well.
func Causes(run seedtest.Run) []seedtest.Finding { return nil }

// Breaker returns why a reply means rate, volume or reputation trouble (rule 22), or nothing.
func Breaker(r seedtest.Reply) string { return "" }
