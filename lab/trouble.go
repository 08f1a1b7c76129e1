package lab

import (
	"math/rand/v2"
	"time"
)

// Trouble draws one to three faults that a run may meet, each at one party. Equal numbers give
// equal faults.
func Trouble(random uint64) []Fault {
	draw := rand.New(rand.NewPCG(random, 3))
	kinds := troubles()
	var list []Fault
	for _, i := range draw.Perm(len(kinds))[:1+draw.IntN(3)] {
		f := kinds[i]
		f.Party = party(draw, f.Kind)
		if f.For > 0 {
			f.For = f.For/2 + time.Duration(draw.Int64N(int64(f.For)))
		}
		if f.After > 0 {
			f.After = 1 + draw.IntN(f.After)
		}
		list = append(list, f)
	}
	return list
}

// troubles are faults to draw from. After is the most that is drawn, For about the half.
func troubles() []Fault {
	return []Fault{
		{Kind: IMAPRefuseLogin},
		{Kind: IMAPRefuseLogin, For: 2 * time.Second},
		{Kind: IMAPRefuseConnect, For: 2 * time.Second},
		{Kind: IMAPRefuseConnect, After: 1},
		{Kind: IMAPDrop, After: 30},
		{Kind: IMAPBye, After: 30},
		{Kind: IMAPStall, After: 20},
		{Kind: IMAPSlow, Detail: "20ms"},
		{Kind: IMAPMailboxNo, Detail: "INBOX", After: 4},
		{Kind: IMAPThrottle, After: 20, For: 3 * time.Second},
		{Kind: IMAPUIDValidity, After: 12},
		{Kind: IMAPUIDLast},
		{Kind: IMAPEmptyFetch, After: 3},
		{Kind: SMTPRefuseConnect, After: 2},
		{Kind: SMTPDropBeforeFinal, After: 3},
		{Kind: SMTPDropAfterFinal, After: 3},
		{Kind: SMTPDropLost, After: 3},
		{Kind: SMTPTransient, After: 3},
		{Kind: SMTPUnavailable, For: 2 * time.Second},
		{Kind: SMTPBadCert},
		{Kind: SMTPNoSTARTTLS},
		{Kind: SMTPAuthRefused},
		{Kind: SMTPSlow, Detail: "20ms"},
	}
}

// party draws whom a fault befalls.
func party(draw *rand.Rand, kind FaultKind) string {
	var names []string
	if kind[:4] == "smtp" {
		for _, r := range relayParties() {
			names = append(names, r.route)
		}
	} else {
		for _, p := range providerParties() {
			names = append(names, p.seeds...)
		}
	}
	return names[draw.IntN(len(names))]
}
