package report

import "seedtest"

type jsonProbe struct {
	ID         string          `json:"id"`
	Route      string          `json:"route"`
	Seed       string          `json:"seed"`
	Address    string          `json:"address"`
	Provider   string          `json:"provider"`
	Message    string          `json:"message"`
	MessageID  string          `json:"message_id"`
	Reference  string          `json:"reference,omitempty"` // in its subject
	Control    bool            `json:"control"`
	Counted    bool            `json:"counted"`
	Submission *jsonSubmission `json:"submission"` // null: not tried yet
	Held       *jsonLimit      `json:"held,omitempty"`
	Sightings  []jsonSighting  `json:"sightings"`
	Proof      *jsonProof      `json:"proof"`
	Relayed    []jsonRelayed   `json:"relayed"`
	Bounce     *jsonBounce     `json:"bounce"`
	Placement  jsonPlacement   `json:"placement"`
	Moves      []jsonMove      `json:"moves"`
	Latency    latency         `json:"latency"`
	Analysis   *jsonAnalysis   `json:"analysis"`
	Findings   []string        `json:"findings"`
}

type jsonSubmission struct {
	Outcome  string              `json:"outcome"`
	Stage    string              `json:"stage"`
	Attempts int                 `json:"attempts"`
	Reply    *jsonReply          `json:"reply"`
	Error    string              `json:"error,omitempty"`
	QueueID  string              `json:"queue_id,omitempty"`
	TLS      *jsonSessionTLS     `json:"tls"`
	Remote   string              `json:"remote,omitempty"`
	Name     string              `json:"remote_name,omitempty"`
	Local    string              `json:"local,omitempty"`
	Proxy    string              `json:"proxy,omitempty"`
	Begun    jsonTime            `json:"begun,omitzero"`
	Stages   map[string]jsonTime `json:"stages"`
	Reused   bool                `json:"reused"`
	Offers   []string            `json:"extensions,omitempty"`

	Host       string         `json:"host,omitempty"`
	Preference *int           `json:"preference,omitempty"`
	Policy     *jsonTLSPolicy `json:"tls_policy,omitempty"`
	Tried      []jsonTried    `json:"tried,omitempty"`

	Unreached []jsonUnreached `json:"unreached,omitempty"`

	Program string `json:"program,omitempty"`
	Exit    *int   `json:"exit,omitempty"`

	DSN *jsonAsked `json:"dsn,omitempty"`
}

type jsonReply struct {
	Code     int    `json:"code"`
	Enhanced string `json:"enhanced,omitempty"`
	Text     string `json:"text"`
}

type jsonSessionTLS struct {
	Version  string    `json:"version"`
	Cipher   string    `json:"cipher"`
	Peer     string    `json:"peer,omitempty"`
	Issuer   string    `json:"issuer,omitempty"`
	NotAfter *jsonTime `json:"not_after,omitempty"`
	Names    []string  `json:"names,omitempty"`
	Verified bool      `json:"verified"`

	NotBefore *jsonTime `json:"not_before,omitempty"`
	SHA256    string    `json:"sha256,omitempty"`
	Chain     []string  `json:"chain,omitempty"`
	Problem   string    `json:"problem,omitempty"`

	Asked bool   `json:"asked,omitempty"`
	Shown string `json:"shown,omitempty"`
}

type jsonLimit struct {
	Limit string    `json:"limit"`
	What  string    `json:"what"`
	Until *jsonTime `json:"until"`
}

type jsonSighting struct {
	Mailbox      string    `json:"mailbox"`
	Role         string    `json:"role"`
	Class        string    `json:"class,omitempty"`
	UIDValidity  uint32    `json:"uidvalidity"`
	UID          uint32    `json:"uid"`
	InternalDate jsonTime  `json:"internal_date,omitzero"`
	Seen         *jsonTime `json:"seen"`
	Carriers     []string  `json:"carriers"`
	Gone         *jsonTime `json:"gone"` // last seen there; null: still there
	GoneByUs     bool      `json:"gone_by_us,omitempty"`
	MovedTo      string    `json:"moved_to,omitempty"`
	ByHand       bool      `json:"by_hand,omitempty"`
}

type jsonProof struct {
	Round     *jsonTime          `json:"round"`
	Ended     *jsonTime          `json:"ended"`
	Mailboxes []jsonProofMailbox `json:"mailboxes"`
	ByHand    bool               `json:"by_hand,omitempty"`
	Canary    *jsonCanary        `json:"canary,omitempty"`
}

type jsonCanary struct {
	Appended *jsonTime `json:"appended"`
	Seen     bool      `json:"seen"`
	Why      string    `json:"why"`
}

type jsonProofMailbox struct {
	Name      string `json:"name"`
	Role      string `json:"role"`
	Essential bool   `json:"essential"`
	FromUID   uint32 `json:"from_uid"`
	ToUID     uint32 `json:"to_uid"`
	Read      int    `json:"read"`
	OK        bool   `json:"ok"`
	Why       string `json:"why,omitempty"`
}

type jsonPlacement struct {
	First   string  `json:"first"`
	Current string  `json:"current"`
	Settled *string `json:"settled"`
	Class   string  `json:"class"`
	Late    *bool   `json:"late"` // null: we were blind at the deadline
	Why     string  `json:"why"`
}

func probeOf(r Report, p seedtest.Probe) jsonProbe {
	j := jsonProbe{
		ID: string(p.ID), Route: p.Route, Seed: p.Seed, Message: p.Message, MessageID: p.MessageID,
		Reference: p.Token.Ref(),
		Control:   p.Control, Counted: p.Counted, Submission: submissionOf(p),
		Sightings: []jsonSighting{}, Proof: proofOf(p.Proof), Relayed: []jsonRelayed{},
		Placement: placementOf(p), Moves: movesJSON(p), Latency: latencyOf(p),
		Findings: codesOf(r.Findings, p.ID), Bounce: bounceOf(p),
	}
	if s := r.Run.Seed(p.Seed); s != nil {
		j.Address, j.Provider = s.Seed.Address, s.Seed.Provider.ID
	}
	if p.Limit != nil {
		j.Held = &jsonLimit{p.Limit.Limit, p.Limit.What, jsonTimeOf(p.Limit.Until)}
	}
	for _, s := range p.Sightings {
		j.Sightings = append(j.Sightings, sightingOf(s))
	}
	for _, x := range p.Relayed {
		j.Relayed = append(j.Relayed, relayedOf(x))
	}
	if p.Analysis != nil {
		a := analysisOf(*p.Analysis)
		j.Analysis = &a
	}
	return j
}

func submissionOf(p seedtest.Probe) *jsonSubmission {
	s := p.Submission()
	if s == nil {
		return nil
	}
	j := &jsonSubmission{
		Outcome: string(s.Outcome), Stage: string(s.Stage), Attempts: len(p.Attempts),
		Reply: replyOf(s.Reply), Error: s.Error, QueueID: s.QueueID, Remote: s.Remote, Name: s.RemoteName,
		Local: s.Local, Proxy: s.Proxy, Begun: jsonTime(s.Begun), Stages: map[string]jsonTime{}, Reused: s.Reused,
	}
	for _, x := range s.Stages {
		if at := jsonTime(x.At); !at.IsZero() {
			j.Stages[string(x.Stage)] = at
		}
	}
	j.servers(*s)
	j.Program, j.Exit, j.DSN, j.Offers = s.Program, s.Exit, askedOf(s.DSN), s.Extensions
	if t := s.TLS; t != nil {
		j.TLS = &jsonSessionTLS{t.Version, t.Cipher, t.Peer, t.Issuer, jsonTimeOf(t.NotAfter),
			t.Names, t.Verified, jsonTimeOf(t.NotBefore), t.SHA256, t.Chain, t.Problem,
			t.Asked, t.Shown}
	}
	return j
}

func replyOf(r *seedtest.Reply) *jsonReply {
	if r == nil {
		return nil
	}
	return &jsonReply{r.Code, r.Enhanced, r.Text}
}

func sightingOf(s seedtest.Seen) jsonSighting {
	j := jsonSighting{
		Mailbox: s.Mailbox, Role: string(s.Role), Class: s.Class, UIDValidity: s.UIDValidity,
		UID: s.UID, InternalDate: jsonTime(s.InternalDate), Seen: jsonTimeOf(&s.At),
		Carriers: []string{}, ByHand: s.ByHand,
	}
	for _, c := range s.Carriers {
		j.Carriers = append(j.Carriers, string(c))
	}
	if s.Gone != nil {
		j.Gone, j.GoneByUs, j.MovedTo = jsonTimeOf(&s.Gone.LastSeen), s.Gone.ByUs, s.Gone.MovedTo
	}
	return j
}

func proofOf(r *seedtest.Round) *jsonProof {
	if r == nil {
		return nil
	}
	j := &jsonProof{Round: jsonTimeOf(&r.Begun), Ended: jsonTimeOf(&r.Ended),
		Mailboxes: []jsonProofMailbox{}, ByHand: r.ByHand}
	if c := r.Canary; c != nil {
		j.Canary = &jsonCanary{jsonTimeOf(c.Appended), c.Seen, c.Why}
	}
	for _, m := range r.Mailboxes {
		j.Mailboxes = append(j.Mailboxes, jsonProofMailbox{m.Name, string(m.Role), m.Essential,
			m.FromUID, m.ToUID, m.Read, m.OK, m.Why})
	}
	return j
}

func placementOf(p seedtest.Probe) jsonPlacement {
	j := jsonPlacement{
		First: string(p.Placements.First), Current: string(p.Placements.Current),
		Class: p.Placements.Class, Late: p.Late, Why: p.Why,
	}
	if p.Placements.Settled != nil {
		s := string(*p.Placements.Settled)
		j.Settled = &s
	}
	return j
}
