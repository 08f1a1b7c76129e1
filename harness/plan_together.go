package harness

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// planTogether plans one message a route for all seeds. A route that delivers directly has a
// message for each domain, because the servers of one do not take mail for another.
func planTogether(q Request, m Minter, at time.Time) ([]seedtest.Planned, error) {
	draw := rand.New(rand.NewPCG(q.Random, 1))
	var planned []seedtest.Planned
	refs, probes := refs{}, 0
	for _, msg := range q.Messages {
		for _, i := range draw.Perm(len(q.Routes)) {
			for _, seeds := range groupsOf(q.Routes[i], q.Seeds) {
				p, err := planOne(q.Routes[i], seeds[0], msg, m)
				if err != nil {
					return nil, err
				}
				if err := refs.add(p.Token); err != nil {
					return nil, err
				}
				p.Dispatch, p.Date = seedtest.DispatchID("d"+strconv.Itoa(len(planned)+1)), at
				for _, s := range seeds {
					probes++
					id := seedtest.ProbeID("p" + strconv.Itoa(probes))
					p.Probes = append(p.Probes, seedtest.PlannedProbe{Probe: id, Seed: s.Name})
				}
				planned = append(planned, p)
			}
		}
	}
	return planned, nil
}

// groupsOf divides the seeds into those that one message can go to.
func groupsOf(r seedtest.Route, seeds []seedtest.Seed) [][]seedtest.Seed {
	if r.Type != seedtest.RouteMX {
		return [][]seedtest.Seed{seeds}
	}
	var groups [][]seedtest.Seed
	index := map[string]int{}
	for _, s := range seeds {
		_, domain, _ := strings.Cut(strings.ToLower(s.Address), "@")
		i, ok := index[domain]
		if !ok {
			i = len(groups)
			index[domain] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}
