package analyze

import (
	"testing"

	"seedtest"
)

// hopFieldsOfToday are fields as they stand in most mail of today, each with its date.
var hopFieldsOfToday = []struct{ name, value string }{
	{"postfix", "from mail.example.org (mail.example.org [192.0.2.7]) (using TLSv1.3 with cipher " +
		"TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (P-256)) " +
		"(No client certificate requested) by mx.example.net (Postfix) with ESMTPS id 4F1A2B3C " +
		"for <b@example.com>; Mon, 21 Sep 2026 10:00:00 +0200 (CEST)"},
	{"exchange", "from AM0PR01CA0001.eurprd01.example.com (2001:db8:208:ab::1) by " +
		"DB9PR01MB0001.eurprd01.example.com (2001:db8:10:3a::2) with Microsoft SMTP Server " +
		"(version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9000.1 via " +
		"Frontend Transport; Mon, 21 Sep 2026 10:00:00 +0000"},
	{"gmail", "from a.example.org (a.example.org. [192.0.2.1]) by mx.google.com with ESMTPS id " +
		"d2e1a72fcca58-0123si456.789.2026.09.21.03.00.00 for <y@example.net> (version=TLS1_3 " +
		"cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Mon, 21 Sep 2026 03:00:00 -0700 (PDT)"},
	{"relay", "by 2002:a05:6402:b0:b0:1234:5678:9abc with SMTP id a1csp123456edb; Mon, 21 Sep " +
		"2026 03:00:00 -0700 (PDT)"},
	{"exim", "from a.example.org ([192.0.2.1]:40312 helo=b.example.org) by mx.example.net with " +
		"esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <x@example.org>) id " +
		"1tAbCd-0001Ab-2C for y@example.net; Mon, 21 Sep 2026 10:00:00 +0000"},
}

// BenchmarkHop reads fields as they stand in most mail of today.
func BenchmarkHop(b *testing.B) {
	for _, f := range hopFieldsOfToday {
		b.Run(f.name, func(b *testing.B) {
			var r received
			var hop seedtest.Hop
			b.ReportAllocs()
			for b.Loop() {
				r.readHop(f.value, &hop)
			}
		})
	}
}
