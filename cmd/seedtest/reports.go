package main

import (
	"seedtest"
	"seedtest/analyze"
	"seedtest/harness"
)

// reportsOf is how the delivery reports of routes are read, where their senders name an account.
func reportsOf(routes []seedtest.Route) harness.Reports {
	accounts := map[string]seedtest.Seed{}
	for _, r := range routes {
		if r.Sender.Mailbox != nil {
			accounts[r.Name] = *r.Sender.Mailbox
		}
	}
	return harness.Reports{Accounts: accounts, Like: analyze.MayBeReport, Parse: analyze.Report}
}
