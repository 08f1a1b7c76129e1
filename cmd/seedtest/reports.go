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

// returnPaths is how many accounts are signed in to for the delivery reports of routes.
func returnPaths(routes []seedtest.Route) int {
	type account struct {
		server   seedtest.Endpoint
		username string
	}
	known := map[account]bool{}
	for _, of := range reportsOf(routes).Accounts {
		known[account{of.Server, of.Login.Username}] = true
	}
	return len(known)
}
