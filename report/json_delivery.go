package report

import "seedtest"

// jsonDelivery is a delivery report.
type jsonDelivery struct {
	Form         string          `json:"form"`
	ReportingMTA string          `json:"reporting_mta,omitempty"`
	ReceivedFrom string          `json:"received_from,omitempty"`
	Arrival      jsonTime        `json:"arrival,omitzero"`
	EnvelopeID   string          `json:"envelope_id,omitempty"`
	Recipients   []jsonRecipient `json:"recipients"`
	Original     jsonOriginal    `json:"original"`
	Problems     []string        `json:"problems"`
}

type jsonRecipient struct {
	Address     string   `json:"address,omitempty"`
	Original    string   `json:"original,omitempty"`
	Action      string   `json:"action,omitempty"`
	Status      string   `json:"status,omitempty"`
	Code        int      `json:"code,omitempty"`
	Diagnostic  string   `json:"diagnostic,omitempty"`
	RemoteMTA   string   `json:"remote_mta,omitempty"`
	LastAttempt jsonTime `json:"last_attempt,omitzero"`
	WillRetry   jsonTime `json:"will_retry_until,omitzero"`
}

type jsonOriginal struct {
	MessageID string `json:"message_id,omitempty"`
	EntityRef string `json:"entity_ref,omitempty"`
	Subject   string `json:"subject,omitempty"`
	To        string `json:"to,omitempty"`
}

// deliveryOf returns nil for a message that is no report.
func deliveryOf(r *seedtest.DeliveryReport) *jsonDelivery {
	if r == nil {
		return nil
	}
	j := jsonDelivery{
		Form: r.Form, ReportingMTA: r.ReportingMTA, ReceivedFrom: r.ReceivedFrom,
		Arrival: jsonTime(r.Arrival), EnvelopeID: r.EnvelopeID, Recipients: []jsonRecipient{},
		Original: jsonOriginal(r.Original), Problems: listOf(r.Problems),
	}
	for _, x := range r.Recipients {
		j.Recipients = append(j.Recipients, jsonRecipient{x.Address, x.Original, x.Action, x.Status,
			x.Code, x.Diagnostic, x.RemoteMTA, jsonTime(x.LastAttempt), jsonTime(x.WillRetry)})
	}
	return &j
}
