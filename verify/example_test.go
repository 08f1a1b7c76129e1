package verify

import (
	"context"
	"fmt"
	"net/netip"

	"seedtest"
)

func ExampleSPF() {
	dns := zone{}
	dns.add("example.org", "TXT", "v=spf1 include:_spf.example.net -all")
	dns.add("_spf.example.net", "TXT", "v=spf1 ip4:192.0.2.0/28 ~all")

	c := SPF(context.Background(), dns, SPFQuery{IP: netip.MustParseAddr("192.0.2.77"),
		MailFrom: "ops@example.org", HELO: "mail.example.org"})
	fmt.Println(c.Result, "by", c.Mechanism, "of", c.Domain, "after", c.Lookups, "lookup")
	for _, s := range c.Trace {
		fmt.Println(s.Depth, s.Domain, s.Term, "->", s.Outcome)
	}
	// Output:
	// fail by -all of example.org after 1 lookup
	// 0 example.org record -> v=spf1 include:_spf.example.net -all
	// 0 example.org include:_spf.example.net -> no match: softfail there
	// 1 _spf.example.net record -> v=spf1 ip4:192.0.2.0/28 ~all
	// 1 _spf.example.net ip4:192.0.2.0/28 -> no match
	// 1 _spf.example.net ~all -> match
	// 0 example.org -all -> match
}

func ExampleDMARC() {
	dns := zone{}
	dns.add("_dmarc.example.org", "TXT", "v=DMARC1; p=reject; sp=quarantine")
	dns.add("news.example.org", "A", "192.0.2.1")

	spf := seedtest.SPFCheck{Result: "pass", MailFrom: "bounce@mailer.example.net"}
	c := DMARC(context.Background(), dns, []string{"news.example.org"}, spf, nil)
	fmt.Println(c.Result, "by", c.PolicyTag, "of", c.PolicyDomain, "so", c.Disposition)
	fmt.Println("SPF:", c.SPF)
	for _, s := range c.Walk {
		fmt.Println(s.Name, "->", s.Outcome)
	}
	// Output:
	// fail by sp of example.org so quarantine
	// SPF: pass for mailer.example.net, which is not aligned with news.example.org
	// _dmarc.news.example.org -> no such name
	// _dmarc.example.org -> v=DMARC1; p=reject; sp=quarantine
	// _dmarc.org -> no such name
}
