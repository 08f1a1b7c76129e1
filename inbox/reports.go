package inbox

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// The account of a return path is watched as a seed is, by the same looks, and what comes there is
// never sighted: what may be a delivery report is read whole, and told.

const (
	reportLimit = 128 << 10 // bytes of a report's body that are fetched
	reportBatch = 16        // reports fetched at once
	maxReports  = 2000      // read within an hour: anybody can send to a return path
	maxWaiting  = 20_000    // that are to be read
	lateReach   = 500       // UIDs below where a mailbox stands that are looked through too, if it was late
)

// anyLeft reports whether a message left, or may have.
func anyLeft(p seedtest.PendingProbes) bool {
	return slices.ContainsFunc(p.Awaited, func(a seedtest.Awaited) bool { return !a.Expected.IsZero() })
}

// reachBack lowers the mark of a mailbox that could not be read until something had left: reports may
// have come already. Those of earlier runs are about nothing of ours.
func reachBack(m seedtest.Mark) seedtest.Mark {
	base := baseOf(m)
	m.LastUID = base - min(base, lateReach)
	m.UIDNext = m.LastUID + 1
	return m
}

// suspected is a message that may be a delivery report, to be read.
type suspected struct {
	box      *box
	validity uint32
	uid      uint32
	tries    int // in vain
}

// lost reports whether a message is asked for no more.
func (x suspected) lost() bool { return x.tries >= askAgain }

// suspect notes a message that may be a delivery report of what was sent lately.
func (v *vigil) suspect(b *box, f fetched) {
	old := !f.internalDate.IsZero() && f.internalDate.Before(v.a.Reports.Since)
	if old || !placed(b) || !v.a.Reports.Like(f.header) {
		return
	}
	if len(v.reports) >= maxWaiting {
		v.manyReports = true
		return
	}
	v.reports = append(v.reports, suspected{box: b, validity: b.validity, uid: f.uid})
}

// readReports reads what was noted, as much of it as is read within an hour, and records what it says.
// What a mailbox refuses to show, or a broken connection leaves, is read later.
func (v *vigil) readReports(ctx context.Context) error {
	if now := v.a.Now(); now.Sub(v.reportsHour) >= time.Hour {
		v.reportsHour, v.reportsRead = now, 0
	}
	due := v.reports[:min(len(v.reports), maxReports-v.reportsRead)]
	left := slices.Clone(v.reports[len(due):])
	if len(left) > 0 || v.manyReports {
		if err := v.suffer(ctx, &trouble{kind: seedtest.FaultMailbox, what: fmt.Sprintf("more than %d messages "+
			"that look like delivery reports came within an hour: the others are read later, or not at all",
			maxReports)}); err != nil {
			return err
		}
	}
	for _, b := range v.boxes {
		mine := slices.DeleteFunc(slices.Clone(due), func(x suspected) bool {
			return x.box != b || x.validity != b.validity
		})
		for batch := range slices.Chunk(mine, reportBatch) {
			lacks, err := v.readBatch(ctx, b, batch)
			if err := v.tolerate(ctx, b, err); err != nil {
				return err
			}
			left = append(left, lacks...)
		}
	}
	v.reports = slices.DeleteFunc(slices.Clone(left), suspected.lost)
	return v.tellLost(ctx, left)
}

// tellLost tells of a message that is asked for no more, if there is one.
func (v *vigil) tellLost(ctx context.Context, left []suspected) error {
	i := slices.IndexFunc(left, suspected.lost)
	if i < 0 {
		return nil
	}
	return v.suffer(ctx, &trouble{kind: seedtest.FaultMailbox, what: fmt.Sprintf("UID %d of %s looks like "+
		"a delivery report, and its text did not come", left[i].uid, left[i].box.Name)})
}

// readBatch reads messages of one mailbox, and returns those that did not come. Some servers show one
// by one what they do not show together.
func (v *vigil) readBatch(ctx context.Context, b *box, batch []suspected) ([]suspected, error) {
	y, err := v.s.visit(ctx, b.Name, v.s.fetch(suspectedSet(batch), fetchBodies(reportLimit)))
	if err != nil {
		return batch, err
	}
	came, err := v.tellReports(ctx, y.answers[0].fetched)
	lacks := slices.DeleteFunc(slices.Clone(batch), func(x suspected) bool { return came[x.uid] })
	v.reportsRead += len(batch) - len(lacks)
	if err != nil || len(lacks) == 0 {
		return lacks, err
	}
	if len(batch) == 1 {
		lacks[0].tries++
		return lacks, nil
	}
	var left []suspected
	for i, x := range lacks {
		one, err := v.readBatch(ctx, b, []suspected{x})
		left = append(left, one...)
		if err != nil {
			return append(left, lacks[i+1:]...), err
		}
	}
	return left, nil
}

func suspectedSet(list []suspected) imap.UIDSet {
	uids := make([]uint32, len(list))
	for i, x := range list {
		uids[i] = x.uid
	}
	return uidSet(uids)
}

// tellReports records what reports say, and returns the UIDs of those that came.
func (v *vigil) tellReports(ctx context.Context, got []fetched) (map[uint32]bool, error) {
	came := map[uint32]bool{}
	for _, f := range got {
		if !f.hasHeader || !f.hasText {
			continue
		}
		came[f.uid] = true
		facts := v.a.Reports.Read(bytes.Join([][]byte{f.header, f.text}, nil))
		if err := v.record(ctx, facts...); err != nil {
			return came, err
		}
	}
	return came, nil
}
