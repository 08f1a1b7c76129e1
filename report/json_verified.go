package report

import "seedtest"

// jsonVerified is what our own evaluation came to.
type jsonVerified struct {
	DKIM  []jsonDKIM `json:"dkim"`
	SPF   jsonSPFRun `json:"spf"`
	DMARC jsonDMARC  `json:"dmarc"`
	ARC   jsonChain  `json:"arc"`
}

type jsonDKIM struct {
	Position   int      `json:"position"`
	Domain     string   `json:"domain,omitempty"`
	Selector   string   `json:"selector,omitempty"`
	Identity   string   `json:"identity,omitempty"`
	Algorithm  string   `json:"algorithm,omitempty"`
	HeaderForm string   `json:"header_form,omitempty"`
	BodyForm   string   `json:"body_form,omitempty"`
	Signed     []string `json:"signed"`
	Time       jsonTime `json:"time,omitzero"`
	Expires    jsonTime `json:"expires,omitzero"`
	Length     *int64   `json:"length,omitempty"`
	Unsigned   int64    `json:"unsigned,omitempty"`
	KeyType    string   `json:"key_type,omitempty"`
	KeyBits    int      `json:"key_bits,omitempty"`
	Testing    bool     `json:"testing"`
	Result     string   `json:"result,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Notes      []string `json:"notes"`
}

type jsonSPFRun struct {
	IP          string     `json:"ip,omitempty"`
	MailFrom    string     `json:"mail_from,omitempty"`
	HELO        string     `json:"helo,omitempty"`
	Domain      string     `json:"domain,omitempty"`
	Result      string     `json:"result,omitempty"`
	Mechanism   string     `json:"mechanism,omitempty"`
	Explanation string     `json:"explanation,omitempty"`
	Lookups     int        `json:"lookups"`
	Void        int        `json:"void"`
	Trace       []jsonTerm `json:"trace"`
	Reason      string     `json:"reason,omitempty"`
}

type jsonTerm struct {
	Depth   int    `json:"depth"`
	Domain  string `json:"domain"`
	Term    string `json:"term"`
	Outcome string `json:"outcome"`
}

type jsonDMARC struct {
	Domain         string       `json:"domain,omitempty"`
	Organizational string       `json:"organizational,omitempty"`
	PolicyDomain   string       `json:"policy_domain,omitempty"`
	Record         string       `json:"record,omitempty"`
	Policy         string       `json:"policy,omitempty"`
	PolicyTag      string       `json:"policy_tag,omitempty"`
	Testing        bool         `json:"testing"`
	SPF            string       `json:"spf,omitempty"`
	DKIM           string       `json:"dkim,omitempty"`
	Result         string       `json:"result,omitempty"`
	Disposition    string       `json:"disposition,omitempty"`
	Walk           []jsonStep   `json:"walk"`
	Legacy         *jsonRFC7489 `json:"rfc7489,omitempty"`
	Reason         string       `json:"reason,omitempty"`
}

type jsonStep struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
}

// jsonRFC7489 is what a receiver finds that still follows RFC 7489, where that is another result.
type jsonRFC7489 struct {
	Organizational string `json:"organizational,omitempty"`
	PolicyDomain   string `json:"policy_domain,omitempty"`
	Policy         string `json:"policy,omitempty"`
	Result         string `json:"result,omitempty"`
	Disposition    string `json:"disposition,omitempty"`
}

type jsonChain struct {
	Result string     `json:"result,omitempty"`
	Oldest int        `json:"oldest"`
	Sets   []jsonLink `json:"sets"`
	Reason string     `json:"reason,omitempty"`
}

type jsonLink struct {
	Instance int    `json:"instance"`
	Domain   string `json:"domain,omitempty"`
	Selector string `json:"selector,omitempty"`
	Claimed  string `json:"cv,omitempty"`
	Seal     string `json:"seal,omitempty"`
	Message  string `json:"message,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// verifiedOf returns nil where nothing was evaluated.
func verifiedOf(v *seedtest.Verified) *jsonVerified {
	if v == nil {
		return nil
	}
	j := jsonVerified{DKIM: []jsonDKIM{}, SPF: spfRunOf(v.SPF), DMARC: dmarcOf(v.DMARC),
		ARC: jsonChain{Result: v.ARC.Result, Oldest: v.ARC.Oldest, Sets: []jsonLink{},
			Reason: v.ARC.Reason}}
	for _, c := range v.DKIM {
		j.DKIM = append(j.DKIM, jsonDKIM{
			Position: c.Position, Domain: c.Domain, Selector: c.Selector, Identity: c.Identity,
			Algorithm: c.Algorithm, HeaderForm: c.HeaderForm, BodyForm: c.BodyForm,
			Signed: listOf(c.Signed), Time: jsonTime(c.Time), Expires: jsonTime(c.Expires),
			Length: c.Length, Unsigned: c.Unsigned, KeyType: c.KeyType, KeyBits: c.KeyBits,
			Testing: c.Testing, Result: c.Result, Reason: c.Reason, Notes: listOf(c.Notes),
		})
	}
	for _, s := range v.ARC.Sets {
		j.ARC.Sets = append(j.ARC.Sets, jsonLink(s))
	}
	return &j
}

func spfRunOf(c seedtest.SPFCheck) jsonSPFRun {
	j := jsonSPFRun{IP: address(c.IP), MailFrom: c.MailFrom, HELO: c.HELO, Domain: c.Domain,
		Result: c.Result, Mechanism: c.Mechanism, Explanation: c.Explanation, Lookups: c.Lookups,
		Void: c.Void, Trace: []jsonTerm{}, Reason: c.Reason}
	for _, s := range c.Trace {
		j.Trace = append(j.Trace, jsonTerm(s))
	}
	return j
}

func dmarcOf(c seedtest.DMARCCheck) jsonDMARC {
	j := jsonDMARC{
		Domain: c.Domain, Organizational: c.Organizational, PolicyDomain: c.PolicyDomain,
		Record: c.Record, Policy: c.Policy, PolicyTag: c.PolicyTag, Testing: c.Testing, SPF: c.SPF,
		DKIM: c.DKIM, Result: c.Result, Disposition: c.Disposition, Walk: []jsonStep{},
		Reason: c.Reason,
	}
	for _, s := range c.Walk {
		j.Walk = append(j.Walk, jsonStep(s))
	}
	if c.Legacy != nil {
		legacy := jsonRFC7489(*c.Legacy)
		j.Legacy = &legacy
	}
	return j
}
